"""Preparing a session builder for a catalog."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from spark_dao.catalog import CatalogSource, load_declarations, merge_sources, sources_from_conf
from spark_dao.catalog.conf import conf_prefix
from spark_dao.data_store import DataStores
from spark_dao.spark.packages import (
    DELTA_CATALOG,
    DELTA_EXTENSION,
    EXCLUDES,
    S3A_CONF,
    needs_delta,
    needs_s3a,
    packages_for,
)
from spark_dao.spark.resolver.python_path import PYTHON_PATH_CONF, published_python_path


def configure(
    builder: SparkSession.Builder, catalog: CatalogSource | Sequence[CatalogSource] | None = None
) -> SparkSession.Builder:
    """Add to a session builder what the stores of a catalog need; what the user set is kept and appended to.

    Must come before the session exists: packages cannot be added to a running one. Under spark-submit the packages
    have to be in its `--packages` or `--properties-file` instead, since the JVM runs before the job's first line.

    Args:
        builder: `SparkSession.builder`, with whatever the user has set.
        catalog: The catalog: a path, several, or a dict (handed on in a file that only its owner can read). None:
            the conf on the builder decides.

    Returns:
        The same builder.

    Raises:
        CatalogError: The catalog is missing or wrong.

    Example:
        >>> builder = configure(SparkSession.builder, catalog={
        ...     "silver": {"interface_class": "FileSparkInterface", "default_configs": {"root": "file:///data"}}})
        >>> builder._options["spark.sql.python.filterPushdown.enabled"]
        'true'
    """
    conf = builder_conf(builder)
    if catalog is None:
        sources: CatalogSource | Sequence[CatalogSource] = sources_from_conf(conf)
    else:
        sources = catalog
        builder.config(conf_prefix() + "config", ",".join(_as_files(catalog)))
    stores = DataStores(load_declarations(sources))
    packages = packages_for(stores)
    if packages:
        _append(builder, conf, "spark.jars.packages", packages)
        _append(builder, conf, "spark.jars.excludes", EXCLUDES)
    defaults = {"spark.sql.python.filterPushdown.enabled": "true"}
    if needs_s3a(stores):
        defaults.update(S3A_CONF)
    if needs_delta(stores):
        _append(builder, conf, "spark.sql.extensions", (DELTA_EXTENSION,))
        defaults["spark.sql.catalog.spark_catalog"] = DELTA_CATALOG
    if "PYSPARK_PYTHON" not in os.environ:
        # Workers would run the `python3` on PATH; spark-submit goes by the conf, a plain process by the variable.
        defaults["spark.pyspark.python"] = sys.executable
        os.environ["PYSPARK_PYTHON"] = conf.get("spark.pyspark.python", sys.executable)
    # The JVM's own Python, which answers what the catalog says, imports interface classes from where the job does.
    python_path = published_python_path()
    if python_path:
        defaults[PYTHON_PATH_CONF] = python_path
    for key, value in defaults.items():
        if key not in conf:
            builder.config(key, value)
    return builder


def builder_conf(builder: SparkSession.Builder) -> dict[str, str]:
    """Collect what is set already, weakest first: spark-defaults.conf, PYSPARK_SUBMIT_ARGS, the builder.

    Spark itself would let the builder's `spark.jars.packages` replace those of the other two.
    """
    conf = _defaults_file_conf()
    conf.update(_submit_arguments_conf(os.environ.get("PYSPARK_SUBMIT_ARGS", "")))
    options: Mapping[str, Any] = builder._options
    conf.update({key: str(value) for key, value in options.items()})
    return conf


def _append(builder: SparkSession.Builder, conf: Mapping[str, str], key: str, values: Sequence[str]) -> None:
    present = [part.strip() for part in conf.get(key, "").split(",") if part.strip()]
    builder.config(key, ",".join([*present, *(value for value in values if value not in present)]))


def _as_files(catalog: CatalogSource | Sequence[CatalogSource]) -> list[str]:
    sources = [catalog] if isinstance(catalog, (Mapping, str, Path)) else list(catalog)
    return [_private_file(source) if isinstance(source, Mapping) else str(source) for source in sources]


def _private_file(source: Mapping[str, Any]) -> str:
    descriptor, name = tempfile.mkstemp(prefix="spark-dao-", suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(merge_sources(source), file, default=str)
    atexit.register(Path(name).unlink, missing_ok=True)
    return name


def _defaults_file_conf() -> dict[str, str]:
    folder = os.environ.get("SPARK_CONF_DIR") or (
        str(Path(os.environ["SPARK_HOME"]) / "conf") if "SPARK_HOME" in os.environ else None
    )
    file = Path(folder) / "spark-defaults.conf" if folder else None
    if file is None or not file.is_file():
        return {}
    pairs = (line.split(maxsplit=1) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2 and not pair[0].startswith("#")}


def _submit_arguments_conf(arguments: str) -> dict[str, str]:
    conf: dict[str, str] = {}
    words = shlex.split(arguments)
    for flag, value in itertools.pairwise(words):
        if flag == "--packages":
            conf["spark.jars.packages"] = value
        elif flag == "--exclude-packages":
            conf["spark.jars.excludes"] = value
        elif flag in {"--conf", "-c"} and "=" in value:
            key, _, setting = value.partition("=")
            conf[key] = setting
    return conf
