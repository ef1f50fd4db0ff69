"""Nested Parquet values as the JSON that SERIALIZETOJSON makes of them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa


def json_text(value: object, kind: Any) -> str:
    """Write a value as JSON: structs and maps as objects, lists as arrays.

    SERIALIZETOJSON loads maps (awswrangler#1185); that they become objects is a guess.

    Args:
        value: The value as pyarrow gives it to Python.
        kind: Its Arrow type.

    Example:
        >>> json_text([("a", 1), ("b", None)], pa.map_(pa.string(), pa.int64()))
        '{"a": 1, "b": null}'
        >>> json_text([], pa.map_(pa.string(), pa.int64())), json_text([], pa.list_(pa.int64()))
        ('{}', '[]')
    """
    return json.dumps(_plain(value, kind), ensure_ascii=False, default=str)


def _plain(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {str(key): _plain(inner, kind.item_type) for key, inner in value}
    if pa.types.is_struct(kind):
        return {field.name: _plain(value[field.name], field.type) for field in kind}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [_plain(inner, kind.value_type) for inner in value]
    return value
