from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, rows
from .warehouse import Warehouse


@pytest.fixture
def users(warehouse: Warehouse, data: DataFrame) -> Warehouse:
    data.write.format("dao").save("gold.users")
    return warehouse


def test_only_needed_columns_and_rows_are_unloaded_and_nothing_by_explain(
    spark: SparkSession, users: Warehouse
) -> None:
    spark.sql("EXPLAIN EXTENDED SELECT * FROM dao.gold.users").collect()
    query = spark.sql("SELECT name FROM dao.gold.users WHERE id > 3 AND k IN (0, 1) AND name LIKE 'n%'")
    query.explain()
    assert "StagedScan gold.users" in query._jdf.queryExecution().toString()
    assert users.unloaded() == []
    assert sorted(row.name for row in query.collect()) == ["n4"]
    assert users.unloaded() == [
        'SELECT "id", "name", "k" FROM "users" WHERE "id" IS NOT NULL AND "name" IS NOT NULL AND "id" > 3 '
        "AND \"k\" IN (0, 1) AND \"name\" LIKE 'n%' ESCAPE '^'"
    ]
    frame = spark.read.format("dao").load("gold.users")
    assert frame.select("name").where("k = 0 OR k = 2").count() == 4
    assert users.unloaded()[1:] == ['SELECT "k" FROM "users" WHERE "k" IN (0, 2)']


def test_counting_needs_one_column_and_a_limit_few_rows(spark: SparkSession, users: Warehouse) -> None:
    assert spark.sql("SELECT count(*) FROM dao.gold.users").head() == (6,)
    assert users.unloaded() == ['SELECT "k" FROM "users"']
    assert len(spark.sql("SELECT id FROM dao.gold.users LIMIT 2").collect()) == 2
    assert len(spark.table("dao.gold.users").limit(3).collect()) == 3
    assert "LIMIT 2" in users.unloaded()[1]


def test_a_query_without_rows_is_an_empty_data_frame_with_its_columns(spark: SparkSession, users: Warehouse) -> None:
    nothing = spark.table("dao.gold.users").where("id > 1000")
    assert nothing.collect() == []
    assert nothing.dtypes == [("id", "bigint"), ("name", "string"), ("k", "int")]
    assert nothing.count() == 0


def test_a_warehouse_joins_files_and_a_cached_scan_is_unloaded_once(
    spark: SparkSession, users: Warehouse, data: DataFrame
) -> None:
    data.write.format("dao").save("silver.users")
    joined = spark.sql(
        "SELECT g.id, s.name, g.k FROM dao.gold.users g JOIN dao.silver.users s ON g.id = s.id WHERE s.k = 1"
    )
    assert rows(joined) == [row for row in ROWS if row[2] == 1]
    before = len(users.unloaded())
    cached = spark.table("dao.gold.users").cache()
    try:
        assert (cached.count(), cached.where("k = 1").count()) == (6, 2)
        assert rows(cached.repartition(3)) == ROWS
        assert len(users.unloaded()) == before + 1
        spark.sql("INSERT INTO dao.gold.users VALUES (9, 'new', 9)")
        assert spark.table("dao.gold.users").count() == 7
    finally:
        cached.unpersist()


def test_a_schema_that_the_caller_says_chooses_columns_or_is_refused(spark: SparkSession, users: Warehouse) -> None:
    chosen = spark.read.format("dao").schema("name string, id long").load("gold.users")
    assert chosen.columns == ["name", "id"]
    assert sorted(chosen.collect())[0] == ("n0", 0)
    with pytest.raises(AnalysisException, match=r"gold.users.*`id`.*BIGINT.*INT"):
        spark.read.format("dao").schema("id int").load("gold.users").collect()
    with pytest.raises(AnalysisException, match=r"gold.users.*no column `nmae`.*`name`"):
        spark.read.format("dao").schema("nmae string").load("gold.users")


def test_metadata_lists_and_describes_the_tables_of_the_warehouse(spark: SparkSession, users: Warehouse) -> None:
    users.sql('CREATE VIEW "users_view" AS SELECT id FROM users')
    users.sql("CREATE TABLE made_by_others (id BIGINT, net NUMERIC(10,2))")
    listed = [row.tableName for row in spark.sql("SHOW TABLES IN dao.gold").collect()]
    assert listed == ["made_by_others", "users", "users_view"]
    assert [row.tableName for row in spark.sql("SHOW TABLES IN dao.gold LIKE 'users*'").collect()] == listed[1:]
    described = {
        row.col_name: row.data_type for row in spark.sql("DESCRIBE EXTENDED dao.gold.made_by_others").collect()
    }
    assert (described["id"], described["net"]) == ("bigint", "decimal(10,2)")
    assert users.login["password"] not in str(described)
    assert "RedshiftSparkInterface" in str(described)
    with pytest.raises(AnalysisException, match=r"no table or view .*absent.*`users`"):
        spark.table("dao.gold.absent")


def test_every_type_comes_back_as_it_went(spark: SparkSession, warehouse: Warehouse) -> None:
    values = [
        (
            1, 2, 3, 1.5, 2.5, True, "it's 😀 \"q\" \\back\\ % _ \t\n", Decimal("12345678901234567.89"),
            Decimal("0.0000000001"), datetime.date(1, 1, 1), datetime.datetime(2025, 1, 7, 10, 0, 0, 123456),
            datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
        ),
        (
            -1, -2, -(2**63), -0.0, float("inf"), False, "", Decimal("-0.01"), Decimal("-99.9999999999"),
            datetime.date(9999, 12, 31), datetime.datetime(1900, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59),
        ),
        (None,) * 12,
    ]  # fmt: skip
    schema = (
        "s smallint, i int, l long, f float, d double, b boolean, t string, n decimal(20,2), m decimal(38,10), "
        "y date, z timestamp, w timestamp_ntz"
    )
    frame = spark.createDataFrame(values, schema)
    frame.write.format("dao").save("gold.types")
    spark.sql("CREATE TABLE dao.gold.copied AS SELECT * FROM dao.gold.types")
    expected = sorted(map(repr, frame.collect()))
    for read in (spark.table("dao.gold.types"), spark.read.format("dao").load("gold.copied")):
        assert read.dtypes == frame.dtypes
        assert sorted(map(repr, read.collect())) == expected
    conditions = [
        "t = 'it\\'s 😀 \"q\" \\\\back\\\\ % _ \\t\\n'", "n = 12345678901234567.89", "y <= DATE'0001-01-01'",
        "z = TIMESTAMP'2025-01-07 10:00:00.123456'", "w < TIMESTAMP_NTZ'1970-01-01 00:00:00' AND l = 3", "b AND s >= 0",
        "m > 0", "t IN ('x', 'it\\'s 😀 \"q\" \\\\back\\\\ % _ \\t\\n')", "t LIKE 'it\\'s 😀 \"%'",
    ]  # fmt: skip
    for condition in conditions:
        assert [row.s for row in spark.table("dao.gold.types").where(condition).collect()] == [1], condition
