"""Which files make up an object, and the partition values in their paths, by Spark's rules.

Source of the rules: Spark's `PartitioningUtils` and `PartitioningAwareFileIndex`, Hive's `FileUtils.escapePathName`.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    NullType,
    StringType,
    TimestampNTZType,
    TimestampType,
)

from spark_dao.errors import PlanError
from spark_dao.plans import FileStorage
from spark_dao.spark.data_source.globs import expand
from spark_dao.spark.data_source.text_values import parse_date, parse_timestamp
from spark_dao.spark.publish_paths import EMPTY_PARTITION, is_visible, relative_to

_UNESCAPED = re.compile(r"%([0-9a-fA-F]{2})")
_ESCAPED = re.compile("[\x01-\x1f\x7f\"#%'*/:=?\\\\{\\[\\]^]")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_DOUBLE = re.compile(r"[\x00-\x20]*[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?)[\x00-\x20]*")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class DataFile:
    """One file of an object.

    Attributes:
        path: URI.
        bytes: Size in bytes.
        partition: Partition column to value as the folder spells it, escapes undone; None for null.
    """

    path: str
    bytes: int
    partition: Mapping[str, str | None]


def discover(
    storage: FileStorage, paths: Sequence[str], *, recursive: bool = False, base_path: str | None = None
) -> list[DataFile]:
    """List the files that Spark would read from some paths.

    Args:
        storage: The storage that holds them.
        paths: Folders, files, or patterns as Hadoop's globbing takes them.
        recursive: Spark's `recursiveFileLookup`: every file below, and no partition columns.
        base_path: Spark's `basePath`: the folder below which path segments are partition values.

    Raises:
        PlanError: A path does not exist, or the folders disagree about partition columns.
    """
    found: list[DataFile] = []
    layouts: dict[tuple[str, tuple[str, ...]], str] = {}
    for path in paths:
        for root, listed in expand(storage, path):
            base = (base_path or root).rstrip("/")
            for file in listed:
                inside = relative_to(root, file.path) if file.path != root else ""
                if not is_visible(inside or file.path.rpartition("/")[2]):
                    continue
                folders = file.path[len(base) + 1 :].split("/")[:-1] if file.path.startswith(f"{base}/") else []
                rest, values = ("", {}) if recursive else _partition_of(folders)
                if values:
                    layouts.setdefault((f"{base}/{rest}", tuple(name.lower() for name in values)), file.path)
                elif "/" in inside and not recursive:
                    # Spark reads a plain folder's own files, not those of folders in it that are no partitions.
                    continue
                found.append(DataFile(file.path, file.bytes, values))
    if len(layouts) > 1:
        examples = " and ".join(sorted(layouts.values())[:2])
        raise PlanError(f"expected one layout of partition folders, found {examples}", key="path")
    return [file for file in found if file.partition] if layouts else found


def partition_columns(files: Iterable[DataFile], *, ntz: bool = False) -> dict[str, DataType]:
    """Infer the partition columns and their types from the folders' names, as Spark does.

    Args:
        files: The files of the object.
        ntz: Whether the session's timestamp type is `TIMESTAMP_NTZ`.

    Example:
        >>> {name: str(kind) for name, kind in partition_columns([DataFile("f", 1, {"day": "2025-01-07"})]).items()}
        {'day': 'DateType()'}
    """
    types: dict[str, DataType] = {}
    for values in {tuple(file.partition.items()) for file in files}:
        for name, value in values:
            inferred = infer_type(value, ntz=ntz)
            types[name] = wider_type(types[name], inferred) if name in types else inferred
    return types


def infer_type(value: str | None, *, ntz: bool = False) -> DataType:
    """Infer the type of one partition value (`PartitioningUtils.inferPartitionColumnValue`).

    Example:
        >>> [infer_type(value).simpleString() for value in ("007", "3000000000", "1.5", "2025-01-07", "x")]
        ['int', 'bigint', 'double', 'date', 'string']
    """
    if value is None:
        return NullType()
    if _INTEGER.fullmatch(value):
        number = int(value)
        if -(2**31) <= number < 2**31:
            return IntegerType()
        if -(2**63) <= number < 2**63:
            return LongType()
    if _DECIMAL.fullmatch(value):
        _, places, exponent = decimal.Decimal(value).as_tuple()
        if isinstance(exponent, int) and exponent >= 0:
            digits = len(places) + exponent
            return DecimalType(digits, 0) if digits <= 38 else DoubleType()
    if _DOUBLE.fullmatch(value):
        return DoubleType()
    if _TIMESTAMP.fullmatch(value) and parse_timestamp(value, "UTC") is not None:
        return TimestampNTZType() if ntz else TimestampType()
    if _DATE.fullmatch(value) and parse_date(value) is not None:
        return DateType()
    return StringType()


def wider_type(first: DataType, second: DataType) -> DataType:
    """Find the type that holds the partition values of two types (`findWiderTypeForPartitionColumn`).

    Example:
        >>> wider_type(IntegerType(), LongType()).simpleString(), wider_type(LongType(), DoubleType()).simpleString()
        ('bigint', 'string')
    """
    if first == second or isinstance(second, NullType):
        return first
    if isinstance(first, NullType):
        return second
    kinds = {type(first), type(second)}
    if kinds == {IntegerType, LongType}:
        return LongType()
    if kinds == {IntegerType, DoubleType}:
        return DoubleType()
    if kinds == {DateType, TimestampType}:
        return TimestampType()
    if kinds == {DateType, TimestampNTZType}:
        return TimestampNTZType()
    if DecimalType in kinds and kinds <= {DecimalType, IntegerType, LongType}:
        digits = [kind.precision if isinstance(kind, DecimalType) else 20 for kind in (first, second)]
        return DecimalType(min(38, max(digits)), 0)
    return StringType()


def partition_value(text: str | None, data_type: DataType, time_zone: str) -> Any:
    """Convert a partition value to a column's type.

    Args:
        text: The value as the folder spells it, escapes undone.
        data_type: The column's type.
        time_zone: Name of the session's time zone.

    Raises:
        PlanError: The value is none of that type.

    Example:
        >>> partition_value("2025-01-07", DateType(), "UTC")
        datetime.date(2025, 1, 7)
    """
    if text is None or isinstance(data_type, NullType):
        return None
    value: Any = None
    try:
        if isinstance(data_type, StringType):
            value = text
        elif isinstance(data_type, BooleanType):
            value = {"true": True, "false": False}.get(text.strip().lower())
        elif isinstance(data_type, (FloatType, DoubleType)):
            value = float(text.strip().rstrip("dDfF"))
        elif isinstance(data_type, DecimalType):
            value = decimal.Decimal(text).quantize(decimal.Decimal(1).scaleb(-data_type.scale))
        elif isinstance(data_type, DateType):
            value = parse_date(text)
        elif isinstance(data_type, TimestampType):
            value = _moment(parse_timestamp(text, time_zone), datetime.timezone.utc)
        elif isinstance(data_type, TimestampNTZType):
            value = _moment(parse_timestamp(text, "UTC"), None)
        else:
            value = int(text)
    except (ValueError, OverflowError, decimal.InvalidOperation):
        value = None
    if value is None:
        raise PlanError(f"expected a partition value of type {data_type.simpleString()}, found {text!r}", key="schema")
    return value


def _moment(microseconds: int | None, zone: datetime.timezone | None) -> datetime.datetime | None:
    if microseconds is None:
        return None
    return datetime.datetime(1970, 1, 1, tzinfo=zone) + datetime.timedelta(microseconds=microseconds)


def escape_name(text: str) -> str:
    """Escape a partition column or value for a folder's name (Hive's `escapePathName`).

    Example:
        >>> escape_name("a/b: 100%")
        'a%2Fb%3A 100%25'
    """
    return _ESCAPED.sub(lambda match: f"%{ord(match.group()):02X}", text)


def unescape_name(text: str) -> str:
    """Undo `escape_name`.

    Example:
        >>> unescape_name("a%2Fb%3A 100%25")
        'a/b: 100%'
    """
    return _UNESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)


def _partition_of(folders: Sequence[str]) -> tuple[str, dict[str, str | None]]:
    values: dict[str, str | None] = {}
    rest = list(folders)
    while rest and "=" in rest[-1].strip("="):
        name, _, value = rest.pop().partition("=")
        text = unescape_name(value)
        values[unescape_name(name)] = None if text == EMPTY_PARTITION else text
    return "/".join(rest), dict(reversed(values.items()))
