"""Arrow batches in exactly the types that Spark expects of a Python data source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    DecimalType,
    IntegerType,
    LongType,
    MapType,
    ShortType,
    StructField,
    StructType,
)

from spark_dao.errors import PlanError
from spark_dao.spark.data_source.columns import field_by_name

if TYPE_CHECKING:
    import pyarrow


def arrow_schema(schema: StructType) -> pyarrow.Schema:
    """Return the Arrow schema that Spark checks a data source's batches against (`records_to_arrow_batches`)."""
    return to_arrow_schema(schema, timezone="UTC")


def spark_type(arrow_type: pyarrow.DataType, column: str) -> DataType:
    """Return the type that Spark gives a column of a file which does not carry Spark's own schema.

    Args:
        arrow_type: What pyarrow found in the file.
        column: The column's name, for the error.

    Raises:
        PlanError: Spark has no such type, or refuses it in files (timestamps in nanoseconds).
    """
    import pyarrow
    from pyspark.sql.pandas.types import from_arrow_type

    kinds = pyarrow.types
    if kinds.is_dictionary(arrow_type):
        return spark_type(arrow_type.value_type, column)
    unsigned: dict[Any, DataType] = {
        pyarrow.uint8(): ShortType(),
        pyarrow.uint16(): IntegerType(),
        pyarrow.uint32(): LongType(),
        pyarrow.uint64(): DecimalType(20, 0),
        pyarrow.duration("us"): LongType(),
        pyarrow.duration("ns"): LongType(),
        pyarrow.duration("ms"): LongType(),
    }
    if arrow_type in unsigned:
        return unsigned[arrow_type]
    if kinds.is_struct(arrow_type):
        return StructType(
            [StructField(field.name, spark_type(field.type, f"{column}.{field.name}")) for field in arrow_type]
        )
    if kinds.is_map(arrow_type):
        return MapType(spark_type(arrow_type.key_type, column), spark_type(arrow_type.item_type, column))
    if kinds.is_list(arrow_type) or kinds.is_large_list(arrow_type) or kinds.is_fixed_size_list(arrow_type):
        return ArrayType(spark_type(arrow_type.value_type, column))
    if kinds.is_fixed_size_binary(arrow_type):
        return BinaryType()
    if kinds.is_timestamp(arrow_type) and arrow_type.unit == "ns":
        raise PlanError(
            f"column `{column}` holds timestamps in nanoseconds, which Spark does not read; declare `schema` (its "
            "timestamps have microseconds) or write the file with microseconds",
            key="schema",
        )
    try:
        return from_arrow_type(arrow_type)
    except Exception:
        raise PlanError(
            f"column `{column}` has the type {arrow_type}, which Spark does not know", key="schema"
        ) from None


def conform(
    batch: pyarrow.RecordBatch,
    target: pyarrow.Schema,
    constants: Mapping[str, pyarrow.Scalar],
    path: str,
) -> pyarrow.RecordBatch:
    """Give a batch of a file the columns, order and types that Spark expects.

    Args:
        batch: What the file holds; missing columns become null, others are left out.
        target: What Spark expects.
        constants: Partition column to value.
        path: The file, for errors.

    Raises:
        PlanError: A column cannot be converted without loss.
    """
    import pyarrow

    columns = []
    for field in target:
        if field.name in constants:
            columns.append(pyarrow.repeat(constants[field.name], batch.num_rows))
            continue
        found = field_by_name(batch.schema, field.name)
        if found is None:
            columns.append(pyarrow.nulls(batch.num_rows, field.type))
            continue
        column = batch.column(batch.schema.get_field_index(found.name))
        try:
            columns.append(_converted(column, field.type))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, pyarrow.ArrowTypeError) as error:
            raise PlanError(
                f"column `{field.name}` of {path} is {found.type} and does not fit {field.type}: {error}", key="schema"
            ) from None
    return pyarrow.RecordBatch.from_arrays(columns, schema=target)


def _converted(column: pyarrow.Array, target: pyarrow.DataType) -> pyarrow.Array:
    import pyarrow

    kinds = pyarrow.types
    # Types that differ in the names or nullability of nested parts are equal to pyarrow's `==` only in part.
    if column.type.equals(target) and not kinds.is_nested(target):
        return column
    if isinstance(column, pyarrow.ExtensionArray):
        column = column.storage
    if kinds.is_struct(target) and kinds.is_struct(column.type):
        return _converted_struct(column, target)
    if kinds.is_list(target) and not kinds.is_map(column.type) and _is_list(column.type):
        if not kinds.is_list(column.type):
            column = column.cast(pyarrow.list_(column.type.value_type))
        values = _converted(column.values, target.value_type)
        return pyarrow.Array.from_buffers(
            target, len(column), column.buffers()[:2], column.null_count, column.offset, [values]
        )
    if kinds.is_map(target) and kinds.is_map(column.type):
        entries = pyarrow.StructArray.from_arrays(
            [_converted(column.keys, target.key_type), _converted(column.items, target.item_type)],
            fields=[target.key_field, target.item_field],
        )
        return pyarrow.Array.from_buffers(
            target, len(column), column.buffers()[:2], column.null_count, column.offset, [entries]
        )
    if kinds.is_duration(column.type) and kinds.is_integer(target):
        return column.view(pyarrow.int64()).cast(target)
    return column.cast(target)


def _converted_struct(column: pyarrow.StructArray, target: pyarrow.StructType) -> pyarrow.Array:
    import pyarrow

    sources = list(column.type)
    children = []
    for field in target:
        found = field_by_name(sources, field.name)
        if found is None:
            children.append(pyarrow.nulls(len(column), field.type))
        else:
            children.append(_converted(column.field(column.type.get_field_index(found.name)), field.type))
    mask = column.is_null() if column.null_count else None
    return pyarrow.StructArray.from_arrays(children, fields=list(target), mask=mask)


def _is_list(arrow_type: pyarrow.DataType) -> bool:
    import pyarrow

    kinds = pyarrow.types
    return bool(kinds.is_list(arrow_type) or kinds.is_large_list(arrow_type) or kinds.is_fixed_size_list(arrow_type))


def arrow_type(data_type: DataType) -> pyarrow.DataType:
    """Return the Arrow type that Spark expects for one of its types."""
    return arrow_schema(StructType([StructField("value", data_type)])).field(0).type
