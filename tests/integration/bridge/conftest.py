"""A Spark session with the built jar and nothing else of the source tree's JVM side."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

from spark_dao.local import LocalStack
from spark_dao.spark.packages import (
    AVRO_PACKAGES,
    DELTA_CATALOG,
    DELTA_EXTENSION,
    DELTA_PACKAGES,
    EXCLUDES,
    S3A_PACKAGES,
)

from .crashing_files import CrashingStore, crashing_store
from .warehouse import Warehouse

FILE_FORMATS = ("parquet", "csv", "json", "orc")
ROWS = [(0, "n0", 0), (1, "n1", 1), (2, "n2", 2), (3, "n3", 0), (4, "n4", 1), (5, "n5", 2)]
SCHEMA = "id long, name string, k int"


def bridge_jar() -> Path:
    found = importlib.util.find_spec("spark_dao")
    assert found is not None
    assert found.origin is not None
    jar = Path(found.origin).parent / "jars" / "spark-dao-bridge.jar"
    assert jar.is_file(), "the tests of the bridge need its jar: make jar"
    return jar


@pytest.fixture(scope="package")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    # One JVM can have the jar from its start or never, and the other integration tests must not have it.
    assert SparkContext._active_spark_context is None, "run the bridge's tests before, or apart from, the other ones"
    conf = {
        "spark.jars": str(bridge_jar()),
        "spark.jars.packages": ",".join((*S3A_PACKAGES, *DELTA_PACKAGES, *AVRO_PACKAGES)),
        "spark.jars.excludes": ",".join(EXCLUDES),
        "spark.sql.extensions": DELTA_EXTENSION,
        "spark.sql.catalog.spark_catalog": DELTA_CATALOG,
        "spark.sql.catalog.dao": "io.sparkdao.DaoCatalog",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "2g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.pyspark.python": sys.executable,
    }
    builder = SparkSession.builder.master("local[2]").appName("spark_dao bridge tests")
    for key, value in conf.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()
    gateway = SparkContext._gateway
    assert gateway is not None
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(60)
    SparkContext._gateway = SparkContext._jvm = None


@pytest.fixture(autouse=True)
def conf_of_one_test(spark: SparkSession) -> Iterator[None]:
    """Undo what a test sets, so that none depends on which ones ran before it on its worker."""
    before = dict(spark.conf.getAll)
    yield
    after = dict(spark.conf.getAll)
    for key in after.keys() - before.keys():
        spark.conf.unset(key)
    for key, value in before.items():
        if after.get(key) != value:
            spark.conf.set(key, value)


Declare = Callable[..., Path]


@pytest.fixture
def declare(spark: SparkSession, tmp_path: Path) -> Declare:
    """Make this test's catalog the session's: stores `silver` and `gold` in folders of its own."""

    def declared(**objects: Mapping[str, Any]) -> Path:
        stores = {
            name: {
                "interface_class": "FileSparkInterface",
                "default_configs": {"root": (tmp_path / name).as_uri()},
                "data_objects": objects if name == "silver" else {},
            }
            for name in ("silver", "gold")
        }
        file = tmp_path / "catalog.json"
        file.write_text(json.dumps(stores))
        spark.conf.set("spark.sql.catalog.dao.config", str(file))
        return tmp_path / "silver"

    declared()
    return declared


@pytest.fixture
def data(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(ROWS, SCHEMA).coalesce(1)


@pytest.fixture
def crashing(spark: SparkSession, tmp_path: Path) -> Iterator[CrashingStore]:
    """Make two stores of files the session's: `plain`, and `crashing`, which fails where the test says so."""
    spark.conf.set("spark.sql.catalog.dao.config", str(crashing_store(tmp_path)))
    spark.conf.set("spark.dao.pythonPath", f"{tmp_path}:{Path(sys.modules['spark_dao'].__path__[0]).parent}")
    yield CrashingStore(tmp_path)
    spark.conf.unset("spark.dao.pythonPath")


@pytest.fixture
def warehouse(spark: SparkSession, local_stack: LocalStack, tmp_path: Path) -> Warehouse:
    """Make stores of this test's own in the local stack the session's, which knows them by conf alone."""
    made = Warehouse(local_stack)
    spark.conf.set("spark.sql.catalog.dao.config", str(made.catalog(tmp_path / "catalog.json")))
    return made


@pytest.fixture
def declare_in_s3(spark: SparkSession, warehouse: Warehouse, tmp_path: Path) -> Callable[..., None]:
    """Do as `declare` does, with store `silver` in a bucket of this test's own."""

    def declared(**objects: Mapping[str, Any]) -> None:
        file = tmp_path / "in_s3.json"
        stores = json.loads(warehouse.catalog(file).read_text())
        stores["silver"]["data_objects"] = objects
        file.write_text(json.dumps(stores))
        spark.conf.set("spark.sql.catalog.dao.config", str(file))

    return declared


def rows(frame: DataFrame) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in frame.select("id", "name", "k").collect())


def plans(frame: DataFrame) -> str:
    """The optimized and the physical plan, without expression ids and without a catalog table's name."""
    execution = frame._jdf.queryExecution()
    text = f"{execution.optimizedPlan()}\n{execution.executedPlan()}"
    return re.sub(r"dao\.silver\.\w+", "", re.sub(r"#\d+L?|plan_id=\d+", "#", text)).replace("parquet [", "parquet[")


def session_tables(spark: SparkSession) -> list[str]:
    """Tables of Spark's own catalog, where nothing of dao's may end up."""
    return [row.tableName for row in spark.sql("SHOW TABLES IN spark_catalog.default").collect() if not row.isTemporary]
