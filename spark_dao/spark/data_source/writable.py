"""Which columns a format can hold, checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from spark_dao.spark.data_source.refusals import needs_the_jar

_ATOMIC: tuple[type[DataType], ...] = (
    BooleanType,
    ByteType,
    ShortType,
    IntegerType,
    LongType,
    FloatType,
    DoubleType,
    DecimalType,
    StringType,
    DateType,
    TimestampType,
)
_WRITABLE: Mapping[str, tuple[type[DataType], ...]] = {
    "parquet": (*_ATOMIC, BinaryType, TimestampNTZType, DayTimeIntervalType, ArrayType, MapType, StructType),
    "orc": (*_ATOMIC, BinaryType, ArrayType, MapType, StructType),
    "csv": (*_ATOMIC, TimestampNTZType),
    "json": (*_ATOMIC, BinaryType, TimestampNTZType, ArrayType, MapType, StructType),
}


def check_writable(format_name: str, schema: StructType, partition_by: Sequence[str] = ()) -> None:
    """Refuse columns that a format cannot hold as Spark itself would write them.

    Args:
        format_name: `parquet`, `orc`, `csv` or `json`.
        schema: The columns.
        partition_by: Those that become folders.

    Raises:
        PlanError: A column does not fit; the message names it.

    Example:
        >>> check_writable("csv", StructType().add("tags", ArrayType(StringType())))
        Traceback (most recent call last):
        ...
        spark_dao.errors.PlanError: ...column `tags` of type array<string> in csv needs the bridge jar...
    """
    folders: tuple[type[DataType], ...] = (*_ATOMIC, TimestampNTZType)
    for field in schema.fields:
        allowed = folders if field.name in partition_by else _WRITABLE[format_name]
        if not _fits(field.dataType, allowed):
            place = "a partition folder" if field.name in partition_by else format_name
            raise needs_the_jar(
                f"column `{field.name}` of type {field.dataType.simpleString()} in {place}", key=field.name
            )


def _fits(data_type: DataType, allowed: tuple[type[DataType], ...]) -> bool:
    if type(data_type) not in allowed and not (isinstance(data_type, StringType) and StringType in allowed):
        return False
    if isinstance(data_type, ArrayType):
        return _fits(data_type.elementType, allowed)
    if isinstance(data_type, MapType):
        return _fits(data_type.keyType, allowed) and _fits(data_type.valueType, allowed)
    if isinstance(data_type, StructType):
        return all(_fits(field.dataType, allowed) for field in data_type.fields)
    return True
