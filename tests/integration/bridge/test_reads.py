from __future__ import annotations

import shutil

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, SCHEMA, Declare, plans, rows


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


@pytest.mark.parametrize("format_name", ["parquet", pytest.param("json", marks=pytest.mark.full)])
def test_what_another_process_wrote_or_deleted_is_seen_without_refresh(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str
) -> None:
    folder = declare(users={"format": format_name, "schema": SCHEMA})
    data.write.format(format_name).save(str(folder / "users"))
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW seen AS SELECT * FROM dao.silver.users")
    spark.sql("CREATE OR REPLACE VIEW spark_catalog.default.kept AS SELECT * FROM dao.silver.users")
    doors = (
        lambda: spark.table("dao.silver.users"),
        lambda: spark.sql("SELECT * FROM dao.silver.users"),
        lambda: spark.read.format("dao").load("silver.users"),
        lambda: spark.table("kept"),
    )
    assert [door().count() for door in doors] == [6] * len(doors)
    file = next((folder / "users").glob("part-*"))
    another = file.with_name(f"part-of-another.{format_name}")
    shutil.copy(file, another)
    assert [door().count() for door in doors] == [12] * len(doors)
    another.unlink()
    assert [door().count() for door in doors] == [6] * len(doors)
    spark.sql("DROP VIEW spark_catalog.default.kept")


def test_an_object_that_nobody_declared_is_shown_and_read(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    folder = declare(users={"format": "orc"})
    data.write.partitionBy("k").parquet(str(folder / "found"))
    assert sorted(row.tableName for row in spark.sql("SHOW TABLES IN dao.silver").collect()) == ["found", "users"]
    assert [row[0] for row in spark.sql("SHOW PARTITIONS dao.silver.found").collect()] == ["k=0", "k=1", "k=2"]
    assert [row[0] for row in spark.sql("SHOW PARTITIONS dao.silver.found PARTITION (k = 1)").collect()] == ["k=1"]
    assert rows(spark.table("dao.silver.found")) == ROWS


def test_purging_needs_the_stores_leave(spark: SparkSession, declare: Declare, data: DataFrame) -> None:
    folder = declare(users={"format": "delta"})
    data.write.format("dao").save("silver.users")
    with pytest.raises(AnalysisException, match=r"silver\.users, key `allow_purge`: .*say `allow_purge: true`"):
        spark.sql("DROP TABLE dao.silver.users PURGE")
    assert (folder / "users" / "_delta_log").is_dir()
