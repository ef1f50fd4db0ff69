from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import redshift_connector
from pyspark.sql import DataFrame, SparkSession

from spark_dao.local import LocalStack

from .conftest import ROWS, SCHEMA, rows


@pytest.fixture
def environment(spark: SparkSession, local_stack: LocalStack, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A bucket and a schema of this test's own, in a catalog that the session knows by conf alone."""
    said, name = local_stack.environment(), f"bridge-{uuid.uuid4().hex[:12]}"
    s3 = {
        "endpoint_url": said["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": said["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": said["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }
    boto3.client("s3", region_name="us-east-1", **s3).create_bucket(Bucket=name)
    warehouse = {
        key: said[f"SPARK_DAO_LOCAL_WAREHOUSE_{key.upper()}"]
        for key in ("host", "port", "user", "password", "database")
    }
    with redshift_connector.connect(**{**warehouse, "port": int(warehouse["port"])}, ssl=False) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'CREATE SCHEMA "{name}"')
    gold = {
        **warehouse,
        **s3,
        "schema": name,
        "ssl": False,
        "s3_temp_dir": f"s3://{name}/redshift/",
        "iam_role_arn": "arn:aws:iam::000000000000:role/spark-dao-local",
    }
    stores = {
        "silver": {
            "interface_class": "S3SparkInterface",
            "default_configs": {"bucket": name, **s3},
            "data_objects": {"users": {"partition_by": ["k"]}, "lake": {"format": "delta"}},
        },
        "gold": {"interface_class": "RedshiftSparkInterface", "default_configs": gold},
    }
    (tmp_path / "catalog.json").write_text(json.dumps(stores))
    spark.conf.set("spark.sql.catalog.dao.config", str(tmp_path / "catalog.json"))
    yield {**said, "name": name}


def test_objects_in_s3_are_written_and_read_with_the_settings_of_their_store(
    spark: SparkSession, environment: dict[str, str], data: DataFrame
) -> None:
    data.write.format("dao").save("silver.users")
    spark.sql("INSERT OVERWRITE dao.silver.users PARTITION (k = 1) VALUES (9, 'new')")
    assert rows(spark.table("dao.silver.users")) == sorted([*(row for row in ROWS if row[2] != 1), (9, "new", 1)])
    data.write.format("dao").save("silver.lake")
    assert rows(spark.table("dao.silver.lake")) == ROWS


def test_a_warehouse_table_is_written_by_copy_and_read_by_unload_when_the_query_runs(
    spark: SparkSession, environment: dict[str, str], data: DataFrame
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
    spark: SparkSession, environment: dict[str, str], data: DataFrame
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
