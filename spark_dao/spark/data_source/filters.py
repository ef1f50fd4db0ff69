"""Spark's pushed filters: what may be left out early. Spark evaluates every one of them again."""

from __future__ import annotations

import datetime
import functools
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import datasource as spark_filters

from spark_dao.plans import Filter

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.compute

_COMPARISONS: Mapping[type[Any], str] = {
    spark_filters.EqualTo: "=",
    spark_filters.EqualNullSafe: "<=>",
    spark_filters.LessThan: "<",
    spark_filters.LessThanOrEqual: "<=",
    spark_filters.GreaterThan: ">",
    spark_filters.GreaterThanOrEqual: ">=",
    spark_filters.In: "in",
    spark_filters.IsNull: "isnull",
    spark_filters.IsNotNull: "isnotnull",
    spark_filters.StringStartsWith: "startswith",
    spark_filters.StringEndsWith: "endswith",
    spark_filters.StringContains: "contains",
}
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<=>": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def typed_filters(pushed: Iterable[spark_filters.Filter]) -> tuple[Filter, ...]:
    """Translate what Spark pushes; nested columns and negations are left to Spark.

    Example:
        >>> typed_filters([spark_filters.EqualTo(("id",), 1), spark_filters.Not(spark_filters.IsNull(("id",)))])
        (Filter(op='=', column='id', value=1),)
    """
    translated = []
    for condition in pushed:
        comparison = _COMPARISONS.get(type(condition))
        attribute: tuple[str, ...] = getattr(condition, "attribute", ())
        if comparison is None or len(attribute) != 1:
            continue
        value: Any = getattr(condition, "value", None)
        if comparison == "<=>" and value is None:
            comparison = "isnull"
        if comparison == "in":
            value = tuple(choice for choice in value if choice is not None)
        elif value is None and comparison not in ("isnull", "isnotnull"):
            continue
        translated.append(Filter(comparison, attribute[0], value))
    return tuple(translated)


def keeps(filters: Iterable[Filter], values: Mapping[str, Any]) -> bool:
    """Tell whether a partition can hold wanted rows.

    Args:
        filters: Conditions joined by AND.
        values: Partition column to value.

    Example:
        >>> keeps([Filter(">", "year", 2024), Filter("=", "id", 1)], {"year": 2025})
        True
    """
    return all(_holds(condition, values[condition.column]) for condition in filters if condition.column in values)


def expression(filters: Sequence[Filter], schema: pyarrow.Schema) -> pyarrow.compute.Expression | None:
    """Build the pyarrow expression of those filters whose answer holds every row that Spark's answer holds.

    Spark takes NaN for greater than all other numbers and equal to itself, Arrow does not: conditions that NaN
    fulfils in Spark are left out.

    Args:
        filters: Conditions joined by AND.
        schema: The columns that may be named.

    Returns:
        None where nothing is left.
    """
    parts = [part for condition in filters if (part := _expression(condition, schema)) is not None]
    return functools.reduce(operator.and_, parts) if parts else None


def _expression(condition: Filter, schema: pyarrow.Schema) -> pyarrow.compute.Expression | None:
    import pyarrow
    import pyarrow.compute

    position = schema.get_field_index(condition.column)
    if position < 0:
        return None
    kind = schema.field(position).type
    field = pyarrow.compute.field(condition.column)
    if condition.op == "isnull":
        return field.is_null()
    if condition.op == "isnotnull":
        return field.is_valid()
    choices = condition.value if condition.op == "in" else (condition.value,)
    if pyarrow.types.is_floating(kind) and (condition.op in (">", ">=") or any(_is_nan(choice) for choice in choices)):
        return None
    if condition.op in ("startswith", "endswith", "contains"):
        if not pyarrow.types.is_string(kind):
            return None
        functions = {"startswith": "starts_with", "endswith": "ends_with", "contains": "match_substring"}
        return getattr(pyarrow.compute, functions[condition.op])(field, pattern=condition.value)
    try:
        scalars = pyarrow.array(choices, kind)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        return None
    if condition.op == "in":
        return field.isin(scalars)
    compare = _OPERATORS.get(condition.op)
    return None if compare is None else compare(field, scalars[0])


def _holds(condition: Filter, value: Any) -> bool:
    if condition.op == "isnull":
        return value is None
    if value is None:
        return False
    if condition.op == "isnotnull":
        return True
    literals = condition.value if condition.op == "in" else (condition.value,)
    if _is_nan(value) or any(not _comparable(value, literal) for literal in literals):
        return True
    try:
        if condition.op == "in":
            return value in condition.value
        if condition.op in ("startswith", "endswith", "contains"):
            checks = {"startswith": value.startswith, "endswith": value.endswith, "contains": value.__contains__}
            return bool(checks[condition.op](condition.value))
        compare = _OPERATORS.get(condition.op)
        return compare is None or bool(compare(value, condition.value))
    except (TypeError, AttributeError):
        # A literal of another type, such as a date compared with a timestamp: Spark decides.
        return True


def _comparable(value: Any, literal: Any) -> bool:
    # Python answers that a date never equals a datetime, nor one with a zone one without, instead of refusing.
    if isinstance(value, datetime.date) or isinstance(literal, datetime.date):
        return type(value) is type(literal) and getattr(value, "tzinfo", 0) is getattr(literal, "tzinfo", 0)
    return True


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
