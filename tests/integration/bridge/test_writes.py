from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession

from spark_dao import DataAccessObject
from spark_dao.spark.publish_paths import is_visible

from .conftest import ROWS, SCHEMA, Declare, rows

NEW = (9, "new", 9)
# A batch's id and a task attempt's number.
PARTS_OF_A_WRITE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{32}-\d+")


def visible_files(folder: Path) -> list[Path]:
    paths = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return [path for path in paths if is_visible(path.as_posix())]


def test_create_table_makes_an_empty_declared_object_that_takes_rows(spark: SparkSession, declare: Declare) -> None:
    declare(users={"format": "orc", "partition_by": ["k"]})
    spark.sql(f"CREATE TABLE dao.silver.users ({SCHEMA}) USING orc PARTITIONED BY (k)")
    assert spark.table("dao.silver.users").columns == ["id", "name", "k"]
    spark.sql("INSERT INTO dao.silver.users VALUES (9, 'new', 9)")
    assert rows(spark.table("dao.silver.users")) == [NEW]
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_ALREADY_EXISTS"):
        spark.sql(f"CREATE TABLE dao.silver.users ({SCHEMA}) USING orc")
    with pytest.raises(AnalysisException, match="expected `parquet`, as the catalog has it, found `orc`"):
        spark.sql("CREATE TABLE dao.silver.others (id long) USING orc")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OVERWRITE dao.silver.users SELECT id, assert_true(id < 3), k FROM dao.silver.source",
        "CREATE OR REPLACE TABLE dao.silver.users AS SELECT id, assert_true(id < 3), k FROM dao.silver.source",
    ],
)
def test_an_overwrite_that_fails_keeps_the_old_rows_and_leaves_no_file(
    spark: SparkSession, declare: Declare, data: DataFrame, statement: str
) -> None:
    folder = declare()
    data.write.format("dao").save("silver.users")
    data.write.format("dao").save("silver.source")
    before = sorted(folder.rglob("*.parquet"))
    with pytest.raises(PySparkException, match="USER_RAISED_EXCEPTION"):
        spark.sql(statement)
    assert rows(spark.table("dao.silver.users")) == ROWS
    assert sorted(folder.rglob("*.parquet")) == before


@pytest.mark.parametrize("format_name", ["parquet", pytest.param("csv", marks=pytest.mark.full)])
def test_dao_write_stages_files_where_they_stay_as_the_other_doors_do(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str
) -> None:
    parted = {"format": format_name, "partition_by": ["k"], "schema": SCHEMA}
    folder = declare(by_dao=parted, by_format=parted)
    DataAccessObject(spark=spark).write(data, "silver.by_dao", mode="append")
    data.write.format("dao").mode("append").save("silver.by_format")
    by_dao, by_format = (
        {PARTS_OF_A_WRITE.sub("*", str(file)) for file in visible_files(folder / door)}
        for door in ("by_dao", "by_format")
    )
    assert by_dao == by_format
    assert rows(spark.table("dao.silver.by_dao")) == ROWS


def test_the_python_side_finishes_what_a_jvm_write_left_half_done(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    folder = declare() / "users"
    data.write.format("dao").save("silver.users")
    staged, journal = folder / "_dao_staging" / "b1", folder / "_dao_journal" / "b1.json"
    spark.createDataFrame([NEW], SCHEMA).coalesce(1).write.parquet(str(staged))
    file = next(staged.glob("part-*.parquet"))
    journal.parent.mkdir()
    old = next(folder.glob("part-*.parquet"))
    journal.write_text(
        f'{{"batch_id": "b1", "moves": {{"_dao_staging/b1/{file.name}": "part-b1.parquet"}},'
        f' "deletes": ["{old.name}"], "undo": false}}'
    )
    spark.sql("INSERT INTO dao.silver.users VALUES (10, 'later', 1)")
    assert rows(spark.table("dao.silver.users")) == [NEW, (10, "later", 1)]
