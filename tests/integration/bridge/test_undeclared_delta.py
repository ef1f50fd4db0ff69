"""An object that nobody declared, and whose folder holds a Delta table, is a Delta table through every door."""

from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from spark_dao import DataAccessObject

from .cells import NEW
from .conftest import ROWS, rows


@pytest.fixture(params=["declare", pytest.param("declare_in_s3", marks=pytest.mark.full)], ids=["local", "s3a"])
def found(request: pytest.FixtureRequest, data: DataFrame) -> str:
    """Make a Delta table as another tool would, which leaves rows behind that only its log says are gone."""
    request.getfixturevalue(request.param)()
    for _ in range(2):
        data.write.format("dao").option("format", "delta").mode("overwrite").save("silver.found")
    return "silver.found"


def test_it_is_read_written_changed_and_described_as_delta(spark: SparkSession, found: str, data: DataFrame) -> None:
    dao = DataAccessObject(spark=spark)
    assert rows(spark.read.format("dao").load(found)) == rows(spark.table(f"dao.{found}")) == ROWS
    assert rows(dao.read(found)) == ROWS
    one = data.limit(0).union(spark.createDataFrame([NEW], data.schema))
    one.write.format("dao").mode("append").save(found)
    spark.sql(f"INSERT INTO dao.{found} VALUES {NEW}")
    dao.write(one, found, mode="append")
    assert rows(dao.read(found)) == sorted([*ROWS, *[NEW] * 3])
    spark.sql(f"DELETE FROM dao.{found} WHERE id = 9")
    dao.upsert(one, found, primary_keys=["id"])
    assert rows(spark.table(f"dao.{found}")) == sorted([*ROWS, NEW])
    assert rows(spark.sql(f"SELECT * FROM dao.{found} VERSION AS OF 1")) == ROWS
    assert spark.sql(f"DESCRIBE HISTORY dao.{found}").count() == 7
    described = {row.col_name: row.data_type for row in spark.sql(f"DESCRIBE EXTENDED dao.{found}").collect()}
    assert described["Provider"] == "delta"
    assert "found" in [row.tableName for row in spark.sql("SHOW TABLES IN dao.silver").collect()]


def test_other_columns_are_refused_by_delta(spark: SparkSession, found: str, data: DataFrame) -> None:
    with pytest.raises(AnalysisException, match=r"DELTA_|schema"):
        data.selectExpr("*", "1 AS extra").write.format("dao").mode("append").save(found)
    assert rows(spark.table(f"dao.{found}")) == ROWS
