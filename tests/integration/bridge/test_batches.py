from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, Declare, rows


@pytest.mark.parametrize("format_name", ["parquet", "delta"])
@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_batch_that_the_caller_named_is_written_once(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str, mode: str
) -> None:
    declare(users={"format": format_name})
    data.write.format("dao").save("silver.users")

    named = data.where("id = 1").write.format("dao").mode(mode).option("batchId", "users 2025-01-07")
    named.save("silver.users")
    data.where("id = 2").write.format("dao").mode("append").save("silver.users")
    named.save("silver.users")

    kept = ROWS if mode == "append" else []
    assert rows(spark.table("dao.silver.users")) == sorted([*kept, *(row for row in ROWS if row[0] in (1, 2))])
