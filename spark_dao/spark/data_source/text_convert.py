"""Columns of text converted to a declared type as Spark's csv reader does: what does not fit becomes null."""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import (
    BooleanType,
    ByteType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    TimestampNTZType,
    TimestampType,
)

from spark_dao.spark.data_source.arrow import arrow_type
from spark_dao.spark.data_source.refusals import needs_the_jar
from spark_dao.spark.data_source.text_values import parse_date, parse_timestamp

if TYPE_CHECKING:
    import pyarrow

INTEGER_BITS: dict[type[DataType], int] = {ByteType: 8, ShortType: 16, IntegerType: 32, LongType: 64}
NON_FINITE = {
    "NaN": float("nan"),
    "Inf": float("inf"),
    "-Inf": float("-inf"),
    "Infinity": float("inf"),
    "+Infinity": float("inf"),
    "-Infinity": float("-inf"),
}

_PLAIN_INTEGER = r"^-?[0-9]{1,18}$"
_PLAIN_DOUBLE = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_PLAIN_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_PLAIN_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?$"
_UTC_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?\s*")


def convert(texts: pyarrow.Array, data_type: DataType, time_zone: str) -> pyarrow.Array:
    """Convert a column.

    Args:
        texts: Strings.
        data_type: The wanted type; an atomic one.
        time_zone: Name of the zone of timestamps that name none.

    Raises:
        PlanError: The type needs the jar.

    Example:
        >>> import pyarrow
        >>> convert(pyarrow.array(["1", "x", None, "+3"]), LongType(), "UTC").to_pylist()
        [1, None, None, 3]
    """
    import pyarrow
    import pyarrow.compute

    if isinstance(data_type, StringType):
        return texts
    target = arrow_type(data_type)
    pattern = _fast_pattern(data_type, time_zone)
    if pattern is not None and pyarrow.compute.all(
        pyarrow.compute.match_substring_regex(texts, pattern), min_count=0
    ).as_py() in (True, None):
        try:
            return _cast(texts, data_type, target)
        except pyarrow.ArrowInvalid:
            # Right in form and out of range: the slow way finds which.
            pass
    parse = parser_of(data_type, time_zone)
    if parse is None:
        raise needs_the_jar(f"type {data_type.simpleString()} in text", key="schema")
    return pyarrow.array([None if text is None else parse(text) for text in texts.to_pylist()], target)


def parser_of(data_type: DataType, time_zone: str) -> Callable[[str], Any] | None:
    """Return what parses one value of a type, answering None for what does not fit; None for types not known here.

    Args:
        data_type: An atomic type.
        time_zone: Name of the zone of timestamps that name none.
    """
    if type(data_type) in INTEGER_BITS:
        bits = INTEGER_BITS[type(data_type)]
        return lambda text: _parse_integer(text, bits)
    if isinstance(data_type, DecimalType):
        return lambda text: parse_decimal(text.replace(",", ""), data_type)
    parsers: dict[type[DataType], Callable[[str], Any]] = {
        BooleanType: lambda text: {"true": True, "false": False}.get(text.lower()),
        FloatType: parse_double,
        DoubleType: parse_double,
        DateType: parse_date,
        TimestampType: lambda text: parse_timestamp(text, time_zone),
        TimestampNTZType: lambda text: parse_timestamp(text, None),
    }
    return parsers.get(type(data_type))


def parse_decimal(text: str, data_type: DecimalType) -> decimal.Decimal | None:
    """Parse a decimal, rounded half up to the type's scale; None where it does not fit.

    Example:
        >>> parse_decimal("1.005", DecimalType(5, 2)), parse_decimal("12345", DecimalType(5, 2))
        (Decimal('1.01'), None)
    """
    context = decimal.Context(prec=76, rounding=decimal.ROUND_HALF_UP)
    try:
        value = context.create_decimal(text)
        if not value.is_finite():
            return None
        rounded = value.quantize(decimal.Decimal(1).scaleb(-data_type.scale), context=context)
    except decimal.InvalidOperation:
        return None
    digits = len(rounded.as_tuple().digits)
    return rounded if digits <= data_type.precision else None


def parse_double(text: str) -> float | None:
    """Parse a floating-point number as Java's `Double.parseDouble` and Spark's names for what is not finite.

    Example:
        >>> parse_double("1.5e3"), parse_double("-Inf"), parse_double("1_000")
        (1500.0, -inf, None)
    """
    if text in NON_FINITE:
        return NON_FINITE[text]
    return float(text.strip().rstrip("dDfF")) if _DOUBLE.fullmatch(text) else None


def _fast_pattern(data_type: DataType, time_zone: str) -> str | None:
    if type(data_type) in INTEGER_BITS:
        return _PLAIN_INTEGER
    if isinstance(data_type, DoubleType):
        return _PLAIN_DOUBLE
    if isinstance(data_type, DateType):
        return _PLAIN_DATE
    if isinstance(data_type, TimestampNTZType) or (isinstance(data_type, TimestampType) and time_zone == "UTC"):
        return _PLAIN_TIMESTAMP
    return _UTC_TIMESTAMP if isinstance(data_type, TimestampType) else None


def _cast(texts: pyarrow.Array, data_type: DataType, target: pyarrow.DataType) -> pyarrow.Array:
    import pyarrow

    if isinstance(data_type, (TimestampType, TimestampNTZType)):
        if isinstance(data_type, TimestampType) and pyarrow.compute.any(pyarrow.compute.ends_with(texts, "Z")).as_py():
            return texts.cast(target)
        return texts.cast(pyarrow.timestamp("us")).cast(target)
    return texts.cast(target)


def _parse_integer(text: str, bits: int) -> int | None:
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if -(1 << (bits - 1)) <= value < 1 << (bits - 1) else None
