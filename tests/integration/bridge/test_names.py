"""Names that mean nothing: one clear error that says what was meant, and nothing is changed."""

from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, Declare, rows, session_tables

NEAR = r"^silver\.users_clan: no files under .*did you mean `users_clean`\?"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM dao.silver.users_clan",
        "SELECT * FROM dao.silver.users_clean WHERE id IN (SELECT id FROM dao.silver.users_clan)",
        "WITH x AS (SELECT * FROM dao.silver.users_clan) SELECT * FROM x",
        "INSERT INTO dao.silver.users_clan VALUES (1, 'x', 1)",
        "INSERT OVERWRITE dao.silver.users_clan VALUES (1, 'x', 1)",
        "TRUNCATE TABLE dao.silver.users_clan",
        "DESCRIBE EXTENDED dao.silver.users_clan",
        "SHOW PARTITIONS dao.silver.users_clan",
        "SHOW CREATE TABLE dao.silver.users_clan",
        "REFRESH TABLE dao.silver.users_clan",
        "CACHE TABLE dao.silver.users_clan",
        "DELETE FROM dao.silver.users_clan",
        "DROP TABLE dao.silver.users_clan",
        "DROP TABLE dao.silver.users_clan PURGE",
    ],
)
def test_sql_on_a_misspelt_object_says_which_one_is_near(
    spark: SparkSession, declare: Declare, data: DataFrame, statement: str
) -> None:
    declare()
    data.write.format("dao").save("silver.users_clean")
    with pytest.raises(AnalysisException, match=NEAR) as caught:
        spark.sql(statement)
    assert "\tat " not in str(caught.value)
    assert rows(spark.table("dao.silver.users_clean")) == ROWS


def test_data_frames_on_a_misspelt_object_say_which_one_is_near(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    declare()
    data.write.format("dao").save("silver.users_clean")
    for action in (
        lambda: spark.table("dao.silver.users_clan"),
        lambda: spark.read.table("dao.silver.users_clan"),
        lambda: spark.read.format("dao").load("silver.users_clan"),
        lambda: data.writeTo("dao.silver.users_clan").append(),
        lambda: data.write.insertInto("dao.silver.users_clan"),
    ):
        with pytest.raises(AnalysisException, match=NEAR):
            action()
    spark.sql("USE dao.silver")
    try:
        with pytest.raises(AnalysisException, match=NEAR):
            spark.sql("SELECT * FROM users_clan")
    finally:
        spark.sql("USE spark_catalog.default")


def test_what_may_be_missing_still_may(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    declare()
    assert not spark.catalog.tableExists("dao.silver.users")
    spark.sql("DROP TABLE IF EXISTS dao.silver.users")
    spark.sql("CREATE TABLE IF NOT EXISTS dao.silver.users AS SELECT 1L AS id, 'x' AS name, 2 AS k")
    data.writeTo("dao.silver.created").create()
    data.write.saveAsTable("dao.silver.saved")
    data.write.mode("overwrite").saveAsTable("dao.silver.overwritten")
    assert rows(spark.table("dao.silver.users")) == [(1, "x", 2)]
    for name in ("created", "saved", "overwritten"):
        assert rows(spark.table(f"dao.silver.{name}")) == ROWS
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
        spark.sql("SELECT * FROM nothing_of_dao")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("users", "malformed name 'users': expected `store.object`"),
        ("a.b.c.d", "malformed name 'a.b.c.d'"),
        ("silver.a'b", "malformed"),
        ('silver.a"b', "malformed"),
        ("silver.a`b", "malformed"),
        ("silver.übersicht", "malformed|no files under"),
        ("silver...", "malformed"),
        ("silver.../secrets", "malformed"),
        ("silver.x; DROP TABLE users", "malformed"),
        ("silver.users WHERE 1 = 1", "malformed"),
        ("silver. ", "malformed"),
        ("sliver.users", "no store `sliver` in the catalog; did you mean `silver`"),
    ],
)
def test_a_wrong_name_is_one_clear_error_in_every_door_and_writes_nothing(
    spark: SparkSession, declare: Declare, data: DataFrame, name: str, message: str
) -> None:
    folder = declare()
    store, _, rest = name.partition(".")
    table = ".".join(f"`{part.replace('`', '``')}`" for part in ("dao", store, rest) if part)
    for action in (
        lambda: spark.read.format("dao").load(name).collect(),
        lambda: spark.sql(f"SELECT * FROM {table}").collect(),
        lambda: spark.sql(f"INSERT INTO {table} VALUES (1)"),
    ):
        with pytest.raises(AnalysisException, match=message) as caught:
            action()
        assert not isinstance(caught.value, ParseException)
        assert "\tat " not in str(caught.value)
    if "no files" not in message:
        for action in (
            lambda: data.write.format("dao").mode("append").save(name),
            lambda: data.writeTo(table).create(),
            lambda: data.write.saveAsTable(table),
        ):
            with pytest.raises(AnalysisException, match=message):
                action()
    assert not folder.exists()
    assert session_tables(spark) == []


def test_a_misspelt_store_is_suggested_where_tables_are_listed(spark: SparkSession, declare: Declare) -> None:
    declare()
    with pytest.raises(AnalysisException, match="no store `sliver` in the catalog; did you mean `silver`"):
        spark.sql("SHOW TABLES IN dao.sliver")


def test_a_path_is_a_path_also_where_a_store_is_in_use(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    folder = declare()
    data.write.parquet(str(folder / "users"))
    spark.sql("USE dao.silver")
    try:
        assert rows(spark.sql(f"SELECT * FROM parquet.`{folder}/users`")) == ROWS
    finally:
        spark.sql("USE spark_catalog.default")
