from __future__ import annotations

import shutil

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from .conftest import FILE_FORMATS, ROWS, SCHEMA, Declare, plans, rows


@pytest.mark.parametrize("format_name", FILE_FORMATS)
def test_a_read_through_either_door_has_the_plan_of_the_direct_read(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str
) -> None:
    folder = declare(users={"format": format_name, "schema": SCHEMA, "partition_by": ["k"]})
    data.write.format(format_name).option("header", True).partitionBy("k").save(str(folder / "users"))
    reader = spark.read.format(format_name).schema(SCHEMA)
    direct = (reader.option("header", True) if format_name == "csv" else reader).load(str(folder / "users"))
    wanted = plans(direct.where("k = 1 and id > 2").select("id"))
    assert "PartitionFilters: [isnotnull(k#), (k# = 1)]" in wanted
    assert "id" in wanted.split("PushedFilters: [")[1].split("]")[0]
    for door in (spark.read.format("dao").load("silver.users"), spark.table("dao.silver.users")):
        assert plans(door.where("k = 1 and id > 2").select("id")) == wanted
        assert rows(door) == ROWS


def test_the_schema_is_inferred_where_nobody_said_it(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    folder = declare()
    data.write.partitionBy("k").parquet(str(folder / "users"))
    direct = spark.read.parquet(str(folder / "users"))
    assert plans(spark.read.format("dao").load("silver.users").where("k = 2")) == plans(direct.where("k = 2"))
    assert spark.table("dao.silver.users").schema == direct.schema


def test_reader_options_and_schema_reach_the_format(spark: SparkSession, declare: Declare) -> None:
    folder = declare(users={"format": "csv"})
    (folder / "users").mkdir(parents=True)
    (folder / "users" / "a.csv").write_text("1;x\n2;y\n")
    reader = spark.read.format("dao").option("sep", ";").option("header", "false")
    assert reader.schema("id int, name string").load("silver.users").collect() == [(1, "x"), (2, "y")]


def test_a_second_catalog_is_chosen_by_option_and_by_name(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    spark.conf.set("spark.sql.catalog.dao2", "io.sparkdao.DaoCatalog")
    spark.conf.set("spark.sql.catalog.dao2.store.silver.interface_class", "FileSparkInterface")
    spark.conf.set("spark.sql.catalog.dao2.store.silver.default_configs.root", other.as_uri())
    data.write.format("dao").option("catalog", "dao2").save("silver.users")
    assert rows(spark.table("dao2.silver.users")) == ROWS
    assert rows(spark.read.format("dao").option("catalog", "dao2").load("silver.users")) == ROWS
    assert not spark.catalog.tableExists("dao.silver.users")


def test_sql_joins_stores_and_reads_through_views(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    declare()
    data.write.format("dao").save("silver.users")
    data.write.format("dao").save("gold.users")
    joined = spark.sql("SELECT s.id, g.name, s.k FROM dao.silver.users s JOIN dao.gold.users g ON s.id = g.id")
    assert rows(joined) == ROWS
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW by_name AS SELECT * FROM dao.silver.users")
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW by_source USING dao OPTIONS (path 'silver.users')")
    assert rows(spark.table("by_name")) == rows(spark.table("by_source")) == ROWS
    spark.sql("USE dao.silver")
    try:
        assert rows(spark.sql("SELECT * FROM users WHERE id IN (SELECT id FROM dao.gold.users)")) == ROWS
    finally:
        spark.sql("USE spark_catalog.default")


def test_metadata_is_shown(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    folder = declare(users={"partition_by": ["k"], "primary_keys": ["id"], "description": "one row each"})
    data.write.format("dao").save("silver.users")
    assert [row[0] for row in spark.sql("SHOW NAMESPACES IN dao").collect()] == ["gold", "silver"]
    assert "users" in [row.tableName for row in spark.sql("SHOW TABLES IN dao.silver").collect()]
    described = {row.col_name: row.data_type for row in spark.sql("DESCRIBE EXTENDED dao.silver.users").collect()}
    assert described["id"] == "bigint"
    assert described["Provider"] == "parquet"
    assert described["Comment"] == "one row each"
    assert described["Location"].rstrip("/").endswith(f"{folder.name}/users")
    assert "interface_class=FileSparkInterface" in described["Table Properties"]
    assert "primary_keys=id" in described["Table Properties"]


def test_what_another_process_wrote_is_seen_without_refresh(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    folder = declare()
    data.write.parquet(str(folder / "users"))
    assert spark.table("dao.silver.users").count() == 6
    file = next((folder / "users").glob("part-*"))
    shutil.copy(file, file.with_name("part-of-another.parquet"))
    assert spark.table("dao.silver.users").count() == 12
    assert spark.sql("SELECT * FROM dao.silver.users").count() == 12


def test_a_misspelt_name_is_an_analysis_exception_with_the_near_miss(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    declare()
    data.write.format("dao").save("silver.users")
    with pytest.raises(AnalysisException, match=r"silver\.userz: no files under .*did you mean `users`") as caught:
        spark.read.format("dao").load("silver.userz")
    assert "\tat " not in str(caught.value)
    with pytest.raises(AnalysisException, match=r"sliver.*did you mean `silver`"):
        spark.read.format("dao").load("sliver.users")
