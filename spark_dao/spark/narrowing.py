"""The columns and conditions of a read, applied to its DataFrame."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sql

from spark_dao.errors import PlanError, near_miss
from spark_dao.plans import Filter, quoted_name

_CONDITIONS: Mapping[str, Callable[[Column, Any], Column]] = {
    "=": operator.eq,
    "<=>": lambda column, value: column.eqNullSafe(value),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda column, value: column.isin(list(value)),
    "isnull": lambda column, _: column.isNull(),
    "isnotnull": lambda column, _: column.isNotNull(),
    "startswith": lambda column, value: column.startswith(value),
    "endswith": lambda column, value: column.endswith(value),
    "contains": lambda column, value: column.contains(value),
}


def narrowed(frame: DataFrame, columns: Sequence[str] | None, filters: Sequence[Filter] | None) -> DataFrame:
    """Keep the wanted rows and columns of what was read.

    An interface may have applied some of it already, in its store's own terms; Spark pushes the rest into the files.

    Args:
        frame: What was read.
        columns: Names of the wanted columns, in the wanted order; None for all.
        filters: Conditions, joined by AND.

    Raises:
        PlanError: A column is not there, or a condition is none.
    """
    if filters:
        frame = frame.where(reduce(operator.and_, [_condition(frame, each) for each in filters]))
    return frame if columns is None else frame.select(*(_column(frame, name, "columns") for name in columns))


def _condition(frame: DataFrame, wanted: Filter) -> Column:
    build = _CONDITIONS.get(wanted.op)
    if build is None:
        raise PlanError(f"unknown condition `{wanted.op}`{near_miss(wanted.op, _CONDITIONS)}", key="filters")
    return build(_column(frame, wanted.column, "filters"), wanted.value)


def _column(frame: DataFrame, name: str, key: str) -> Column:
    if name.lower() not in {known.lower() for known in frame.columns}:
        raise PlanError(f"there is no column `{name}`{near_miss(name, frame.columns)}", key=key)
    return sql.col(quoted_name(name))
