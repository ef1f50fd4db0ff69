"""Spark sessions with the jar or without, and catalogs of the measured tables."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from spark_dao.spark.packages import DELTA_CATALOG, DELTA_EXTENSION, DELTA_PACKAGES, EXCLUDES


def start_session(
    catalog: Path, *, jar: bool = True, delta: bool = False, cores: int = 2, more: Mapping[str, str] | None = None
) -> SparkSession:
    """Start the session of this process."""
    conf = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        # Listing 365 local folders by a Spark job of as many tasks would be most of what is measured.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "4g",
        "spark.driver.host": "127.0.0.1",
        "spark.pyspark.python": sys.executable,
        "spark.sql.catalog.dao.config": str(catalog),
    }
    if jar:
        conf |= {"spark.jars": str(bridge_jar()), "spark.sql.catalog.dao": "io.sparkdao.DaoCatalog"}
    if delta:
        conf |= {
            "spark.jars.packages": ",".join(DELTA_PACKAGES),
            "spark.jars.excludes": ",".join(EXCLUDES),
            "spark.sql.extensions": DELTA_EXTENSION,
            "spark.sql.catalog.spark_catalog": DELTA_CATALOG,
        }
    conf |= more or {}
    builder = SparkSession.builder.master(f"local[{cores}]").appName("spark_dao benchmarks")
    for key, value in conf.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def bridge_jar() -> Path:
    """Find the built jar."""
    package = importlib.util.find_spec("spark_dao")
    jar = Path(str(package and package.origin)).parent / "jars" / "spark-dao-bridge.jar"
    if not jar.is_file():
        raise SystemExit("the benchmarks need the bridge's jar: make jar")
    return jar


def write_catalog(file: Path, root: Path, objects: Mapping[str, Mapping[str, Any]]) -> Path:
    """Declare one store `store` in a folder."""
    store = {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": root.as_uri()},
        "data_objects": objects,
    }
    file.write_text(json.dumps({"store": store}))
    return file


def ask(session: SparkSession, operation: str, **fields: Any) -> Any:
    """Ask the resolver, as planning does."""
    resolver = session._jvm.io.sparkdao.Resolver.of(session._jsparkSession, "dao")
    return json.loads(resolver.ask(operation, json.dumps(fields)))


def plan(frame: DataFrame) -> str:
    """The optimized and the physical plan, without expression ids and the table's name."""
    execution = frame._jdf.queryExecution()
    text = f"{execution.optimizedPlan()}\n{execution.executedPlan()}"
    text = re.sub(r"(spark_catalog\.)?`?(dao|delta)`?\.`?[\w.]+`?(\.`[^`]*`)?", "", re.sub(r"#x?\d+L?", "#", text))
    return re.sub(r"parquet +\[", "parquet[", re.sub(r"plan_id=\d+", "", text))
