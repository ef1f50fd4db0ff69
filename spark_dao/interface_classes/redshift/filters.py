"""Which of Spark's filters Redshift may evaluate, and as what SQL.

A filter is pushed only where Redshift keeps every row that Spark would keep; Spark evaluates all filters again.
Redshift ignores trailing blanks when it compares strings (guide, "Character types") and a database may compare without
regard to case, so `=` on strings keeps too much (fine) where `<>` and ranges could keep too little (never pushed).
Floats may be compared in another width than Spark's, so only their nulls are tested.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from spark_dao.interface_classes.redshift.names import fold, quote_identifier, quote_literal
from spark_dao.interface_classes.redshift.types import Column
from spark_dao.plans import Filter

MAXIMUM_LIST = 1000

_COMPARISONS = {"=", "<", "<=", ">", ">="}
_LIKE_ESCAPE = "^"
_SMALLEST_BIGINT, _LARGEST_BIGINT = -(2**63), 2**63 - 1
_MAXIMUM_DIGITS = 38
_MAXIMUM_VARCHAR_BYTES = 65535


def conditions(filters: Iterable[Filter], columns: Sequence[Column]) -> list[str]:
    r"""Give the SQL conditions, to be joined by AND, for those filters that are safe to push.

    Args:
        filters: What Spark wants to see fulfilled.
        columns: The table's or query's columns with their Redshift types.

    Example:
        >>> columns = [Column("id", "bigint"), Column("name", "character varying(20)")]
        >>> conditions([Filter(">", "id", 5), Filter("<", "name", "m"), Filter("=", "name", "a")], columns)
        ['"id" > 5', '"name" = \'a\'']
    """
    by_name = {fold(column.name): column for column in columns}
    found: list[str] = []
    for entry in filters:
        column = by_name.get(fold(entry.column))
        condition = None if column is None else _condition(Filter(*entry), column)
        if condition is not None:
            found.append(condition)
    return found


def _condition(entry: Filter, column: Column) -> str | None:
    name = quote_identifier(column.name)
    if entry.op == "isnull":
        return f"{name} IS NULL"
    if entry.op == "isnotnull":
        return f"{name} IS NOT NULL"
    if entry.op == "startswith":
        return _prefix(name, entry.value, column.type)
    literal = _literal_writer(column.type)
    if literal is None:
        return None
    if entry.op == "in":
        return _one_of(name, entry.value, literal)
    operator = "=" if entry.op == "<=>" else entry.op
    text = column.type.startswith("character")
    if operator not in _COMPARISONS or (operator != "=" and (text or column.type == "boolean")):
        return None
    # `<=> NULL` keeps nulls, which `= NULL` would lose.
    written = None if entry.value is None else literal(entry.value)
    return None if written is None else f"{name} {operator} {written}"


def _one_of(name: str, values: Any, literal: Callable[[Any], str | None]) -> str | None:
    if not isinstance(values, (tuple, list)) or not 0 < len(values) <= MAXIMUM_LIST:
        return None
    # A null among the values never makes IN true, so leaving it out keeps the same rows.
    written = [literal(value) for value in values if value is not None]
    present = [text for text in written if text is not None]
    if not present or len(present) != len(written):
        return None
    return f"{name} IN ({', '.join(present)})"


def _prefix(name: str, value: Any, column_type: str) -> str | None:
    # CHAR is left out: whether LIKE sees its padding differs from what UNLOAD writes (a guess, so nothing is pushed).
    written = _string(value) if column_type.startswith("character varying") else None
    if written is None:
        return None
    escaped = re.sub(r"([%_^])", rf"{_LIKE_ESCAPE}\1", value)
    return f"{name} LIKE {quote_literal(escaped + '%')} ESCAPE '{_LIKE_ESCAPE}'"


def _literal_writer(column_type: str) -> Callable[[Any], str | None] | None:
    if column_type.startswith("character"):
        return _string
    if column_type.startswith("numeric"):
        return _number
    return _WRITERS.get(column_type)


def _string(value: Any) -> str | None:
    if not isinstance(value, str) or "\0" in value or "\\" in value:
        return None
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        return None
    return quote_literal(value) if size < _MAXIMUM_VARCHAR_BYTES else None


def _boolean(value: Any) -> str | None:
    return str(value).upper() if isinstance(value, bool) else None


def _whole_number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    # The smallest bigint is written as a negated literal, and that literal alone is out of range.
    return str(value) if _SMALLEST_BIGINT < value <= _LARGEST_BIGINT else None


def _number(value: Any) -> str | None:
    if isinstance(value, int):
        return _whole_number(value)
    if not isinstance(value, decimal.Decimal) or not value.is_finite():
        return None
    written = format(value, "f")
    return written if sum(letter.isdigit() for letter in written) <= _MAXIMUM_DIGITS else None


def _date(value: Any) -> str | None:
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        return None
    return f"DATE '{value.isoformat()}'"


def _instant(value: Any) -> str | None:
    if not isinstance(value, datetime.datetime) or value.utcoffset() is None:
        return None
    try:
        utc = value.astimezone(datetime.timezone.utc)
    except OverflowError:
        return None
    return f"TIMESTAMPTZ '{utc.replace(tzinfo=None).isoformat(sep=' ', timespec='microseconds')}+00'"


def _wall_clock(value: Any) -> str | None:
    if not isinstance(value, datetime.datetime) or value.tzinfo is not None:
        return None
    return f"TIMESTAMP '{value.isoformat(sep=' ', timespec='microseconds')}'"


_WRITERS: Mapping[str, Callable[[Any], str | None]] = {
    "boolean": _boolean,
    "smallint": _whole_number,
    "integer": _whole_number,
    "bigint": _whole_number,
    "date": _date,
    "timestamp with time zone": _instant,
    "timestamp without time zone": _wall_clock,
}
