"""When a warehouse is asked for rows without the jar."""

from __future__ import annotations

import uuid

import pytest
from pyspark.sql import SparkSession

from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.local import LocalStack
from spark_dao.spark.data_source import make_data_source
from spark_dao.spark.data_source.registering import register_with
from tests.integration.interface_classes.test_redshift_tables import configs


@pytest.fixture
def gold(local_stack: LocalStack) -> RedshiftSparkInterface:
    return RedshiftSparkInterface(**configs(local_stack.environment()))


@pytest.fixture
def dao_spark(spark: SparkSession, gold: RedshiftSparkInterface, local_stack: LocalStack) -> SparkSession:
    said = configs(local_stack.environment(), s3_temp_dir=gold.settings.s3_temp_dir)
    session = spark.newSession()
    store = {"interface_class": "RedshiftSparkInterface", "default_configs": said}
    register_with(session, make_data_source({"gold": store}))
    return session


def unloads(gold: RedshiftSparkInterface, table: str) -> int:
    statement = "SELECT count(*) FROM sys_query_history WHERE query_type = 'UNLOAD' AND query_text LIKE %s"
    with connected(gold.settings) as session:
        return int(session.execute(statement, [f"%{table}%"])[0][0])


def test_loading_unloads_nothing_and_a_query_once_however_often_it_is_explained_and_run(
    dao_spark: SparkSession, gold: RedshiftSparkInterface
) -> None:
    table = f"lazy_{uuid.uuid4().hex[:8]}"
    dao_spark.range(6).selectExpr("id", "id % 3 AS k").write.format("dao").mode("append").save(f"gold.{table}")
    frame = dao_spark.read.format("dao").load(f"gold.{table}")
    frame.printSchema()
    assert unloads(gold, table) == 0
    query = frame.where("id > 3").select("k")
    query.explain()
    assert sorted(row.k for row in query.collect()) == [1, 2]
    assert sorted(row.k for row in query.collect()) == [1, 2]
    assert unloads(gold, table) == 1
