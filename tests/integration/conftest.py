"""What the integration tests share: one Spark session per pytest worker."""

from __future__ import annotations

import os
import sys

import pytest
from pyspark.sql import SparkSession

from spark_dao.spark.packages import (
    AVRO_PACKAGES,
    DELTA_CATALOG,
    DELTA_EXTENSION,
    DELTA_PACKAGES,
    EXCLUDES,
    S3A_CONF,
    S3A_PACKAGES,
)

CONF = {
    **S3A_CONF,
    "spark.jars.packages": ",".join((*S3A_PACKAGES, *DELTA_PACKAGES, *AVRO_PACKAGES)),
    "spark.jars.excludes": ",".join(EXCLUDES),
    "spark.sql.extensions": DELTA_EXTENSION,
    "spark.sql.catalog.spark_catalog": DELTA_CATALOG,
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    # Of tests that last seconds, a good part would go into optimising their code.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.python.filterPushdown.enabled": "true",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    # As `configure` does: workers would run the `python3` on PATH, which may not have spark_dao.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").appName("spark_dao tests")
    for key, value in CONF.items():
        builder = builder.config(key, value)
    session = builder.config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse"))).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
