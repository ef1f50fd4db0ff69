"""Refusing to add rows to files whose columns are others, which Spark's file writers do without a word.

Later reads fail then, or show a csv's values under the wrong names. The bridge has the same check, with the same words,
in `AppendedColumns`; in SQL Spark aligns the columns itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spark_dao.errors import PlanError

Columns = Sequence[tuple[str, str]]
_LIMITED_TEXT = re.compile(r"\b(var)?char\(\d+\)")


@dataclass(frozen=True, kw_only=True)
class ObjectColumns:
    """Columns and partitioning of an object, as declared, else as its files have them.

    Attributes:
        format: The object's format.
        columns: Name and type (`DataType.simpleString`) of each column; those in folders' names may be among them.
        partition_by: The partition columns.
        declared: Whether the catalog says the columns.
        merging: Whether reads bring the columns of all files together.
    """

    format: str
    columns: Columns
    partition_by: Sequence[str]
    declared: bool
    merging: bool = False


def columns_of(schema: Any) -> Columns:
    """Return name and type of each column of a Spark schema."""
    return [(field.name, field.dataType.simpleString()) for field in schema.fields]


def tells_partitions(columns: Columns, partition_by: Sequence[str]) -> bool:
    """Tell whether a catalog says columns and partitions so fully that the files need not be asked.

    Args:
        columns: The declared columns.
        partition_by: The declared partition columns.

    Example:
        >>> tells_partitions([("id", "bigint")], ["day"])
        False
    """
    return bool(partition_by) and not {name.lower() for name in partition_by} - {name.lower() for name, _ in columns}


def checked_partitions(known: ObjectColumns, said: Sequence[str], data: Columns) -> tuple[str, ...]:
    """Check data that is added to an object against the columns that it has.

    Args:
        known: The object's columns.
        said: The partition columns that the caller asks for; empty where the object decides.
        data: Name and type of the data's columns.

    Returns:
        The partition columns to write by.

    Raises:
        PlanError: The data has other columns, or would be partitioned otherwise.

    Example:
        >>> known = ObjectColumns(format="parquet", columns=[("id", "bigint"), ("k", "int")], partition_by=["k"],
        ...                       declared=False)
        >>> checked_partitions(known, [], [("id", "bigint"), ("k", "bigint")])
        ('k',)
        >>> checked_partitions(known, [], [("id", "array<bigint>"), ("k", "int")])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        spark_dao.errors.PlanError: the data does not fit the object's columns: `id` is bigint, found array<bigint>; ...
    """
    partition_by = tuple(known.partition_by)
    if said and [name.lower() for name in said] != [name.lower() for name in partition_by]:
        raise PlanError(
            f"expected [{', '.join(partition_by)}], as its files are partitioned, found [{', '.join(said)}]; leave "
            "partitionBy out, or overwrite the object",
            key="partition_by",
        )
    faults = _faults(known, _without(known.columns, partition_by), _without(data, partition_by))
    if faults:
        raise PlanError(
            f"the data does not fit the object's columns: {'; '.join(faults)}; select and cast the columns to fit, "
            "correct the object's `schema`, or overwrite the object"
        )
    return partition_by


def _faults(known: ObjectColumns, columns: Columns, data: Columns) -> list[str]:
    by_position = known.format == "csv"
    merging = known.merging and not by_position and not known.declared
    left = {name.lower(): (name, data_type) for name, data_type in columns}
    faults = []
    for name, data_type in data:
        _, expected = left.pop(name.lower(), (None, None))
        if expected is None:
            if not merging:
                faults.append(f"`{name}` is no column of it")
        elif (known.declared or not by_position) and _stored(data_type) != _stored(expected):
            faults.append(f"`{name}` is {expected}, found {data_type}")
    if by_position or (not known.declared and not merging):
        faults += [f"`{name}` is missing" for _, (name, _) in sorted(left.items())]
    names = [name for name, _ in columns]
    if by_position and not faults and [name.lower() for name in names] != [name.lower() for name, _ in data]:
        faults.append(f"csv holds its columns in this order: {', '.join(names)}")
    return faults


def _without(columns: Columns, names: Sequence[str]) -> Columns:
    left_out = {name.lower() for name in names}
    return [column for column in columns if column[0].lower() not in left_out]


def _stored(data_type: str) -> str:
    # Files know no text of limited length.
    return _LIMITED_TEXT.sub("string", data_type)
