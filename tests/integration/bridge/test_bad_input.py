"""What cannot be read or written is refused with one clear error, and nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import lit

from .conftest import FILE_FORMATS, ROWS, SCHEMA, Declare, rows


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("format_name", "other"),
    [
        ("parquet", "csv"),
        ("csv", "parquet"),
        *(pytest.param(*pair, marks=pytest.mark.full) for pair in [("json", "orc"), ("orc", "json"), ("csv", "json")]),
    ],
)
def test_a_folder_of_mixed_formats_names_the_file_that_is_out_of_place(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str, other: str, declared: bool
) -> None:
    folder = declare(users={"format": format_name, **({"schema": SCHEMA} if declared else {})})
    data.write.format(format_name).option("header", True).save(str(folder / "users"))
    data.write.format(other).save(str(folder / "others"))
    stray = next((folder / "others").glob(f"part-*.{other}"))
    stray.rename(folder / "users" / stray.name)
    message = rf"^silver\.users: expected {format_name} files only, found `{stray.name}`.*pathGlobFilter"
    for read in (
        lambda: spark.read.format("dao").load("silver.users"),
        lambda: spark.sql("SELECT count(*) FROM dao.silver.users"),
    ):
        with pytest.raises(AnalysisException, match=message):
            read()
    filtered = spark.read.format("dao").option("pathGlobFilter", f"*.{format_name}").load("silver.users")
    assert filtered.count() == len(ROWS)


@pytest.mark.parametrize("format_name", [*FILE_FORMATS, "delta"])
def test_an_empty_directory_says_that_there_are_no_files(
    spark: SparkSession, declare: Declare, format_name: str
) -> None:
    folder = declare(users={"format": format_name, "schema": SCHEMA})
    (folder / "users").mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("users", "empty"):
        for read in (
            lambda name=name: spark.read.format("dao").load(f"silver.{name}").collect(),
            lambda name=name: spark.sql(f"SELECT * FROM dao.silver.{name}").collect(),
        ):
            with pytest.raises(AnalysisException, match=rf"^silver\.{name}: no files under"):
                read()
    assert files(folder) == []


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("format_name", [*FILE_FORMATS, "delta"])
def test_an_append_of_other_columns_is_refused(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str, declared: bool
) -> None:
    if format_name == "json" and not declared:
        pytest.skip("what JSON lines hold without a declared schema is known by reading them all")
    folder = declare(users={"format": format_name, **({"schema": SCHEMA} if declared else {})})
    data.write.format("dao").save("silver.users")
    before = files(folder)
    clashes = {
        "extra": data.withColumn("extra", lit(1)),
        "title": data.withColumnRenamed("name", "title"),
    }
    if declared or format_name != "csv":
        clashes["id"] = data.selectExpr("array(id) AS id", "name", "k")
        clashes["k"] = data.selectExpr("id", "name", "date'2025-01-07' AS k")
    for column, frame in clashes.items():
        with pytest.raises(AnalysisException, match=column) as caught:
            frame.write.format("dao").mode("append").save("silver.users")
        assert "\tat " not in str(caught.value)
        assert files(folder) == before
    for statement in ("INSERT INTO dao.silver.users VALUES (1)", "INSERT INTO dao.silver.users VALUES (1, 'x', 1, 2)"):
        with pytest.raises(AnalysisException, match=r"INSERT_COLUMN_ARITY_MISMATCH|DELTA_"):
            spark.sql(statement)
    assert files(folder) == before


def test_an_append_to_csv_in_another_order_is_refused(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    declare(users={"format": "csv", "schema": SCHEMA})
    data.write.format("dao").save("silver.users")
    with pytest.raises(AnalysisException, match="csv holds its columns in this order: id, name, k"):
        data.select("k", "name", "id").write.format("dao").mode("append").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == ROWS


def test_an_append_keeps_to_the_partitions_that_there_are(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    folder = declare()
    data.write.format("dao").partitionBy("k").save("silver.users")
    with pytest.raises(AnalysisException, match=r"key `partition_by`: expected \[k\].*found \[name\]"):
        data.write.format("dao").mode("append").partitionBy("name").save("silver.users")
    data.write.format("dao").mode("append").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == sorted(ROWS * 2)
    assert {path.name for path in (folder / "users").iterdir() if not path.name.startswith("_")} == {
        "k=0",
        "k=1",
        "k=2",
    }


def test_columns_may_be_added_to_parquet_where_they_are_merged(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    declare(users={"spark_options": {"mergeSchema": True}})
    data.write.format("dao").save("silver.users")
    wider = data.selectExpr("*", "IF(id >= 0, 'x', NULL) AS extra")
    wider.write.format("dao").mode("append").save("silver.users")
    assert spark.table("dao.silver.users").where("extra = 'x'").count() == len(ROWS)
    assert spark.table("dao.silver.users").count() == 2 * len(ROWS)
