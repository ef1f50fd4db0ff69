"""Reading JSON lines as Spark's `JacksonParser` does: what does not fit its column becomes null."""

from __future__ import annotations

import base64
import binascii
import datetime
import io
import json
import re
from collections.abc import Callable, Iterator
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
    LongType,
    MapType,
    StringType,
    StructType,
    TimestampType,
)

from spark_dao.plans import FileStorage
from spark_dao.spark.data_source.arrow import arrow_schema
from spark_dao.spark.data_source.columnar import Split
from spark_dao.spark.data_source.refusals import needs_the_jar
from spark_dao.spark.data_source.text import TextFormat, lines_of
from spark_dao.spark.data_source.text_convert import INTEGER_BITS, parse_decimal, parser_of

if TYPE_CHECKING:
    import pyarrow

Converter = Callable[[Any], Any]

_EPOCH = datetime.date(1970, 1, 1)
_DAYS = re.compile(r"[+-]?[0-9]{1,9}")
_MICROSECONDS = 1_000_000
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")
_SINGLE_QUOTED = re.compile(r"[\[{,:]\s*'")
_NON_FINITE = {
    "NaN": float("nan"),
    "INF": float("inf"),
    "+INF": float("inf"),
    "-INF": float("-inf"),
    "Infinity": float("inf"),
    "+Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


class _MalformedRecord(Exception):
    """A value that Jackson's parser itself refuses, by which Spark loses the whole record."""


class _Number(str):
    """A JSON number in its own spelling."""

    __slots__ = ()


def read_json_lines(
    storage: FileStorage, split: Split, text: TextFormat, schema: StructType
) -> Iterator[pyarrow.RecordBatch]:
    """Read a split of a file of JSON lines.

    Args:
        storage: The storage that holds the file.
        split: What to read.
        text: How to read it.
        schema: The wanted columns.

    Yields:
        Batches with the names and types of the schema.

    Raises:
        PlanError: Something that only Spark's own parser reads the same.
    """
    import pyarrow

    target = arrow_schema(schema)
    convert = converter_of(schema, text.time_zone)
    simple = all(_is_simple(field.dataType) for field in schema.fields)
    for block in lines_of(storage, split):
        table = _by_pyarrow(block, target) if simple else None
        if table is not None:
            yield from table.to_batches()
            continue
        values = [value for line in block.decode("utf-8", errors="replace").split("\n") for value in parse(line)]
        yield pyarrow.RecordBatch.from_pylist([_row(convert, value) for value in values], schema=target)


def parse(line: str) -> list[Any]:
    """Parse one line into its records: one, those of an array, none for a blank line, None where it is no JSON.

    Raises:
        PlanError: Quotes are single ones, which Spark accepts.

    Example:
        >>> parse('{"a": 1}'), parse("  "), parse('{"a":')
        ([{'a': '1'}], [], [None])
    """
    stripped = line.strip()
    if not stripped:
        return []
    try:
        value, _ = _DECODER.raw_decode(stripped)
    except ValueError:
        if _SINGLE_QUOTED.search(stripped):
            raise needs_the_jar("reading JSON with single quotes") from None
        return [None]
    if isinstance(value, list):
        return [entry if isinstance(entry, dict) else None for entry in value]
    return [value if isinstance(value, dict) else None]


def converter_of(data_type: DataType, time_zone: str) -> Converter:
    """Return what converts a parsed value to a column's type; it answers None for what does not fit.

    Args:
        data_type: The type.
        time_zone: Name of the zone of timestamps that name none.

    Raises:
        PlanError: The type needs the jar.
    """
    if isinstance(data_type, StructType):
        members = [(field.name, converter_of(field.dataType, time_zone)) for field in data_type.fields]
        return lambda value: (
            {name: None if (found := value.get(name)) is None else member(found) for name, member in members}
            if isinstance(value, dict)
            else None
        )
    if isinstance(data_type, ArrayType):
        element = converter_of(data_type.elementType, time_zone)
        return lambda value: (
            [None if entry is None else element(entry) for entry in value] if isinstance(value, list) else None
        )
    if isinstance(data_type, MapType) and isinstance(data_type.keyType, StringType):
        member = converter_of(data_type.valueType, time_zone)
        return lambda value: (
            [(key, None if entry is None else member(entry)) for key, entry in value.items()]
            if isinstance(value, dict)
            else None
        )
    if isinstance(data_type, StringType):
        return _to_string
    if isinstance(data_type, BooleanType):
        return lambda value: value if isinstance(value, bool) else None
    if isinstance(data_type, BinaryType):
        return _to_bytes
    return _atomic_converter(data_type, time_zone)


def _atomic_converter(data_type: DataType, time_zone: str) -> Converter:
    parse_text = parser_of(data_type, time_zone)
    if parse_text is None:
        raise needs_the_jar(f"type {data_type.simpleString()} in JSON", key="schema")
    if type(data_type) in INTEGER_BITS:
        return lambda value: parse_text(value) if isinstance(value, _Number) else None
    if isinstance(data_type, (FloatType, DoubleType)):
        return lambda value: (
            float(value) if isinstance(value, _Number) else _NON_FINITE.get(value) if isinstance(value, str) else None
        )
    if isinstance(data_type, DecimalType):
        return lambda value: parse_decimal(value.replace(",", ""), data_type) if isinstance(value, str) else None
    if isinstance(data_type, DateType):
        return lambda value: (
            parse_text(value) or _day(value) if isinstance(value, str) and not isinstance(value, _Number) else None
        )
    if isinstance(data_type, TimestampType):
        return lambda value: (
            _instant(value) if isinstance(value, _Number) else parse_text(value) if isinstance(value, str) else None
        )
    return lambda value: parse_text(value) if isinstance(value, str) and not isinstance(value, _Number) else None


def _row(convert: Converter, value: Any) -> Any:
    try:
        return convert(value) or {}
    except _MalformedRecord:
        return {}


def _to_string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        raise needs_the_jar("reading nested JSON into a string column", key="schema")
    return str(value)


def _to_bytes(value: Any) -> bytes | None:
    if not isinstance(value, str) or isinstance(value, _Number):
        return None
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        if _BASE64.fullmatch(value):
            # Text that ends too early Jackson's parser takes for the end of the record.
            raise _MalformedRecord from None
        return None


def _instant(value: _Number) -> int | None:
    return int(value) * _MICROSECONDS if value.lstrip("-").isdigit() else None


def _day(text: str) -> datetime.date | None:
    """Read a count of days since 1970, which the first releases of Spark wrote for a date."""
    try:
        return _EPOCH + datetime.timedelta(days=int(text)) if _DAYS.fullmatch(text) else None
    except OverflowError:
        return None


def _is_simple(data_type: DataType) -> bool:
    if isinstance(data_type, StructType):
        return all(_is_simple(field.dataType) for field in data_type.fields)
    if isinstance(data_type, ArrayType):
        return _is_simple(data_type.elementType)
    return type(data_type) in (LongType, DoubleType, StringType, BooleanType)


def _by_pyarrow(block: bytes, target: pyarrow.Schema) -> pyarrow.Table | None:
    """Read a block by pyarrow; None where it holds anything that Spark reads in a way of its own."""
    import pyarrow
    import pyarrow.json

    lines = sum(1 for line in block.split(b"\n") if line.strip())
    if lines == 0 or not target.names:
        return None
    try:
        table = pyarrow.json.read_json(
            io.BytesIO(block),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pyarrow.json.ParseOptions(explicit_schema=target, unexpected_field_behavior="ignore"),
        )
    except pyarrow.ArrowInvalid:
        return None
    return table if table.num_rows == lines else None


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=str)
