"""The columns of JSON lines by the rules of Spark's `JsonInferSchema`."""

from __future__ import annotations

import decimal
import json
from collections.abc import Iterable
from typing import Any

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DecimalType,
    DoubleType,
    LongType,
    NullType,
    StringType,
    StructField,
    StructType,
)

from spark_dao.errors import PlanError
from spark_dao.plans import FileStorage
from spark_dao.spark.data_source.columnar import Split
from spark_dao.spark.data_source.text import lines_of


def infer_json_columns(storage: FileStorage, paths: Iterable[str]) -> StructType:
    """Infer the columns of all lines, sorted by name.

    Args:
        storage: The storage that holds the files.
        paths: URIs of the files.

    Raises:
        PlanError: A line is no JSON (Spark would add a column for such lines), or there are no columns.
    """
    merged: DataType = StructType()
    for path in paths:
        number = 0
        for block in lines_of(storage, Split(path)):
            for line in block.decode("utf-8", errors="replace").split("\n"):
                number += 1
                if not line.strip():
                    continue
                try:
                    value = json.loads(line, parse_float=decimal.Decimal)
                except ValueError:
                    raise PlanError(
                        f"line {number} of {path} is no JSON, so its columns cannot be inferred; declare `schema`",
                        key="schema",
                    ) from None
                for entry in value if isinstance(value, list) else [value]:
                    merged = merge(merged, infer(entry)) if isinstance(entry, dict) else merged
    columns = settled(merged)
    if not isinstance(columns, StructType) or not columns.fields:
        raise PlanError("the files have no line to infer the columns from; declare `schema`", key="schema")
    return columns


def infer(value: Any) -> DataType:
    """Infer the type of one value.

    Example:
        >>> infer({"b": 1, "a": ["x", None], "c": ""}).simpleString()
        'struct<a:array<string>,b:bigint,c:void>'
    """
    if value is None or value == "":
        return NullType()
    if isinstance(value, bool):
        return BooleanType()
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return LongType()
        digits = len(str(abs(value)))
        return DecimalType(digits, 0) if digits <= 38 else DoubleType()
    if isinstance(value, (float, decimal.Decimal)):
        return DoubleType()
    if isinstance(value, str):
        return StringType()
    if isinstance(value, list):
        element: DataType = NullType()
        for entry in value:
            element = merge(element, infer(entry))
        return ArrayType(element)
    return StructType([StructField(name, infer(value[name])) for name in sorted(value, key=_code_units)])


def merge(first: DataType, second: DataType) -> DataType:
    """Find the type that holds values of two types (`JsonInferSchema.compatibleType`).

    Example:
        >>> merge(LongType(), DoubleType()).simpleString(), merge(LongType(), BooleanType()).simpleString()
        ('double', 'string')
    """
    if first == second or isinstance(second, NullType):
        return first
    if isinstance(first, NullType):
        return second
    if isinstance(first, StructType) and isinstance(second, StructType):
        fields = {field.name: field.dataType for field in first.fields}
        for field in second.fields:
            fields[field.name] = merge(fields[field.name], field.dataType) if field.name in fields else field.dataType
        return StructType([StructField(name, fields[name]) for name in sorted(fields, key=_code_units)])
    if isinstance(first, ArrayType) and isinstance(second, ArrayType):
        return ArrayType(merge(first.elementType, second.elementType))
    kinds = {type(first), type(second)}
    if kinds <= {LongType, DoubleType, DecimalType}:
        if DoubleType in kinds:
            return DoubleType()
        digits = max(kind.precision if isinstance(kind, DecimalType) else 20 for kind in (first, second))
        return DecimalType(digits, 0)
    return StringType()


def settled(data_type: DataType) -> DataType | None:
    """Turn what was never more than null into strings, and leave out structs without fields."""
    if isinstance(data_type, NullType):
        return StringType()
    if isinstance(data_type, ArrayType):
        element = settled(data_type.elementType)
        return None if element is None else ArrayType(element)
    if isinstance(data_type, StructType):
        fields = [(field.name, settled(field.dataType)) for field in data_type.fields]
        kept = [StructField(name, kind) for name, kind in fields if kind is not None]
        return StructType(kept) if kept else None
    return data_type


def _code_units(name: str) -> bytes:
    # Java compares strings by UTF-16 code units.
    return name.encode("utf-16-be", errors="surrogatepass")
