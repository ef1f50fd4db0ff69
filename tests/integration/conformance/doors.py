"""The doors of the conformance suite: ways into the same room."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from pyspark.errors import AnalysisException

from spark_dao import DataAccessObject
from spark_dao.core.jobs import message_of

BATCH_OPTION = {"dao": "batch_id", "format": "batchId", "sql": "batchId"}


@dataclasses.dataclass(frozen=True)
class Door:
    """One way in: reads by name, writes by name and mode, and shows errors as its users see them."""

    name: str
    spark: Any
    dao: DataAccessObject

    def read(self, name: str, **options: Any):
        if self.name == "dao":
            return self.dao.read(name, **options)
        if self.name == "sql":
            return self.spark.sql(f"SELECT * FROM {identifier(name)}{_with(options)}")
        return self.spark.read.format("dao").options(**options).load(name)

    def write(self, data, name: str, mode: str, **options: Any) -> None:
        if self.name == "dao":
            self.dao.write(data, name, mode=mode, **options)
        elif self.name == "sql":
            self._insert(data, name, mode, options)
        else:
            data.write.format("dao").mode(mode).options(**options).save(name)

    def error(self, action) -> str:
        with pytest.raises(Exception) as caught:
            action()
        message = message_of(caught.value)
        if message is None and isinstance(caught.value, AnalysisException):
            message = str(caught.value)
        assert message is not None, f"not one of our errors: {caught.value!r}"
        return message.splitlines()[0]

    def _insert(self, data, name: str, mode: str, options: dict[str, Any]) -> None:
        data.createOrReplaceTempView("conformance_rows")
        table = identifier(name)
        if self.spark.catalog.tableExists(table):
            verb = {"append": "INTO", "overwrite": "OVERWRITE"}[mode]
            self.spark.sql(f"INSERT {verb} {table}{_with(options)} BY NAME SELECT * FROM conformance_rows")
        else:
            self.spark.sql(f"CREATE TABLE {table} AS SELECT * FROM conformance_rows")


def identifier(name: str) -> str:
    """Quote a name so that its parts, joined by dots, are the name again, whatever it holds."""
    store, _, rest = name.partition(".")
    return ".".join(f"`{part}`" for part in ("dao", store, rest) if part)


def _with(options: dict[str, Any]) -> str:
    said = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
    return f" WITH ({said})" if said else ""
