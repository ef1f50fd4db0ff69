"""Preparing a session builder for a catalog."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession

from spark_dao.catalog import CatalogSource, load_declarations, sources_from_conf
from spark_dao.catalog.conf import CATALOG, conf_prefix
from spark_dao.data_store import DataStores
from spark_dao.errors import PlanError
from spark_dao.spark.bridge_jar import CATALOG_CLASS, bridge_jar
from spark_dao.spark.builder_conf import append_conf, builder_conf
from spark_dao.spark.catalog_files import catalog_files
from spark_dao.spark.packages import (
    CONNECT_CONF,
    DELTA_CATALOG,
    DELTA_EXTENSION,
    EXCLUDES,
    S3A_CLASS,
    S3A_CONF,
    needs_delta,
    needs_s3a,
    packages_for,
)
from spark_dao.spark.resolver.python_path import PYTHON_CONF, PYTHON_PATH_CONF, published_python_path
from spark_dao.spark.running_jvm import can_load, running_jvm


def configure(
    builder: SparkSession.Builder, catalog: CatalogSource | Sequence[CatalogSource] | None = None
) -> SparkSession.Builder:
    """Add to a session builder what the stores of a catalog need; what the user set is kept and appended to.

    That is the catalog, the bridge jar (appended to `spark.jars`, with `spark.sql.catalog.dao`, where the package
    carries it: every wheel does), the Maven packages of S3A, Delta and Avro, and the driver's Python.

    A JVM that runs already takes neither jars nor packages: under spark-submit they belong into `--jars`, `--packages`
    or `--properties-file`; in a notebook the kernel must be started anew. `configure` then sets what can still be
    set, and warns of what the JVM lacks.

    Args:
        builder: `SparkSession.builder`, with whatever the user has set.
        catalog: The catalog: a path, several, or a dict (handed on in a file that only its owner can read). None:
            the conf on the builder decides.

    Returns:
        The same builder.

    Raises:
        CatalogError: The catalog is missing or wrong.
        PlanError: The builder is that of a Spark Connect client, which has no JVM.

    Example:
        >>> builder = configure(SparkSession.builder, catalog={
        ...     "silver": {"interface_class": "FileSparkInterface", "default_configs": {"root": "file:///data"}}})
        >>> builder._options["spark.sql.python.filterPushdown.enabled"]
        'true'
    """
    jvm = running_jvm()
    conf = builder_conf(builder, jvm)
    _refuse_connect(conf)
    if catalog is None:
        sources: CatalogSource | Sequence[CatalogSource] = sources_from_conf(conf)
    else:
        sources = catalog
        builder.config(conf_prefix() + "config", catalog_files(catalog))
    stores = DataStores(load_declarations(sources))
    if jvm is None:
        _add_jars(builder, conf, stores)
    else:
        _warn_of_missing_jars(jvm, stores)
    for key, value in _defaults(builder, conf, stores, jvm).items():
        if key not in conf:
            builder.config(key, value)
    return builder


def _refuse_connect(conf: dict[str, str]) -> None:
    remote = conf.get("spark.remote") or os.environ.get("SPARK_REMOTE", "")
    if remote.startswith("sc://"):
        raise PlanError(
            "`configure` prepares Spark's JVM, and a Spark Connect client has none: start the server with the bridge "
            "jar and the catalog in its conf; the client needs nothing but `SparkSession.builder.remote(…)`"
        )


def _add_jars(builder: SparkSession.Builder, conf: dict[str, str], stores: DataStores) -> None:
    packages = packages_for(stores)
    if packages:
        append_conf(builder, conf, "spark.jars.packages", packages)
        append_conf(builder, conf, "spark.jars.excludes", EXCLUDES)
    jar = bridge_jar()
    if jar is not None:
        append_conf(builder, conf, "spark.jars", (str(jar),))


def _warn_of_missing_jars(jvm: Any, stores: DataStores) -> None:
    needed = {CATALOG_CLASS: 'the bridge jar (SQL, and `format("dao")` without `register`)'} if bridge_jar() else {}
    if needs_s3a(stores):
        needed[S3A_CLASS] = "the S3A packages"
    if needs_delta(stores):
        needed[DELTA_EXTENSION] = "Delta's packages"
    missing = [what for name, what in needed.items() if not can_load(jvm, name)]
    if missing:
        warnings.warn(
            f"Spark's JVM runs already and lacks {' and '.join(missing)}, which cannot be added to it; call "
            '`configure` before anything starts Spark, or start it with `spark-submit --jars "$(spark-dao jar)" '
            "--properties-file conf/spark-defaults.conf`",
            stacklevel=3,
        )


def _defaults(builder: SparkSession.Builder, conf: dict[str, str], stores: DataStores, jvm: Any) -> dict[str, str]:
    defaults = {"spark.sql.python.filterPushdown.enabled": "true", **CONNECT_CONF}
    if bridge_jar() if jvm is None else can_load(jvm, CATALOG_CLASS):
        defaults[f"spark.sql.catalog.{CATALOG}"] = CATALOG_CLASS
    if needs_s3a(stores):
        defaults.update(S3A_CONF)
    if needs_delta(stores) and (jvm is None or can_load(jvm, DELTA_EXTENSION)):
        append_conf(builder, conf, "spark.sql.extensions", (DELTA_EXTENSION,))
        defaults["spark.sql.catalog.spark_catalog"] = DELTA_CATALOG
    if "PYSPARK_PYTHON" not in os.environ:
        # Workers would run the `python3` on PATH; spark-submit goes by the conf, a plain process by the variable.
        defaults["spark.pyspark.python"] = sys.executable
        os.environ["PYSPARK_PYTHON"] = conf.get("spark.pyspark.python", sys.executable)
    # The JVM's own Python, which answers what the catalog says, is the driver's, and imports from where the job does.
    defaults[PYTHON_CONF] = sys.executable
    python_path = published_python_path()
    if python_path:
        defaults[PYTHON_PATH_CONF] = python_path
    return defaults
