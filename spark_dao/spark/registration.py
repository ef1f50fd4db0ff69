"""Making `format("dao")` known to a session without the bridge jar."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from spark_dao.catalog import CatalogSource, load_declarations, merge_sources, sources_from_conf
from spark_dao.spark.data_source import make_data_source, register_with, session_settings
from spark_dao.spark.session_catalog import has_bridge, publish_catalog
from spark_dao.spark.sessions import is_connect, session_conf


def register(spark: Any, catalog: CatalogSource | Sequence[CatalogSource] | None = None) -> None:
    """Register the Python data source `dao` with a session; the catalog is captured now.

    For platforms that take no jars: parquet, orc, csv, JSON lines and staged warehouses, append and overwrite, at
    about half of native speed. Where the session's JVM has the bridge jar, Spark would take that one's data source
    before any of Python, so this does what `attach` does. A thread other than the one that made the session registers
    anew before it writes: Spark finds no Python source there else.

    Args:
        spark: The session.
        catalog: The catalog; None: the session's conf decides.

    Raises:
        CatalogError: The session has no catalog, or it is wrong.
        PlanError: A catalog was given to a Spark Connect client whose server has one.

    Example:
        ```python
        spark_dao.register(spark)
        spark.read.format("dao").load("silver.users_clean")
        ```
    """
    if has_bridge(spark):
        publish_catalog(spark, catalog)
        return
    sources = sources_from_conf(session_conf(spark)) if catalog is None else catalog
    declarations = merge_sources(sources)
    load_declarations(declarations)
    spark.conf.set("spark.sql.python.filterPushdown.enabled", "true")
    _let_workers_run_this_python(spark)
    register_with(spark, make_data_source(declarations, **session_settings(spark)))


def _let_workers_run_this_python(spark: Any) -> None:
    """Have the workers of a local session run the driver's Python unless somebody chose another.

    A session that `configure` did not prepare would run whatever `python3` is on PATH, without spark_dao in it.
    """
    if "PYSPARK_PYTHON" in os.environ or is_connect(spark) or not spark.sparkContext.master.startswith("local"):
        return
    spark.sparkContext.pythonExec = spark.conf.get("spark.pyspark.python", sys.executable)
