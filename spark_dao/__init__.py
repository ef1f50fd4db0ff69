"""A storage-agnostic data access layer that lives inside Spark.

A pipeline names what it wants (`silver.users_clean`); the catalog says where and how; Spark moves the bytes.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from spark_dao.core.dao import DataAccessObject
from spark_dao.core.jobs import run_job
from spark_dao.data_object import DataObject, TableObject
from spark_dao.data_store import DataStore, DataStoreRegistry
from spark_dao.errors import CatalogError, CommitError, InterfaceError, PlanError, RouteError, SparkDaoError

if TYPE_CHECKING:
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
    "configure",
    "register",
    "run_job",
]
_NEED_PYSPARK = {"configure": "spark_dao.spark.configure", "register": "spark_dao.spark.registration"}


def __getattr__(name: str) -> Any:
    if name in _NEED_PYSPARK:
        return getattr(importlib.import_module(_NEED_PYSPARK[name]), name)
    raise AttributeError(f"module `spark_dao` has no attribute `{name}`")
