from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, SCHEMA, rows
from .warehouse import Warehouse


def test_objects_in_s3_are_written_and_read_with_the_settings_of_their_store(
    spark: SparkSession, warehouse: Warehouse, data: DataFrame
) -> None:
    data.write.format("dao").save("silver.users")
    spark.sql("INSERT OVERWRITE dao.silver.users PARTITION (k = 1) VALUES (9, 'new')")
    assert rows(spark.table("dao.silver.users")) == sorted([*(row for row in ROWS if row[2] != 1), (9, "new", 1)])
    data.write.format("dao").save("silver.lake")
    assert rows(spark.table("dao.silver.lake")) == ROWS


def test_a_warehouse_table_is_written_by_copy_and_read_by_unload_when_the_query_runs(
    spark: SparkSession, warehouse: Warehouse, data: DataFrame
) -> None:
    data.write.format("dao").save("gold.users")
    spark.sql("INSERT INTO dao.gold.users VALUES (9, 'new', 9)")
    assert rows(spark.table("dao.gold.users")) == [*ROWS, (9, "new", 9)]
    assert "users" in [row.tableName for row in spark.sql("SHOW TABLES IN dao.gold").collect()]
    query = spark.sql("SELECT name FROM dao.gold.users WHERE id > 3 AND k = 1")
    assert "StagedScan gold.users" in query._jdf.queryExecution().toString()
    assert [row.name for row in query.collect()] == ["n4"]
    spark.createDataFrame([(1, "only", 1)], SCHEMA).write.format("dao").mode("overwrite").save("gold.users")
    assert rows(spark.read.format("dao").load("gold.users")) == [(1, "only", 1)]


def test_format_dao_upserts_by_an_option_and_refuses_it_for_files(
    spark: SparkSession, warehouse: Warehouse, data: DataFrame
) -> None:
    data.write.format("dao").save("gold.kept")
    changed = spark.createDataFrame([(5, "new", 9), (6, "n6", 0)], SCHEMA)
    upsert = changed.write.format("dao").mode("append").option("operation", "upsert").option("primaryKeys", "id")
    upsert.save("gold.kept")
    assert rows(spark.read.format("dao").load("gold.kept")) == [*ROWS[:5], (5, "new", 9), (6, "n6", 0)]
    with pytest.raises(Exception, match="or say it in SQL: MERGE INTO"):
        upsert.save("silver.lake")
    with pytest.raises(Exception, match="cannot be upserted"):
        upsert.save("silver.users")
