"""One declaration feeds boto3 and Spark's S3A: what plans say is what a real Spark reads and writes."""

from __future__ import annotations

import socket
import time
import uuid

import pytest
from pyspark.sql import functions as F

from spark_dao.data_object import DataObject
from spark_dao.data_store import DataStore
from spark_dao.plans import fields_from_spark_json

BUCKET = "spark-dao-silver"
ODD_NAMES = ["50% off #1", "naïve 名前", 'it\'s "quoted"', "k=v & a+b", "a:b;c", "a%2Fb", " x "]


@pytest.fixture(scope="module")
def configs(local_stack, tmp_path_factory):
    environment = local_stack.environment()
    s3 = {
        "bucket": BUCKET,
        "prefix": f"test sets/{uuid.uuid4().hex[:8]}",
        "endpoint_url": environment["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": environment["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }
    return {"S3SparkInterface": s3, "FileSparkInterface": {"root": str(tmp_path_factory.mktemp("test sets 1%"))}}


@pytest.fixture(params=["S3SparkInterface", "FileSparkInterface"])
def users(request, configs, spark):
    store = DataStore.declare("silver", {"interface_class": request.param, "default_configs": configs[request.param]})
    apply(spark, store.interfaces[0])
    return DataObject(f"users_{uuid.uuid4().hex[:8]}", store)


def apply(spark, interface):
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    for key, value in getattr(interface, "hadoop_settings", dict)().items():
        configuration.set(key, value)


def save(data, data_object, *, mode="errorifexists", **arguments):
    interface = data_object.data_store.interfaces[0]
    plan = interface.plan_write(data_object, schema=fields_from_spark_json(data.schema.json()), mode=mode, **arguments)
    data.write.format(plan.format).options(**plan.options).mode(plan.mode).partitionBy(*plan.partition_by).save(
        plan.path
    )
    return plan


def load(spark, data_object, **arguments):
    plan = data_object.data_store.interfaces[0].plan_read(data_object, **arguments)
    reader = spark.read.format(plan.format).options(**plan.options)
    return (reader.schema(plan.schema) if plan.schema else reader).load(list(plan.paths))


def rows(spark):
    return spark.range(40).select("id", F.concat(F.lit("nämé, "), "id").alias("name"), (F.col("id") % 2).alias("half"))


@pytest.mark.parametrize("format_name", ["parquet", "orc", "json", "csv"])
def test_a_partitioned_object_is_written_and_read_by_plans_alone(spark, users, format_name):
    data = rows(spark)
    plan = save(data, users, format=format_name, partition_by=["half"])
    found = load(spark, users, format=format_name, schema="id BIGINT, name STRING", partition_by=["half"])
    assert sorted(map(tuple, found.select("id", "name", "half").collect())) == sorted(map(tuple, data.collect()))
    listed = users.data_store.interfaces[0].storage(plan.path).list_files(plan.path)
    assert {file.path.removeprefix(plan.path + "/").split("/")[0] for file in listed} >= {"half=0", "half=1"}
    part = load(spark, users, format=format_name, path="half=1/", schema="id BIGINT", partition_by=["half"])
    assert {row.half for row in part.collect()} == {1}
    assert load(spark, users, format=format_name, path="half=*/").count() == 40


def test_binary_files_and_text_are_read(spark, users):
    save(rows(spark).select("name"), users, format="text")
    assert load(spark, users, format="text").count() == 40
    content = b"".join(bytes(row.content) for row in load(spark, users, format="binaryFile").collect())
    assert content.decode().count("\n") == 40


def test_partition_values_with_special_characters_come_back(spark, users):
    values = ["a/b:c", "..", "50%", "x y", "名前", "a#b", "k=v", "[x]*{y}"]
    data = spark.createDataFrame([(number, value) for number, value in enumerate(values)], "id INT, region STRING")
    plan = save(data, users, partition_by=["region"])
    found = load(spark, users, partition_by=["region"])
    assert {tuple(row) for row in found.select("id", "region").collect()} == set(enumerate(values))
    storage = users.data_store.interfaces[0].storage(plan.path)
    storage.delete_files([file.path for file in storage.list_files(plan.path)])
    assert storage.list_files(plan.path) == []


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_object_of_any_name_is_read_back(spark, users, name):
    data = spark.range(3)
    save(data, users, path=f"{name}/data")
    save(data, users, path=f"{name}/data", mode="append")
    assert load(spark, users, path=f"{name}/data").count() == 6
    listed = users.data_store.interfaces[0].plan_read(users, path=f"{name}/data").paths[0]
    assert any(
        file.path.endswith(".parquet") for file in users.data_store.interfaces[0].storage(listed).list_files(listed)
    )


def test_files_written_by_boto3_are_read_by_spark_where_a_format_is_asked(spark, configs):
    settings = configs["S3SparkInterface"]
    store = DataStore.declare("bronze", {"interface_class": "S3Boto3Interface", "default_configs": settings})
    boto3, raw = store.interfaces[0], DataObject("users_raw", store)
    apply(spark, boto3)
    boto3.write(raw, data=b"id,name\n1,Ann\n", path="2025-01-07/users #1.csv")
    boto3.write(raw, data=b"id,name\n2,Bob\n", path="2025-01-08/users #1.csv")
    found = load(spark, raw, format="csv")
    assert sorted(map(tuple, found.collect())) == [("1", "Ann"), ("2", "Bob")]
    assert load(spark, raw, format="csv", path="2025-01-08/users #1.csv").count() == 1
    assert load(spark, raw, format="csv", path="2025-*/").count() == 2
    boto3.write(raw, data=b"id,name\n3,Cem\n", path="by_day/day=1/users.csv")
    assert "day" in load(spark, raw, format="csv", path="by_day/", partition_by=["day"]).columns
    assert "day" in load(spark, raw, format="csv", path="by_day/", recursiveFileLookup=False).columns


def test_s3a_gives_up_on_an_endpoint_where_nothing_listens(spark, configs):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        settings = configs["S3SparkInterface"] | {"bucket": "unreachable-bucket", "endpoint_url": endpoint}
        store = DataStore.declare("silver", {"interface_class": "S3SparkInterface", "default_configs": settings})
        apply(spark, store.interfaces[0])
        started = time.monotonic()
        with pytest.raises(Exception, match="Connection refused"):
            spark.read.parquet("s3a://unreachable-bucket/users")
        assert time.monotonic() - started < 30
