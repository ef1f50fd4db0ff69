"""Deleting rows by a predicate or by the values of their keys; every value is bound, never written into the SQL.

A predicate here means exactly what it says, unlike a pushed filter, which may keep too much: what cannot be said is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from spark_dao.errors import PlanError, near_miss
from spark_dao.interface_classes.redshift.names import fold, joined, quote_identifier
from spark_dao.interface_classes.redshift.types import Column
from spark_dao.interface_classes.redshift.unload import find_column
from spark_dao.plans import Filter

Condition = tuple[str, list[Any]]

_COMPARISONS = ("=", "<=>", "<", "<=", ">", ">=")
_PATTERNS: Mapping[str, Callable[[str], str]] = {
    "startswith": "{}%".format,
    "endswith": "%{}".format,
    "contains": "%{}%".format,
}
_OPERATIONS = (*_COMPARISONS, *_PATTERNS, "in", "isnull", "isnotnull")
# PostgreSQL's protocol counts parameters in 16 bits; the driver refuses more than 32767.
_MOST_PARAMETERS = 10_000


def predicate(where: Sequence[Sequence[Any]], columns: Sequence[Column]) -> Condition:
    """Write a predicate as SQL and the values to bind.

    Args:
        where: Filters `(op, column, value)`, joined by AND.
        columns: The table's columns.

    Raises:
        PlanError: There is no filter, or one cannot be said exactly.

    Example:
        >>> columns = [Column("id", "bigint"), Column("name", "character varying(9)")]
        >>> predicate([("<", "id", 7), ("in", "Name", ["ann", "bob"])], columns)
        ('"id" < %s AND "name" IN (%s, %s)', [7, 'ann', 'bob'])
    """
    if not where:
        raise PlanError(
            "a delete needs `where` with at least one filter, or `keys`; to empty the table, overwrite it with no rows",
            key="where",
        )
    written = [_condition(Filter(*_three(entry)), columns) for entry in where]
    return " AND ".join(sql for sql, _ in written), [value for _, values in written for value in values]


def key_predicates(
    keys: Sequence[Any], primary_keys: Sequence[str] | None, columns: Sequence[Column]
) -> Iterator[Condition]:
    """Write predicates that are true for the rows with one of the keys, each with as many values as a statement takes.

    Args:
        keys: For one key column the values themselves; for several, sequences in their order. Mappings by column name
            do in both cases.
        primary_keys: Names of the key columns.
        columns: The table's columns.

    Raises:
        PlanError: No key columns are known, or a key does not have exactly these.

    Example:
        >>> list(key_predicates([1, {"id": 2}], ["id"], [Column("id", "bigint")]))
        [('("id" = %s) OR ("id" = %s)', [1, 2])]
    """
    if not primary_keys:
        raise PlanError(
            "`keys` needs to know its columns; declare `primary_keys` on the object or give it with the call",
            key="primary_keys",
        )
    names = [find_column(columns, key).name for key in primary_keys]
    rows = [_key_values(key, names) for key in keys]
    step = max(1, _MOST_PARAMETERS // len(names))
    one = " AND ".join(f"{quote_identifier(name)} = %s" for name in names)
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        yield " OR ".join([f"({one})"] * len(part)), [value for row in part for value in row]


def delete_where(table: str, condition: str) -> str:
    """Write a DELETE.

    Args:
        table: The table's name, quoted.
        condition: What `predicate` or `key_predicates` wrote.

    Example:
        >>> delete_where('"public"."t"', '"id" < %s')
        'DELETE FROM "public"."t" WHERE "id" < %s'
    """
    return joined("DELETE FROM", table, "WHERE", condition)


def _three(entry: Sequence[Any]) -> Sequence[Any]:
    if isinstance(entry, str) or not isinstance(entry, Sequence) or not 2 <= len(entry) <= 3:
        raise PlanError(f"expected filters `(op, column, value)`, found {entry!r}", key="where")
    return entry


def _condition(entry: Filter, columns: Sequence[Column]) -> Condition:
    operation, value = str(entry.op).lower(), entry.value
    name = quote_identifier(find_column(columns, entry.column).name)
    if operation not in _OPERATIONS:
        raise PlanError(f"unknown filter `{entry.op}`{near_miss(operation, _OPERATIONS)}", key="where")
    if operation in {"isnull", "isnotnull"}:
        return f"{name} IS {'NOT ' if operation == 'isnotnull' else ''}NULL", []
    if operation == "<=>" and value is None:
        return f"{name} IS NULL", []
    values = list(value) if operation == "in" and isinstance(value, (list, tuple, set, frozenset)) else [value]
    if not values or any(each is None for each in values):
        raise PlanError(
            f"`{entry.op}` on `{entry.column}` needs values other than NULL, with which nothing is equal; say `isnull`",
            key="where",
        )
    if len(values) > _MOST_PARAMETERS:
        raise PlanError(f"`in` takes at most {_MOST_PARAMETERS} values, found {len(values)}; give `keys`", key="where")
    if operation == "in":
        return f"{name} IN ({', '.join(['%s'] * len(values))})", values
    if operation in _PATTERNS:
        if not isinstance(value, str):
            raise PlanError(f"`{entry.op}` takes a string, found {type(value).__name__}", key="where")
        return f"{name} LIKE %s ESCAPE '^'", [_PATTERNS[operation](re.sub(r"([%_^])", r"^\1", value))]
    return f"{name} {'=' if operation == '<=>' else operation} %s", values


def _key_values(key: Any, names: Sequence[str]) -> list[Any]:
    if isinstance(key, Mapping):
        by_name = {fold(str(name)): value for name, value in key.items()}
        values = [by_name.get(fold(name)) for name in names] if len(by_name) == len(names) else []
    elif len(names) == 1 and (isinstance(key, (str, bytes)) or not isinstance(key, Sequence)):
        values = [key]
    else:
        values = list(key) if isinstance(key, Sequence) and not isinstance(key, (str, bytes)) else []
    if len(values) != len(names) or any(value is None for value in values):
        listed = ", ".join(f"`{name}`" for name in names)
        raise PlanError(f"expected values for {listed}, none of them NULL, found {key!r}", key="keys")
    return values
