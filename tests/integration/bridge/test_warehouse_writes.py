from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import lit

from .conftest import ROWS, SCHEMA, rows
from .warehouse import Warehouse

ONE = [(7, "seven", 7)]


@pytest.fixture
def users(warehouse: Warehouse, data: DataFrame) -> Warehouse:
    data.write.format("dao").save("gold.users")
    return warehouse


@pytest.fixture
def one(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(ONE, SCHEMA)


def test_every_insert_is_one_copy_with_a_column_list_and_leaves_no_file(
    spark: SparkSession, users: Warehouse, one: DataFrame
) -> None:
    expected = list(ROWS)
    spark.sql("INSERT INTO dao.gold.users VALUES (10, 'a', 1)")
    spark.sql("INSERT INTO dao.gold.users (k, id, name) VALUES (1, 11, 'b')")
    spark.sql("INSERT INTO dao.gold.users BY NAME SELECT 1 AS k, 'c' AS name, 12 AS id")
    one.writeTo("dao.gold.users").append()
    one.select("k", "name", "id").write.format("dao").mode("append").save("gold.users")
    one.write.insertInto("dao.gold.users")
    one.write.mode("append").saveAsTable("dao.gold.users")
    expected += [(10, "a", 1), (11, "b", 1), (12, "c", 1), *ONE * 4]
    assert rows(spark.table("dao.gold.users")) == sorted(expected)
    copies = users.received("COPY")
    assert len(copies) == 8
    assert all(copy.startswith('COPY "users" (') for copy in copies)
    assert [key for key in users.staged() if "/write-" in key] == []


def test_overwrites_keep_the_table_and_its_grants_and_may_read_what_they_replace(
    spark: SparkSession, users: Warehouse, one: DataFrame
) -> None:
    users.sql("GRANT SELECT ON users TO PUBLIC")
    [before] = users.sql("SELECT 'users'::regclass::oid")
    spark.sql("INSERT OVERWRITE dao.gold.users SELECT id + 1, name, k FROM dao.gold.users WHERE id < 2")
    assert rows(spark.table("dao.gold.users")) == [(1, "n0", 0), (2, "n1", 1)]
    table = spark.table("dao.gold.users")
    table.unionByName(table).write.format("dao").mode("overwrite").save("gold.users")
    assert rows(spark.table("dao.gold.users")) == [(1, "n0", 0), (1, "n0", 0), (2, "n1", 1), (2, "n1", 1)]
    one.writeTo("dao.gold.users").overwrite(lit(True))
    assert rows(spark.table("dao.gold.users")) == ONE
    one.limit(0).write.format("dao").mode("overwrite").save("gold.users")
    assert rows(spark.table("dao.gold.users")) == []
    one.write.insertInto("dao.gold.users", overwrite=True)
    spark.sql("TRUNCATE TABLE dao.gold.users")
    assert spark.table("dao.gold.users").count() == 0
    one.write.mode("overwrite").saveAsTable("dao.gold.users")
    assert rows(spark.table("dao.gold.users")) == ONE
    assert users.sql("SELECT 'users'::regclass::oid") == [before]


def test_save_and_create_follow_their_modes(spark: SparkSession, warehouse: Warehouse, one: DataFrame) -> None:
    spark.sql("CREATE TABLE dao.gold.made AS SELECT 7L AS id, 'seven' AS name, 7 AS k")
    spark.sql("CREATE TABLE IF NOT EXISTS dao.gold.made AS SELECT 8L AS id, 'eight' AS name, 8 AS k")
    one.write.format("dao").mode("ignore").save("gold.made")
    with pytest.raises(AnalysisException, match="exists"):
        one.write.format("dao").save("gold.made")
    with pytest.raises(AnalysisException, match="exists"):
        spark.sql("CREATE TABLE dao.gold.made AS SELECT 9L AS id")
    with pytest.raises(AnalysisException, match="exists"):
        one.writeTo("dao.gold.made").create()
    assert rows(spark.table("dao.gold.made")) == ONE
    one.writeTo("dao.gold.second").create()
    one.writeTo("dao.gold.second").createOrReplace()
    spark.sql("CREATE OR REPLACE TABLE dao.gold.second AS SELECT 8L AS id, 'eight' AS name, 8 AS k")
    assert rows(spark.table("dao.gold.second")) == [(8, "eight", 8)]
    spark.sql("CREATE TABLE dao.gold.third (id BIGINT, net DECIMAL(10,2), at TIMESTAMP_NTZ)")
    assert spark.table("dao.gold.third").dtypes == [("id", "bigint"), ("net", "decimal(10,2)"), ("at", "timestamp_ntz")]
    one.limit(0).write.format("dao").save("gold.fourth")
    assert spark.table("dao.gold.fourth").dtypes == one.dtypes
    assert warehouse.staged() == [] or all("/read-" in key for key in warehouse.staged())


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            "INSERT OVERWRITE dao.gold.users SELECT assert_true(id < 3) IS NULL, name, k FROM dao.gold.users",
            marks=pytest.mark.full,
        ),
        "INSERT OVERWRITE dao.gold.users SELECT if(id = 3, raise_error('broken'), id), name, k FROM dao.gold.users",
        "INSERT INTO dao.gold.users SELECT id, repeat('😀', 20000), k FROM dao.gold.users",
        pytest.param("INSERT INTO dao.gold.users SELECT * FROM VALUES (1, 'x')", marks=pytest.mark.full),
        pytest.param("INSERT OVERWRITE dao.gold.users PARTITION (k = 1) VALUES (1, 'x')", marks=pytest.mark.full),
        pytest.param("INSERT INTO dao.gold.users REPLACE WHERE k = 1 VALUES (1, 'x', 1)", marks=pytest.mark.full),
    ],
)
def test_a_write_that_fails_leaves_the_old_rows_and_no_file(
    spark: SparkSession, users: Warehouse, statement: str
) -> None:
    with pytest.raises(PySparkException):
        spark.sql(statement)
    assert rows(spark.table("dao.gold.users")) == ROWS
    assert [key for key in users.staged() if "/write-" in key] == []


def test_partitions_are_refused_where_there_are_none(spark: SparkSession, users: Warehouse, one: DataFrame) -> None:
    with pytest.raises(AnalysisException, match=r"gold.users"):
        one.write.format("dao").mode("overwrite").partitionBy("k").save("gold.users")
    with pytest.raises(AnalysisException, match=r"(?s).*gold.users|Delta"):
        spark.sql("DELETE FROM dao.gold.users WHERE k = 1")
    assert rows(spark.table("dao.gold.users")) == ROWS
    one.writeTo("dao.gold.users").overwritePartitions()
    assert rows(spark.table("dao.gold.users")) == ONE


def test_the_option_operation_upserts_and_deletes_by_keys(
    spark: SparkSession, users: Warehouse, one: DataFrame
) -> None:
    changed = spark.createDataFrame([(5, "five", 5), *ONE], SCHEMA)
    keyed = changed.write.format("dao").option("primary_keys", "id").mode("append")
    keyed.option("operation", "upsert").save("gold.users")
    assert rows(spark.table("dao.gold.users")) == sorted([*ROWS[:5], (5, "five", 5), *ONE])
    gone = one.select("id").write.format("dao").option("primary_keys", "id").option("operation", "delete")
    gone.mode("append").save("gold.users")
    assert rows(spark.table("dao.gold.users")) == sorted([*ROWS[:5], (5, "five", 5)])
    with pytest.raises(AnalysisException, match="goes with the mode `append`, found `overwrite`"):
        keyed.option("operation", "upsert").mode("overwrite").save("gold.users")


def test_drop_purge_drops_the_table_unless_something_depends_on_it(spark: SparkSession, users: Warehouse) -> None:
    users.sql('CREATE VIEW "users_view" AS SELECT id FROM users')
    with pytest.raises(AnalysisException, match=r"gold.users.*PURGE"):
        spark.sql("DROP TABLE dao.gold.users")
    with pytest.raises(AnalysisException, match=r"gold.users.*other objects depend on it"):
        spark.sql("DROP TABLE dao.gold.users PURGE")
    with pytest.raises(AnalysisException, match=r"users_view.* is a view, which holds no data to purge"):
        spark.sql("DROP TABLE dao.gold.users_view PURGE")
    assert rows(spark.table("dao.gold.users")) == ROWS
    users.sql('DROP VIEW "users_view"')
    spark.sql("DROP TABLE dao.gold.users PURGE")
    assert spark.sql("SHOW TABLES IN dao.gold").collect() == []
    with pytest.raises(AnalysisException, match="no table or view"):
        spark.sql("DROP TABLE dao.gold.users PURGE")
    spark.sql("CREATE TABLE dao.gold.users AS SELECT 7L AS id, 'seven' AS name, 7 AS k")
    assert rows(spark.table("dao.gold.users")) == ONE
