"""Arrow's types as Spark's DDL, for processes without pyspark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_dao.errors import PlanError
from spark_dao.plans import quoted_name

if TYPE_CHECKING:
    import pyarrow

_SIMPLE = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "uint8": "SMALLINT",
    "int16": "SMALLINT",
    "uint16": "INT",
    "int32": "INT",
    "uint32": "BIGINT",
    "int64": "BIGINT",
    "uint64": "DECIMAL(20,0)",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "STRING",
    "large_string": "STRING",
    "string_view": "STRING",
    "binary": "BINARY",
    "large_binary": "BINARY",
    "binary_view": "BINARY",
    "date32[day]": "DATE",
    "date64[ms]": "DATE",
}


def spark_ddl(schema: pyarrow.Schema) -> str:
    """Spell an Arrow schema as Spark's DDL, as Spark reads it back from Parquet.

    Raises:
        PlanError: Spark has no such type; names the column.

    Example:
        >>> import pyarrow
        >>> spark_ddl(pyarrow.schema({"id": pyarrow.int64(), "a b": pyarrow.list_(pyarrow.string())}))
        '`id` BIGINT, `a b` ARRAY<STRING>'
    """
    return ", ".join(f"{quoted_name(field.name)} {_type(field.type, field.name)}" for field in schema)


def _type(kind: pyarrow.DataType, column: str) -> str:
    import pyarrow

    types = pyarrow.types
    simple = _SIMPLE.get(str(kind))
    if simple is not None:
        return simple
    if types.is_decimal(kind) and kind.precision <= 38 and 0 <= kind.scale <= kind.precision:
        return f"DECIMAL({kind.precision},{kind.scale})"
    if types.is_timestamp(kind):
        return "TIMESTAMP_NTZ" if kind.tz is None else "TIMESTAMP"
    if types.is_dictionary(kind):
        return _type(kind.value_type, column)
    if types.is_fixed_size_binary(kind):
        return "BINARY"
    if types.is_map(kind):
        return f"MAP<{_type(kind.key_type, column)}, {_type(kind.item_type, column)}>"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"ARRAY<{_type(kind.value_type, column)}>"
    if types.is_struct(kind):
        fields = (f"{quoted_name(field.name)}: {_type(field.type, f'{column}.{field.name}')}" for field in kind)
        return f"STRUCT<{', '.join(fields)}>"
    raise PlanError(f"Spark has no type for Arrow's `{kind}`; cast the column `{column}`", key=column)
