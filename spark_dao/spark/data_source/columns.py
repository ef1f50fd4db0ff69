"""Columns by Spark's rules: declared DDL, nullability, and the place of partition columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from spark_dao.errors import PlanError
from spark_dao.plans import quoted_name

_OPENING, _CLOSING = "(<[", ")>]"
_QUOTES = "`'\""
_NOT_NULL = re.compile(r"\s+NOT\s+NULL\b", re.IGNORECASE)


def as_nullable(data_type: DataType) -> DataType:
    """Make every part of a type nullable, as Spark does with the schema of files (`StructType.asNullable`).

    Example:
        >>> from pyspark.sql.types import LongType
        >>> as_nullable(StructType([StructField("id", LongType(), False)])).fields[0].nullable
        True
    """
    if isinstance(data_type, StructType):
        return StructType([nullable_field(field) for field in data_type.fields])
    if isinstance(data_type, ArrayType):
        return ArrayType(as_nullable(data_type.elementType), True)
    if isinstance(data_type, MapType):
        return MapType(as_nullable(data_type.keyType), as_nullable(data_type.valueType), True)
    return data_type


def nullable_field(field: StructField) -> StructField:
    """Make a field and every part of it nullable."""
    return StructField(field.name, as_nullable(field.dataType), True, field.metadata)


def declared_columns(ddl: str) -> list[tuple[str, str]]:
    """Split declared DDL into columns, without parsing types: no planning worker has Spark's parser.

    Args:
        ddl: Such as ``id BIGINT, `full name` STRING NOT NULL, tags ARRAY<STRING>``.

    Returns:
        Name and definition of each column; NOT NULL is dropped, as files cannot promise it.

    Raises:
        PlanError: The text is no list of columns.

    Example:
        >>> declared_columns("id BIGINT NOT NULL, `a,b` DECIMAL(10,2), s STRUCT<x: INT, y: INT>")
        [('id', 'id BIGINT'), ('a,b', '`a,b` DECIMAL(10,2)'), ('s', 's STRUCT<x: INT, y: INT>')]
    """
    columns = []
    for definition in _split(ddl):
        text = "".join(
            part if quoted else _NOT_NULL.sub("", part) for part, quoted in _quoted_parts(definition)
        ).strip()
        match = re.match(r"`((?:[^`]|``)+)`|([^\s:`]+)", text)
        if match is None or len(text) == match.end():
            raise PlanError(f"expected columns such as `id BIGINT, name STRING`, found {ddl!r}", key="schema")
        columns.append(((match.group(1) or match.group(2)).replace("``", "`"), text))
    return columns


def with_partitions_last(
    columns: Sequence[tuple[str, str]], partition_columns: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Put partition columns behind all others, in the order of the folders; declared types win over inferred ones.

    Args:
        columns: Declared name and definition.
        partition_columns: Name and inferred definition, in the order of the folders.

    Example:
        >>> with_partitions_last([("day", "day DATE"), ("id", "id INT")], [("year", "year INT"), ("day", "day STRING")])
        [('id', 'id INT'), ('year', 'year INT'), ('day', 'day DATE')]
    """
    partitions = list(partition_columns)
    declared = {name.lower(): (name, definition) for name, definition in columns}
    names = {name.lower() for name, _ in partitions}
    last = [declared.get(name.lower(), (name, definition)) for name, definition in partitions]
    return [column for column in columns if column[0].lower() not in names] + last


def definition(name: str, data_type: DataType) -> str:
    """Return the DDL of one column.

    Example:
        >>> from pyspark.sql.types import LongType
        >>> definition("a b", LongType())
        '`a b` bigint'
    """
    return f"{quoted_name(name)} {data_type.simpleString()}"


def field_by_name(fields: Iterable[Any], name: str) -> Any | None:
    """Find a field as Spark resolves names: the same, else the same but for case.

    Args:
        fields: Anything with `name`: Spark or Arrow fields.
        name: The name wanted.
    """
    found = None
    for field in fields:
        if field.name == name:
            return field
        if found is None and field.name.lower() == name.lower():
            found = field
    return found


def _split(ddl: str) -> list[str]:
    parts: list[str] = []
    depth, start, quote = 0, 0, ""
    for position, character in enumerate(ddl):
        if quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(ddl[start:position])
            start = position + 1
    return [*parts, ddl[start:]]


def _quoted_parts(text: str) -> Iterable[tuple[str, bool]]:
    for part in re.split(r"(`[^`]*`|'[^']*'|\"[^\"]*\")", text):
        yield part, part[:1] in _QUOTES and part != ""
