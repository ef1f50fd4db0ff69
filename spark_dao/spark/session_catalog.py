"""Publishing a catalog in the conf of a session, where the bridge jar looks for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from spark_dao.catalog import CatalogSource, load_declarations, sources_from_conf
from spark_dao.catalog.conf import CATALOG, conf_prefix
from spark_dao.data_store import DataStores
from spark_dao.errors import PlanError
from spark_dao.spark.bridge_jar import CATALOG_CLASS
from spark_dao.spark.catalog_files import catalog_files
from spark_dao.spark.packages import S3A_CLASS, needs_s3a
from spark_dao.spark.resolver.python_path import PYTHON_CONF, PYTHON_PATH_CONF, published_python_path
from spark_dao.spark.running_jvm import can_load
from spark_dao.spark.sessions import is_connect, session_conf

_CATALOG_CONF = f"spark.sql.catalog.{CATALOG}"


def has_bridge(spark: Any) -> bool:
    """Tell whether a session's JVM has the bridge jar; a Connect client is told by its server's conf.

    Args:
        spark: The session.
    """
    if is_connect(spark):
        return bool(spark.conf.get(_CATALOG_CONF, None) == CATALOG_CLASS)
    return can_load(spark._jvm, CATALOG_CLASS)


def publish_catalog(spark: Any, catalog: CatalogSource | Sequence[CatalogSource] | None) -> None:
    """Put a catalog, this Python and its path into the session's conf, and name the SQL catalog if the jar is there.

    Args:
        spark: The session.
        catalog: The catalog; None: the session's conf has it.

    Raises:
        CatalogError: There is no catalog, or it is wrong.
        PlanError: A catalog was given for the server of a Spark Connect client.
    """
    if is_connect(spark):
        if catalog is not None:
            raise PlanError(
                "a Spark Connect client sends names, and the server's catalog says what they are; set "
                f"`{conf_prefix()}config` in the server's conf, and leave the catalog out here"
            )
        return
    sources = sources_from_conf(session_conf(spark)) if catalog is None else catalog
    # Imports every interface class, so that what is wrong is said before anything is set.
    uses_s3a = needs_s3a(DataStores(load_declarations(sources)))
    if catalog is not None:
        spark.conf.set(conf_prefix() + "config", catalog_files(catalog))
    _publish_python(spark)
    if uses_s3a:
        configuration = spark.sparkContext._jsc.hadoopConfiguration()
        if configuration.get("fs.s3.impl") is None:
            configuration.set("fs.s3.impl", S3A_CLASS)
    if has_bridge(spark) and spark.conf.get(_CATALOG_CONF, None) is None:
        spark.conf.set(_CATALOG_CONF, CATALOG_CLASS)


def _publish_python(spark: Any) -> None:
    if spark.conf.get(PYTHON_CONF, None) is None:
        spark.conf.set(PYTHON_CONF, sys.executable)
    present = [folder for folder in (spark.conf.get(PYTHON_PATH_CONF, None) or "").split(os.pathsep) if folder]
    # A notebook may have extended its path since the session began.
    found = [folder for folder in published_python_path().split(os.pathsep) if folder and folder not in present]
    if found:
        spark.conf.set(PYTHON_PATH_CONF, os.pathsep.join([*present, *found]))
