"""The types of orc columns: Spark notes its own beside those of orc, and keeps timestamps as local times."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import (
    ArrayType,
    DataType,
    DayTimeIntervalType,
    MapType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from spark_dao.spark.data_source.arrow import spark_type
from spark_dao.spark.data_source.columns import field_by_name
from spark_dao.spark.data_source.refusals import needs_the_jar

if TYPE_CHECKING:
    import pyarrow

_FIRST_GREGORIAN_DAY = datetime.datetime(1582, 10, 15, tzinfo=datetime.timezone.utc)
_SPARK_TYPE = b"spark.sql.catalyst.type"


def orc_columns(schema: pyarrow.Schema) -> StructType:
    """Return Spark's columns of an orc file.

    Args:
        schema: What pyarrow found; the types that Spark noted (`OrcUtils`) are metadata of the fields.
    """
    return StructType([StructField(field.name, _column_type(field, field.name)) for field in schema])


def localized(batch: pyarrow.RecordBatch, target: pyarrow.Schema, local_time_zone: str) -> pyarrow.RecordBatch:
    """Turn the local times that orc's `TIMESTAMP` holds into instants, where Spark has a timestamp.

    Args:
        batch: As pyarrow read it.
        target: The wanted columns.
        local_time_zone: Name of the JVM's default time zone.

    Raises:
        PlanError: Nested timestamps in another zone than UTC, or dates before 1582-10-15.
    """
    import pyarrow
    import pyarrow.compute

    for field, column in zip(batch.schema, batch.columns, strict=True):
        refuse_old_dates(column, field.name)
    if local_time_zone in ("UTC", "Etc/UTC", "GMT", "Z"):
        return batch
    columns = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        wanted = field_by_name(target, field.name)
        if wanted is not None and pyarrow.types.is_nested(field.type) and _holds_local_times(field.type):
            raise needs_the_jar(f"column `{field.name}`: timestamps inside {field.type} of orc")
        instant = wanted is not None and pyarrow.types.is_timestamp(wanted.type) and wanted.type.tz is not None
        local = pyarrow.types.is_timestamp(field.type) and field.type.tz is None
        columns.append(_assumed(column, local_time_zone) if instant and local else column)
    return pyarrow.RecordBatch.from_arrays(columns, batch.schema.names)


def refuse_old_dates(column: pyarrow.Array, name: str) -> None:
    """Refuse dates that Spark keeps in orc files by the Julian calendar, which pyarrow does not know.

    Args:
        column: What is written or was read.
        name: The column's name.

    Raises:
        PlanError: A date is before 1582-10-15.
    """
    import pyarrow
    import pyarrow.compute

    kinds = pyarrow.types
    if kinds.is_struct(column.type):
        for child in column.flatten():
            refuse_old_dates(child, name)
    elif kinds.is_map(column.type):
        refuse_old_dates(column.keys, name)
        refuse_old_dates(column.items, name)
    elif kinds.is_list(column.type):
        refuse_old_dates(column.flatten(), name)
    elif kinds.is_date(column.type) or (kinds.is_timestamp(column.type) and column.type.unit != "ns"):
        # Nanoseconds begin in 1677.
        first = pyarrow.scalar(_FIRST_GREGORIAN_DAY, column.type)
        if pyarrow.compute.any(pyarrow.compute.less(column, first)).as_py():
            raise needs_the_jar(f"column `{name}`: a date before 1582-10-15 in orc", key=name)


def _assumed(column: pyarrow.Array, time_zone: str) -> pyarrow.Array:
    import pyarrow.compute

    return pyarrow.compute.assume_timezone(column, time_zone, ambiguous="earliest", nonexistent="earliest")


def _column_type(field: pyarrow.Field, column: str) -> DataType:
    import pyarrow

    noted = (field.metadata or {}).get(_SPARK_TYPE, b"").decode()
    kinds: Any = pyarrow.types
    if noted == "timestamp_ntz":
        return TimestampNTZType()
    if noted.startswith("interval day") or noted.startswith(("interval hour", "interval minute", "interval second")):
        return DayTimeIntervalType(*_interval_fields(noted))
    if kinds.is_struct(field.type):
        return StructType([StructField(each.name, _column_type(each, f"{column}.{each.name}")) for each in field.type])
    if kinds.is_map(field.type):
        return MapType(_column_type(field.type.key_field, column), _column_type(field.type.item_field, column))
    if kinds.is_list(field.type):
        return ArrayType(_column_type(field.type.value_field, column))
    return TimestampType() if kinds.is_timestamp(field.type) else spark_type(field.type, column)


def _interval_fields(noted: str) -> tuple[int, int]:
    """Read the first and last unit of an interval.

    Example:
        >>> _interval_fields("interval day to second"), _interval_fields("interval hour")
        ((0, 3), (1, 1))
    """
    units = ("day", "hour", "minute", "second")
    words = [units.index(word) for word in noted.split() if word in units]
    return words[0], words[-1]


def _holds_local_times(arrow_type: pyarrow.DataType) -> bool:
    import pyarrow

    if pyarrow.types.is_timestamp(arrow_type):
        return arrow_type.tz is None
    return any(_holds_local_times(arrow_type.field(position).type) for position in range(arrow_type.num_fields))
