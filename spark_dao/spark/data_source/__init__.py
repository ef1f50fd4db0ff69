"""The pip-only data source `format("dao")`: parquet, orc, csv, JSON lines and staged warehouses without a jar."""

from __future__ import annotations

from spark_dao.spark.data_source.registering import register_with, session_settings
from spark_dao.spark.data_source.source import DaoDataSource, make_data_source

__all__ = ["DaoDataSource", "make_data_source", "register_with", "session_settings"]
