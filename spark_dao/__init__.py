"""A storage-agnostic data access layer that lives inside Spark.

A pipeline names what it wants (`silver.users_clean`); the catalog says where and how; Spark moves the bytes.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_dao.core.dao import DataAccessObject
    from spark_dao.core.jobs import run_job
    from spark_dao.data_object import DataObject, TableObject
    from spark_dao.data_store import DataStore, DataStoreRegistry
    from spark_dao.errors import CatalogError, CommitError, InterfaceError, PlanError, RouteError, SparkDaoError
    from spark_dao.spark.attach import attach
    from spark_dao.spark.configure import configure
    from spark_dao.spark.registration import register

__version__ = "0.1.0"
__all__ = [
    "CatalogError",
    "CommitError",
    "DataAccessObject",
    "DataObject",
    "DataStore",
    "DataStoreRegistry",
    "InterfaceError",
    "PlanError",
    "RouteError",
    "SparkDaoError",
    "TableObject",
    "attach",
    "configure",
    "register",
    "run_job",
]

# Imported when first asked for: planning runs without pyspark, and the pytest plugin must cost its users nothing.
_MODULES = {
    "DataAccessObject": "spark_dao.core.dao",
    "DataObject": "spark_dao.data_object",
    "DataStore": "spark_dao.data_store",
    "DataStoreRegistry": "spark_dao.data_store",
    "TableObject": "spark_dao.data_object",
    "attach": "spark_dao.spark.attach",
    "configure": "spark_dao.spark.configure",
    "register": "spark_dao.spark.registration",
    "run_job": "spark_dao.core.jobs",
}


def __getattr__(name: str) -> Any:
    if name == "local":
        return importlib.import_module("spark_dao.local")
    if name not in __all__:
        raise AttributeError(f"module `spark_dao` has no attribute `{name}`")
    value = getattr(importlib.import_module(_MODULES.get(name, "spark_dao.errors")), name)
    globals()[name] = value
    return value
