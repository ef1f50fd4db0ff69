"""What the DataAccessObject needs of a Spark DataFrame, without importing Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_dao.core.planner import write_mode
from spark_dao.data_object import DataObject
from spark_dao.plans import Filter, fields_from_spark_json


def is_dataframe(data: Any) -> bool:
    """Tell a Spark DataFrame, classic or of Spark Connect, from other data."""
    return hasattr(data, "write") and hasattr(getattr(data, "schema", None), "json")


def read_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with which a plan reads all that its rows are narrowed by.

    Args:
        arguments: What the caller said; `columns` and `filters` are completed.

    Example:
        >>> read_arguments({"columns": ["name"], "filters": [("=", "id", 1)]})["columns"]
        ['name', 'id']
    """
    filters = [Filter(*each) for each in arguments.get("filters") or ()]
    completed = {**arguments, "filters": filters} if filters else dict(arguments)
    if arguments.get("columns") is not None:
        columns: dict[str, str] = {}
        for column in [*arguments["columns"], *(condition.column for condition in filters)]:
            columns.setdefault(column.lower(), column)
        completed["columns"] = list(columns.values())
    return completed


def keyed_write(data: Any, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a write that matches rows by their keys.

    Args:
        data: The DataFrame.
        operation: `upsert` or `delete`.
        arguments: What else the caller said.
    """
    schema = fields_from_spark_json(data.schema.json())
    return {**arguments, "schema": schema, "mode": "append", "operation": operation}


def write_arguments(action: str, data_object: DataObject, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that routing would see of a call with a DataFrame in `data`.

    Args:
        action: `write` or `upsert`.
        data_object: The object concerned.
        arguments: What the caller said.
    """
    others = {name: value for name, value in arguments.items() if name not in {"data", "mode"}}
    if action == "upsert":
        return keyed_write(arguments["data"], action, others)
    schema = fields_from_spark_json(arguments["data"].schema.json())
    return {**others, "schema": schema, "mode": write_mode(data_object, arguments.get("mode"), arguments)}
