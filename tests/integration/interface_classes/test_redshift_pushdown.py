"""Filters that are pushed into UNLOAD, operator by operator and type by type: no row that Spark would keep is lost.

Redshift passes over trailing blanks and has an order of its own for NaN; what Spark keeps is said here in Python.
"""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from spark_dao.interface_classes.redshift import metadata
from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.filters import conditions
from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.plans import Filter
from tests.integration.interface_classes.gold_tables import Thing, configs, name_of, read, sql

UTC = datetime.timezone.utc
DAY = datetime.date(2025, 1, 7)
NOON = datetime.datetime(2025, 1, 7, 12, 0, 0, 123456)
EVENING = datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)
NAN, INFINITY = float("nan"), float("inf")
# Type in the warehouse, and literals of it beside what they are in Python.
TYPES: dict[str, list[tuple[str, Any]]] = {
    "boolean": [("true", True), ("false", False)],
    "smallint": [("-32768", -(2**15)), ("0", 0), ("7", 7)],
    "integer": [("-1", -1), ("0", 0), ("2147483647", 2**31 - 1)],
    "bigint": [("-9223372036854775808", -(2**63)), ("0", 0), ("7", 7)],
    "real": [("1.5", 1.5), ("'NaN'", NAN), ("'-Infinity'", -INFINITY), ("0", -0.0)],
    "double precision": [("0.1", 0.1), ("'NaN'", NAN), ("'Infinity'", INFINITY), ("0", -0.0)],
    "decimal(18,2)": [("-0.01", Decimal("-0.01")), ("0", Decimal(0)), ("1.50", Decimal("1.5"))],
    "decimal(38,10)": [("0.0000000001", Decimal("1E-10")), ("7", Decimal(7))],
    "date": [("'0001-01-01'", datetime.date(1, 1, 1)), ("'2025-01-07'", DAY), ("'9999-12-31'", datetime.date.max)],
    "timestamp": [("'2025-01-07 12:00:00.123456'", NOON), ("'1969-12-31 23:59:59.999999'", EVENING)],
    "timestamptz": [("'2025-01-07 12:00:00.123456+00'", NOON.replace(tzinfo=UTC))],
    "varchar(20)": [
        ("'a'", "a"), ("'a '", "a "), ("'a  b'", "a  b"), ("''", ""), ("' '", " "), ("'A'", "A"), ("'é%_'", "é%_"),
    ],
    "char(4)": [("'a'", "a"), ("'a b'", "a b"), ("''", "")],
    "super": [("json_parse('[1]')", "[1]")],
}  # fmt: skip
COMPARISONS = ("=", "<=>", "<", "<=", ">", ">=", "<>")
OPERATORS = (*COMPARISONS, "in", "not in", "isnull", "isnotnull", "startswith", "endswith", "contains")


def column_of(kind: str) -> str:
    return kind.translate(str.maketrans(" (,", "___", ")"))


@pytest.fixture(scope="module")
def table(local_stack: Any) -> Iterator[Thing]:
    gold = RedshiftSparkInterface(**configs(local_stack.environment()))
    thing = Thing(f"pushed_{uuid.uuid4().hex[:8]}")
    declared = ", ".join(f'"{column_of(kind)}" {kind}' for kind in TYPES)
    sql(gold, f"CREATE TABLE {name_of(thing)} (n int, {declared})")
    for n in range(max(map(len, TYPES.values())) + 1):
        literals = [values[n][0] if n < len(values) else "NULL" for values in TYPES.values()]
        sql(gold, f"INSERT INTO {name_of(thing)} SELECT {n}, {', '.join(literals)}")
    yield thing
    sql(gold, f"DROP TABLE {name_of(thing)}")


def rank(value: Any) -> tuple[int, Any]:
    """Order as Spark does: NaN is equal to itself and greater than all else."""
    if isinstance(value, float) and math.isnan(value):
        return (1, 0)
    return (0, value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value)


def kept_by_spark(op: str, found: Any, operand: Any) -> bool:
    """Say whether Spark keeps a row; NULL is never kept by a comparison."""
    if op in ("isnull", "isnotnull"):
        return (found is None) == (op == "isnull")
    if found is None or operand is None:
        return op == "<=>" and found is operand
    if op in ("in", "not in"):
        return any(rank(found) == rank(one) for one in operand) == (op == "in")
    if op in ("startswith", "endswith", "contains"):
        return bool(
            {"startswith": found.startswith, "endswith": found.endswith, "contains": found.__contains__}[op](operand)
        )
    mine, other = rank(found), rank(operand)
    return {
        "=": mine == other,
        "<=>": mine == other,
        "<": mine < other,
        "<=": mine <= other,
        ">": mine > other,
        ">=": mine >= other,
        "<>": mine != other,
    }[op]


def operands(op: str, values: list[Any]) -> list[Any]:
    if op in ("isnull", "isnotnull"):
        return [None]
    if op in ("in", "not in"):
        return [tuple(values), *((value,) for value in values)]
    if op in ("startswith", "endswith", "contains"):
        return [value for value in values if isinstance(value, str)]
    return values


@pytest.mark.parametrize("kind", TYPES)
def test_no_row_that_spark_keeps_is_lost(gold: RedshiftSparkInterface, table: Thing, kind: str) -> None:
    column = column_of(kind)
    rows = {row["n"]: row[column] for row in read(gold, table, ["n", column])}
    assert len(rows) == max(map(len, TYPES.values())) + 1
    pushed = {}
    with connected(gold.settings) as session:
        known = metadata.existing_table(session, TableName("public", table.name)).columns
        for op in OPERATORS:
            for operand in operands(op, [value for _, value in TYPES[kind]]):
                given = Filter(op, column, operand)
                condition = " AND ".join(conditions([given], known))
                if not condition:
                    continue
                statement = f"SELECT n FROM {name_of(table)} WHERE {condition}"
                selected = {row[0] for row in session.execute(statement)}
                kept = {n for n, found in rows.items() if kept_by_spark(op, found, operand)}
                assert kept <= selected, statement
                pushed.setdefault(op, given)
    assert {"isnull", "isnotnull"} <= set(pushed)
    for op, given in pushed.items():
        unloaded = {row["n"] for row in read(gold, table, ["n"], [given])}
        assert {n for n, found in rows.items() if kept_by_spark(op, found, given.value)} <= unloaded, given


def test_a_trailing_blank_is_left_to_spark(gold: RedshiftSparkInterface, table: Thing) -> None:
    """Redshift takes `a` and `a ` for equal (guide, "Significance of trailing blanks"); Spark tells them apart."""
    found = read(gold, table, ["varchar_20"], [Filter("=", "varchar_20", "a")])
    assert sorted(row["varchar_20"] for row in found) == ["a", "a "]


def test_a_comparison_of_floats_is_left_to_spark(gold: RedshiftSparkInterface, table: Thing) -> None:
    """To Spark NaN is greater than any number; the rows come all, for Spark to choose from."""
    everything = read(gold, table, ["n"])
    for op in COMPARISONS:
        assert read(gold, table, ["n"], [Filter(op, "double_precision", 1.0)]) == everything
