"""Spark's types in Redshift's words, and back.

Sources: Redshift guide, "Data types" and "COPY from columnar data formats"; Spark `DataType.json`. What Redshift lacks
is refused by column name before anything is staged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift.names import column_name_faults, fold
from spark_dao.plans import SchemaField, quoted_name

MAXIMUM_VARCHAR_BYTES = 65535
MAXIMUM_PRECISION = 38

#: A numeric without precision (an aggregate in PostgreSQL) is read as this type; Redshift always says the precision.
UNBOUNDED_NUMERIC_AS = "numeric(38,10)"

#: The type of nested columns, which COPY fills from Parquet's own nesting (`SERIALIZETOJSON`).
SUPER = "super"
_NOT_IN_SUPER = frozenset({"binary", "variant", "void"})

_DECIMAL = re.compile(r"decimal\((\d+),\s*(-?\d+)\)")
_TEXT = re.compile(r"(?:varchar|char)\((\d+)\)")
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_PLAIN_TYPES = {
    "boolean": "boolean",
    "byte": "smallint",
    "short": "smallint",
    "integer": "integer",
    "long": "bigint",
    "float": "real",
    "double": "double precision",
    "date": "date",
    "timestamp": "timestamp with time zone",
    "timestamp_ntz": "timestamp without time zone",
}
_SPARK_TYPES = {
    "boolean": "BOOLEAN",
    "smallint": "SMALLINT",
    "integer": "INT",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "date": "DATE",
    "timestamp with time zone": "TIMESTAMP",
    "timestamp without time zone": "TIMESTAMP_NTZ",
    "super": "STRING",
    "text": "STRING",
    "name": "STRING",
}
# Integers widen, floats do not: COPY takes an INT32 file into BIGINT and refuses INT64 into INTEGER.
_ACCEPTED_BY = {
    "boolean": {"boolean"},
    "byte": {"smallint", "integer", "bigint"},
    "short": {"smallint", "integer", "bigint"},
    "integer": {"integer", "bigint"},
    "long": {"bigint"},
    "float": {"real"},
    "double": {"double precision"},
    "date": {"date"},
    "timestamp": {"timestamp with time zone", "timestamp without time zone"},
    "timestamp_ntz": {"timestamp without time zone"},
}


class Column(NamedTuple):
    """One column of a warehouse table.

    Attributes:
        name: Its name, unquoted.
        type: Its type as `format_type` spells it, such as `character varying(256)` or `numeric(18,2)`.
    """

    name: str
    type: str


def columns_of_schema(schema: Sequence[SchemaField], varchar_lengths: Mapping[str, int] | None = None) -> list[Column]:
    """Give a DataFrame's columns their Redshift types.

    Strings become `VARCHAR(65535)`, the widest there is, unless a length is declared: a length that is too small fails
    the load, and the bytes in a column are not known before it is staged.

    Args:
        schema: The DataFrame's columns.
        varchar_lengths: Length in bytes by column name, 1 to 65535.

    Raises:
        PlanError: A name or type has no place in Redshift; the message names every such column.

    Example:
        >>> columns_of_schema([SchemaField("id", "long"), SchemaField("name", "string")], {"name": 40})
        [Column(name='id', type='bigint'), Column(name='name', type='character varying(40)')]
    """
    lengths = dict(varchar_lengths or {})
    faults = column_name_faults(field.name for field in schema)
    columns: list[Column] = []
    for field in schema:
        found = _redshift_type(field, lengths.pop(field.name, None))
        if found.startswith("!"):
            faults.append(f"`{field.name}`: {found[1:]}")
        columns.append(Column(field.name, found))
    faults += [f"`{name}`: `varchar_lengths` names a column that the data does not have" for name in sorted(lengths)]
    if not columns:
        faults.append("the data has no columns")
    if faults:
        raise PlanError("Redshift cannot hold this data: " + "; ".join(faults))
    return columns


def _redshift_type(field: SchemaField, varchar_length: int | None) -> str:
    spark_type = field.data_type
    if not isinstance(spark_type, str):
        if varchar_length is not None:
            return "!`varchar_lengths` declares a length, but the column is nested"
        leaves = _leaves(spark_type)
        if not leaves:
            return "!Parquet has no structs without fields; drop the column"
        unfit = sorted(leaf for leaf in leaves if leaf in _NOT_IN_SUPER or leaf.startswith("interval"))
        return f"!a SUPER cannot hold Spark's {unfit[0]}; {_remedy(unfit[0])}" if unfit else SUPER
    if varchar_length is not None:
        if spark_type != "string" and _TEXT.fullmatch(spark_type) is None:
            return f"!`varchar_lengths` declares a length, but the column is of type {spark_type}"
        if not 1 <= varchar_length <= MAXIMUM_VARCHAR_BYTES:
            return f"!expected a length of 1 to {MAXIMUM_VARCHAR_BYTES} bytes, found {varchar_length}"
        return f"character varying({varchar_length})"
    if spark_type in _PLAIN_TYPES:
        return _PLAIN_TYPES[spark_type]
    if spark_type.startswith("string"):
        return f"character varying({MAXIMUM_VARCHAR_BYTES})"
    if (text := _TEXT.fullmatch(spark_type)) is not None:
        # Spark counts characters, Redshift bytes; a UTF-8 character has up to four.
        return f"character varying({min(4 * int(text.group(1)), MAXIMUM_VARCHAR_BYTES)})"
    if (decimal := _DECIMAL.fullmatch(spark_type)) is not None:
        precision, scale = int(decimal.group(1)), int(decimal.group(2))
        if precision <= MAXIMUM_PRECISION and 0 <= scale <= precision:
            return f"numeric({precision},{scale})"
    return f"!Redshift has no type for Spark's {spark_type}; {_remedy(spark_type)}"


def _leaves(spark_type: Any) -> set[str]:
    """List the plain types inside a nested one, as Spark's JSON of types says them."""
    if isinstance(spark_type, str):
        return {spark_type}
    parts = [spark_type.get("elementType"), spark_type.get("keyType"), spark_type.get("valueType")]
    parts += [inner["type"] for inner in spark_type.get("fields", ())]
    return {leaf for part in parts if part is not None for leaf in _leaves(part)}


def _remedy(spark_type: str) -> str:
    if spark_type == "binary":
        return "write it as a string with `base64` or `hex`"
    if spark_type == "variant":
        return "write it as a JSON string with `to_json`"
    if spark_type == "void":
        return "cast the column to the type it stands for"
    return "cast or drop the column"


def misfits(columns: Iterable[Column], schema: Iterable[SchemaField]) -> list[str]:
    """List the data's columns that COPY cannot put into the table's column of the same name.

    A timestamp goes into a `TIMESTAMP` column as its UTC wall-clock time.

    Args:
        columns: The existing table's columns.
        schema: The DataFrame's columns.

    Example:
        >>> misfits([Column("id", "integer")], [SchemaField("id", "long")])
        ['`id` is long in the data and integer in the table']
    """
    types = {fold(column.name): column.type for column in columns}
    return [
        f"`{field.name}` is {field.data_type} in the data and {types[fold(field.name)]} in the table"
        for field in schema
        if fold(field.name) in types and not _accepts(types[fold(field.name)], field.data_type)
    ]


def _accepts(redshift_type: str, spark_type: str | Mapping[str, object]) -> bool:
    if not isinstance(spark_type, str):
        return redshift_type == SUPER
    if spark_type in _ACCEPTED_BY:
        return redshift_type in _ACCEPTED_BY[spark_type]
    if spark_type.startswith("string") or _TEXT.fullmatch(spark_type) is not None:
        return is_text(redshift_type)
    decimal, numeric = _DECIMAL.fullmatch(spark_type), _NUMERIC.fullmatch(redshift_type)
    if decimal is not None and numeric is not None:
        return decimal.group(2) == numeric.group(2) and int(decimal.group(1)) <= int(numeric.group(1))
    return False


def is_text(redshift_type: str) -> bool:
    """Say whether a column holds text, blank-padded `CHAR` included.

    Example:
        >>> is_text("character varying(10)"), is_text("super")
        (True, False)
    """
    return redshift_type.startswith("character") or redshift_type in {"text", "name"}


def spark_schema(columns: Sequence[Column]) -> str:
    """Give a table's columns as the DDL of a Spark schema.

    `TIMESTAMPTZ` becomes Spark's TIMESTAMP (an instant), `TIMESTAMP` becomes TIMESTAMP_NTZ; `SUPER` is unloaded as
    JSON text.

    Args:
        columns: The table's columns.

    Raises:
        PlanError: Columns that UNLOAD cannot write as Parquet or that Spark has no type for.

    Example:
        >>> spark_schema([Column("id", "bigint"), Column("net `value`", "numeric(18,2)")])
        '`id` BIGINT, `net ``value``` DECIMAL(18,2)'
    """
    parts: list[str] = []
    faults: list[str] = []
    for column in columns:
        spark_type = _spark_type(column.type)
        if spark_type is None:
            faults.append(f"`{column.name}` ({column.type})")
        parts.append(f"{quoted_name(column.name)} {spark_type}")
    if faults:
        raise PlanError(
            f"Spark has no type for {', '.join(faults)}; name the columns you need with `columns`, or declare a "
            "`query` that casts them"
        )
    return ", ".join(parts)


def _spark_type(redshift_type: str) -> str | None:
    if redshift_type == "numeric":
        redshift_type = UNBOUNDED_NUMERIC_AS
    if (numeric := _NUMERIC.fullmatch(redshift_type)) is not None:
        return f"DECIMAL({numeric.group(1)},{numeric.group(2)})"
    if is_text(redshift_type):
        return "STRING"
    return _SPARK_TYPES.get(redshift_type)
