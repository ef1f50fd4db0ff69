"""PostgreSQL's column types and Arrow's: what a COPY converts to, what an UNLOAD converts from."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from spark_dao.local.warehouse.failures import not_supported
from spark_dao.local.warehouse.wire import FieldDescription

BOOLEAN, BYTEA, NAME, BIGINT, SMALLINT, INTEGER, TEXT, REAL, DOUBLE = 16, 17, 19, 20, 21, 23, 25, 700, 701
BPCHAR, VARCHAR, DATE, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ, NUMERIC, JSONB = (
    1042, 1043, 1082, 1083, 1114, 1184, 1266, 1700, 3802,
)  # fmt: skip
CHARACTER_TYPES = frozenset({TEXT, VARCHAR, BPCHAR, NAME})
SUPER = JSONB
_HEADER_BYTES = 4
_MAXIMUM_PRECISION = 38

_ARROW: dict[int, Any] = {
    BOOLEAN: pa.bool_(),
    SMALLINT: pa.int16(),
    INTEGER: pa.int32(),
    BIGINT: pa.int64(),
    REAL: pa.float32(),
    DOUBLE: pa.float64(),
    DATE: pa.date32(),
    TIME: pa.time64("us"),
    TIMESTAMP: pa.timestamp("us"),
    TIMESTAMPTZ: pa.timestamp("us", "UTC"),
    BYTEA: pa.binary(),
    **dict.fromkeys((TEXT, VARCHAR, BPCHAR, NAME, JSONB), pa.string()),
}
_NAMES = {
    BOOLEAN: "boolean",
    SMALLINT: "smallint",
    INTEGER: "integer",
    BIGINT: "bigint",
    REAL: "real",
    DOUBLE: "double precision",
    DATE: "date",
    TIME: "time without time zone",
    TIMESTAMP: "timestamp without time zone",
    TIMESTAMPTZ: "timestamp with time zone",
    BYTEA: "varbyte",
    TEXT: "character varying",
    NAME: "character varying",
    JSONB: "super",
}


def length_limit(field: FieldDescription) -> int | None:
    """Return how long a character column's values may be, None where the type sets no limit.

    Example:
        >>> length_limit(FieldDescription("c", VARCHAR, 260))
        256
    """
    if field.type_oid in (VARCHAR, BPCHAR) and field.type_modifier > _HEADER_BYTES:
        return field.type_modifier - _HEADER_BYTES
    return None


def precision_and_scale(field: FieldDescription) -> tuple[int, int] | None:
    """Return the precision and scale of a NUMERIC column, None where it declares none.

    Example:
        >>> precision_and_scale(FieldDescription("c", NUMERIC, ((18 << 16) | 2) + 4))
        (18, 2)
    """
    if field.type_modifier < _HEADER_BYTES:
        return None
    modifier = field.type_modifier - _HEADER_BYTES
    return modifier >> 16 & 0xFFFF, modifier & 0x7FF


def arrow_type(field: FieldDescription) -> Any:
    """Return the Arrow type that carries a column's values.

    Args:
        field: The column, as PostgreSQL describes it. A NUMERIC without precision becomes decimal(38,0).

    Raises:
        WarehouseError: 0A000, Redshift has no Parquet form for such a column, or none is known here.
    """
    if field.type_oid == NUMERIC:
        precision, scale = precision_and_scale(field) or (_MAXIMUM_PRECISION, 0)
        if precision > _MAXIMUM_PRECISION:
            raise not_supported(f'column "{field.name}": a DECIMAL has at most 38 digits, this one {precision}')
        return pa.decimal128(precision, scale)
    if field.type_oid not in _ARROW:
        raise not_supported(f'column "{field.name}" has a type (OID {field.type_oid}) that Redshift does not have')
    return _ARROW[field.type_oid]


def type_name(field: FieldDescription) -> str:
    """Return a column's type as Redshift's catalog spells it.

    Example:
        >>> type_name(FieldDescription("c", VARCHAR, 260)), type_name(FieldDescription("c", INTEGER, -1))
        ('character varying(256)', 'integer')
    """
    if field.type_oid == NUMERIC:
        digits = precision_and_scale(field)
        return f"numeric({digits[0]},{digits[1]})" if digits else "numeric"
    if field.type_oid in (VARCHAR, BPCHAR):
        name = "character varying" if field.type_oid == VARCHAR else "character"
        limit = length_limit(field)
        return f"{name}({limit})" if limit else name
    return _NAMES.get(field.type_oid, f"type {field.type_oid}")
