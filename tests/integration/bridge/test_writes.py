from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from .conftest import FILE_FORMATS, ROWS, SCHEMA, Declare, rows, session_tables

NEW = (9, "new", 9)


def overwritten(*partitions: int) -> list[tuple[int, str, int]]:
    return [row for row in ROWS if row[2] not in partitions]


@pytest.mark.parametrize(
    ("format_name", "partitioned"),
    [("parquet", True), *((name, False) for name in FILE_FORMATS)]
    + [pytest.param(name, True, marks=pytest.mark.full) for name in FILE_FORMATS if name != "parquet"],
)
def test_save_has_its_four_modes(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str, partitioned: bool
) -> None:
    declare(users={"format": format_name, "schema": SCHEMA})

    def writer(mode: str) -> DataFrameWriter:
        return data.write.format("dao").mode(mode).partitionBy(*(["k"] if partitioned else []))

    writer("errorifexists").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == ROWS
    with pytest.raises(AnalysisException, match=r"silver\.users, key `mode`: there is data in"):
        writer("errorifexists").save("silver.users")
    writer("ignore").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == ROWS
    writer("append").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == sorted(ROWS * 2)
    writer("overwrite").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == ROWS


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO dao.silver.users VALUES (9, 'new', 9)", [*ROWS, NEW]),
        ("INSERT INTO dao.silver.users (k, id, name) VALUES (9, 9, 'new')", [*ROWS, NEW]),
        ("INSERT INTO dao.silver.users BY NAME SELECT 9 AS k, 'new' AS name, 9L AS id", [*ROWS, NEW]),
        ("INSERT INTO dao.silver.users PARTITION (k = 9) VALUES (9, 'new')", [*ROWS, NEW]),
        ("INSERT OVERWRITE dao.silver.users VALUES (9, 'new', 9)", [NEW]),
        ("INSERT OVERWRITE dao.silver.users PARTITION (k = 1) VALUES (9, 'new')", [*overwritten(1), (9, "new", 1)]),
        ("INSERT OVERWRITE dao.silver.users PARTITION (k = 1) SELECT 9L, 'x' WHERE false", overwritten(1)),
        ("INSERT INTO dao.silver.users REPLACE WHERE k = 1 VALUES (9, 'new', 1)", [*overwritten(1), (9, "new", 1)]),
        ("TRUNCATE TABLE dao.silver.users", []),
        ("CREATE OR REPLACE TABLE dao.silver.users PARTITIONED BY (k) AS SELECT 9L id, 'new' name, 9 k", [NEW]),
    ],
)
def test_sql_writes_exactly_these_rows(
    spark: SparkSession, declare: Declare, data: DataFrame, statement: str, expected: list[tuple[object, ...]]
) -> None:
    declare(users={"partition_by": ["k"]})
    data.write.format("dao").save("silver.users")
    spark.sql(statement)
    assert rows(spark.table("dao.silver.users")) == sorted(expected)


@pytest.mark.parametrize("door", ["sql", "save", "writeTo", "insertInto"])
def test_a_dynamic_overwrite_replaces_the_partitions_written(
    spark: SparkSession, declare: Declare, data: DataFrame, door: str
) -> None:
    declare(users={"partition_by": ["k"]})
    data.write.format("dao").save("silver.users")
    new = spark.createDataFrame([(9, "new", 1)], SCHEMA)
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    try:
        if door == "sql":
            spark.sql("INSERT OVERWRITE dao.silver.users PARTITION (k) VALUES (9, 'new', 1)")
        elif door == "save":
            new.write.format("dao").mode("overwrite").save("silver.users")
        elif door == "writeTo":
            new.writeTo("dao.silver.users").overwritePartitions()
        else:
            new.write.mode("overwrite").insertInto("dao.silver.users")
    finally:
        spark.conf.unset("spark.sql.sources.partitionOverwriteMode")
    assert rows(spark.table("dao.silver.users")) == sorted([*overwritten(1), (9, "new", 1)])


def test_data_frames_write_tables_of_this_catalog_only(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    declare()
    data.write.partitionBy("k").saveAsTable("dao.silver.users")
    data.write.mode("append").saveAsTable("dao.silver.users")
    data.write.insertInto("dao.silver.users")
    data.writeTo("dao.silver.users").append()
    assert rows(spark.table("dao.silver.users")) == sorted(ROWS * 4)
    data.write.mode("overwrite").saveAsTable("dao.silver.users")
    data.writeTo("dao.silver.copy").create()
    data.writeTo("dao.silver.copy").createOrReplace()
    assert rows(spark.table("dao.silver.users")) == rows(spark.table("dao.silver.copy")) == ROWS
    assert session_tables(spark) == []


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


def test_an_overwrite_by_an_unsuitable_condition_is_refused(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    declare(users={"partition_by": ["k"]})
    data.write.format("dao").save("silver.users")
    with pytest.raises(AnalysisException, match=r"by equality on their leading partition columns \[k\]"):
        spark.sql("INSERT INTO dao.silver.users REPLACE WHERE id >= 4 VALUES (9, 'new', 9)")
    assert rows(spark.table("dao.silver.users")) == ROWS


def test_a_cached_table_shows_what_was_written(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    declare()
    data.write.format("dao").save("silver.users")
    spark.sql("CACHE TABLE dao.silver.users")
    spark.sql("INSERT INTO dao.silver.users VALUES (9, 'new', 9)")
    assert rows(spark.table("dao.silver.users")) == [*ROWS, NEW]


def test_drop_table_is_refused_with_the_reason(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    declare()
    data.write.format("dao").save("silver.users")
    with pytest.raises(AnalysisException, match="DROP TABLE is refused; remove the object from the catalog"):
        spark.sql("DROP TABLE dao.silver.users")
