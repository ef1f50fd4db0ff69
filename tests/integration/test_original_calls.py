"""The calls of the original `dao` package, verbatim but for the import's first word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from spark_dao.core.dao import DataAccessObject
from spark_dao.data_object import DataObject, TableObject
from spark_dao.data_store import DataStoreRegistry
from spark_dao.errors import PlanError, RouteError, SparkDaoError

USERS = b"id,name,email\n1,Ann,ann@example.org\n2,Bob,\n"
S3 = {
    "endpoint_url": "{{env:SPARK_DAO_LOCAL_S3_ENDPOINT}}",
    "region_name": "us-east-1",
    "aws_access_key_id": "{{env:SPARK_DAO_LOCAL_S3_ACCESS_KEY}}",
    "aws_secret_access_key": "{{env:SPARK_DAO_LOCAL_S3_SECRET_KEY}}",
}
CONFIG = {
    "bronze": {
        "interface_class": "S3Boto3Interface",
        "interface_class_location": "interface_classes.s3.s3_boto3",
        "default_configs": {"bucket": "spark-dao-bronze", **S3},
    },
    "silver": {
        "interface_class": "S3SparkInterface",
        "interface_class_location": "interface_classes.s3.spark",
        "default_configs": {"bucket": "spark-dao-silver", "prefix": "datasets", **S3},
    },
    "gold": {
        "interface_class": "RedshiftSparkInterface",
        "interface_class_location": "interface_classes.redshift.spark",
        "default_configs": {
            "host": "{{env:SPARK_DAO_LOCAL_WAREHOUSE_HOST}}",
            "port": "{{env:SPARK_DAO_LOCAL_WAREHOUSE_PORT}}",
            "user": "{{env:SPARK_DAO_LOCAL_WAREHOUSE_USER}}",
            "password": "{{env:SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD}}",
            "database": "{{env:SPARK_DAO_LOCAL_WAREHOUSE_DATABASE}}",
            "ssl": False,
            "s3_temp_dir": "s3://spark-dao-temp/redshift/",
            "iam_role_arn": "arn:aws:iam::000000000000:role/spark-dao-local",
            **S3,
        },
    },
}


@pytest.fixture
def environment(local_stack, monkeypatch):
    for name, value in local_stack.environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def dao(environment, spark):
    return DataAccessObject(CONFIG)


@pytest.fixture
def users_raw(dao, tmp_path):
    bronze = DataStoreRegistry.get("bronze")
    users_raw = DataObject("users_raw", bronze)
    (tmp_path / "users.csv").write_bytes(USERS)
    with (tmp_path / "users.csv").open("rb") as file:
        dao.write(data_object=users_raw, data=file, path="s3://spark-dao-bronze/users_raw/2025-01-07/")
    return users_raw


def test_a_file_goes_to_bronze_and_comes_back_as_bytes_or_rows(dao, users_raw):
    path = "s3://spark-dao-bronze/users_raw/2025-01-07/users.csv"
    assert dao.read(data_object=users_raw, path=path) == USERS
    rows = dao.read(data_object=users_raw, format="csv").orderBy("id").collect()
    assert [(row.id, row.name, row.email) for row in rows] == [("1", "Ann", "ann@example.org"), ("2", "Bob", None)]
    assert dao.read("bronze.users_raw", format="csv").count() == 2


def test_a_dataframe_goes_to_silver_by_path_and_spark_options(dao, users_raw):
    users_clean = DataObject("users_clean", DataStoreRegistry.get("silver"))
    df = dao.read(data_object=users_raw, format="csv")
    for _ in range(2):
        dao.write(
            data=df,
            data_object=users_clean,
            format="parquet",
            path="s3://spark-dao-silver/datasets/users_clean/",
            spark_options={"mode": "overwrite"},
        )
    assert dao.read(data_object=users_clean).count() == 2
    assert dao.read("silver.users_clean").count() == 2
    assert dao.count("silver.users_clean") == 2


def test_a_dataframe_goes_to_gold_with_and_without_format_and_by_position(dao, users_raw):
    gold = DataStoreRegistry.get("gold")
    users_agg = dao.read(data_object=users_raw, format="csv").selectExpr("CAST(id AS BIGINT) AS user_id", "name")
    users_agg_obj = TableObject("original_users_agg", gold, write_mode="overwrite")
    dao.write(data=users_agg, data_object=users_agg_obj)
    dao.write(data=users_agg, data_object=users_agg_obj, format="parquet")
    dao.write(users_agg, users_agg_obj)
    assert sorted(row.user_id for row in dao.read(users_agg_obj).collect()) == [1, 2]


@pytest.mark.parametrize(
    "path",
    [
        "s3://spark-dao-temp/users_clean/",
        "s3://spark-dao-silver/elsewhere/users_clean/",
        "s3://spark-dao-silver/datasets/../bronze/",
        "s3://spark-dao-silver/datasets-old/x/",
        "file:///etc/",
        "s3://spark-dao-silver/datasets//users/",
    ],
)
def test_a_path_outside_the_objects_store_is_refused(dao, spark, path):
    users_clean = DataObject("users_clean", DataStoreRegistry.get("silver"))
    for action in (
        lambda: dao.read(data_object=users_clean, path=path),
        lambda: dao.write(data=spark.range(1), data_object=users_clean, path=path),
    ):
        with pytest.raises(PlanError) as caught:
            action()
        assert str(caught.value).startswith("silver.users_clean")


def test_an_existing_object_is_not_overwritten_by_default(dao, spark):
    dao.write(spark.range(3), "silver.precious", mode="overwrite")
    with pytest.raises(PlanError, match="say mode `append` or `overwrite`"):
        dao.write(spark.range(1), "silver.precious")
    dao.write(spark.range(1), "silver.precious", mode="ignore")
    assert dao.count("silver.precious") == 3
    with pytest.raises(PlanError, match="unknown write mode `overwrit`; did you mean `overwrite`"):
        dao.write(spark.range(1), "silver.precious", mode="overwrit")


def test_what_an_interface_cannot_do_is_a_route_error(dao, spark):
    with pytest.raises(RouteError, match=r"bronze\.users_raw: `S3Boto3Interface` cannot upsert"):
        dao.perform("upsert", "bronze.users_raw", data=b"")
    with pytest.raises(RouteError, match="`S3SparkInterface` cannot"):
        dao.perform("move", "silver.users_clean")
    with pytest.raises(SparkDaoError):
        dao.write(b"bytes", "silver.users_clean")


def test_explain_says_who_would_answer_and_where_each_argument_comes_from(dao):
    assert "chosen  S3Boto3Interface.read" in dao.explain("read", "bronze.users_raw")
    assert "chosen  S3Boto3Interface.plan_read: format from call" in dao.explain(
        "read", "bronze.users_raw", format="csv"
    )


def test_secrets_stay_out_of_plans_conf_reprs_and_errors(dao, spark, users_raw, local_stack):
    secret = local_stack.environment()["SPARK_DAO_LOCAL_S3_SECRET_KEY"]
    frame = dao.read(data_object=users_raw, format="csv")
    plan = frame._jdf.queryExecution().toString()
    shown = [plan, str(spark.conf.getAll), repr(dao.stores["bronze"]), repr(dao.stores["bronze"].interfaces[0])]
    shown.append(str(vars(dao.stores["bronze"].interfaces[0])))
    assert not [text for text in shown if secret in text]


WITHOUT_SESSION = """
    import sys
    from spark_dao import DataAccessObject
    dao = DataAccessObject(sys.argv[1])
    print("rows", dao.read("silver.without_session").count())
"""


def test_without_a_session_one_is_configured_and_created(dao, spark, tmp_path, local_stack):

    dao.write(spark.range(5), "silver.without_session", mode="overwrite")
    (tmp_path / "catalog.json").write_text(json.dumps(CONFIG))
    command = [sys.executable, "-c", textwrap.dedent(WITHOUT_SESSION), str(tmp_path / "catalog.json")]
    environment = {**os.environ, **local_stack.environment()}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180, env=environment)
    assert "rows 5" in done.stdout, done.stderr[-2000:]
