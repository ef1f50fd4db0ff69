"""Writing JSON lines with the text that Spark's `JacksonGenerator` writes."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    MapType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from spark_dao.spark.data_source.csv_writing import text_of

if TYPE_CHECKING:
    import pyarrow

Encoder = Callable[[Any], str]


def encoder_of(data_type: DataType, time_zone: str) -> Encoder:
    """Return what writes a value of a type as JSON.

    Args:
        data_type: The type.
        time_zone: Name of the session's time zone.

    Example:
        >>> encoder_of(StructType().add("a", "long").add("b", "double"), "UTC")({"a": None, "b": 1e10})
        '{"b":1.0E10}'
    """
    if isinstance(data_type, StructType):
        return _struct_encoder(data_type, time_zone)
    if isinstance(data_type, ArrayType):
        element = encoder_of(data_type.elementType, time_zone)
        return lambda values: f"[{','.join('null' if value is None else element(value) for value in values)}]"
    if isinstance(data_type, MapType):
        return _map_encoder(data_type, time_zone)
    if isinstance(data_type, StringType):
        return _quoted
    if isinstance(data_type, BinaryType):
        return lambda value: _quoted(base64.b64encode(value).decode())
    spell = text_of(data_type, time_zone)
    if spell is None:
        return str
    if isinstance(data_type, (FloatType, DoubleType)):
        return lambda value: spell(value) if math.isfinite(value) else _quoted(spell(value))
    if isinstance(data_type, (DateType, TimestampType, TimestampNTZType)):
        return lambda value: _quoted(spell(value))
    if not isinstance(data_type, (BooleanType, DecimalType)):
        raise TypeError(data_type.simpleString())
    return spell


class JsonLinesWriter:
    """Writes tables to one file of JSON lines; null fields are left out.

    Args:
        stream: Where the bytes go.
        schema: The columns.
        options: The plan's options by lower-cased name.
        time_zone: Name of the session's time zone.
    """

    def __init__(self, stream: Any, schema: StructType, options: Mapping[str, str], time_zone: str) -> None:
        del options
        self.stream = stream
        self.encode = encoder_of(schema, time_zone)

    def write_table(self, table: pyarrow.Table) -> None:
        """Append a table."""
        for batch in table.to_batches(max_chunksize=10_000):
            lines = "".join(f"{self.encode(row)}\n" for row in batch.to_pylist())
            self.stream.write(lines.encode())

    def close(self) -> None:
        """End the file; there is nothing to add."""


def _struct_encoder(data_type: StructType, time_zone: str) -> Encoder:
    members = [
        (field.name, f"{_quoted(field.name)}:", encoder_of(field.dataType, time_zone)) for field in data_type.fields
    ]

    def encode(row: Mapping[str, Any]) -> str:
        present = (key + member(value) for name, key, member in members if (value := row[name]) is not None)
        return f"{{{','.join(present)}}}"

    return encode


def _map_encoder(data_type: MapType, time_zone: str) -> Encoder:
    value_encoder = encoder_of(data_type.valueType, time_zone)
    spell: Callable[[Any], str] = text_of(data_type.keyType, time_zone) or str

    def encode(entries: list[tuple[Any, Any]]) -> str:
        members = (
            f"{_quoted(spell(key))}:{'null' if value is None else value_encoder(value)}" for key, value in entries
        )
        return f"{{{','.join(members)}}}"

    return encode


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
