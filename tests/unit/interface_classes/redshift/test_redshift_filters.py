"""What is pushed down, and above all what is not."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import expressions

from spark_dao.interface_classes.redshift.filters import conditions
from spark_dao.interface_classes.redshift.types import Column
from spark_dao.plans import Filter

COLUMNS = [
    Column("flag", "boolean"),
    Column("id", "bigint"),
    Column("price", "numeric(18,2)"),
    Column("ratio", "double precision"),
    Column("name", "character varying(65535)"),
    Column("code", "character(5)"),
    Column("day", "date"),
    Column("at", "timestamp with time zone"),
    Column("local", "timestamp without time zone"),
    Column("doc", "super"),
]
UTC = datetime.timezone.utc
TWO_HOURS_EAST = datetime.timezone(datetime.timedelta(hours=2))


@pytest.mark.parametrize(
    ("entry", "condition"),
    [
        (Filter("=", "id", 5), '"id" = 5'),
        (Filter("<=>", "id", -5), '"id" = -5'),
        (Filter(">=", "ID", 5), '"id" >= 5'),
        (Filter("in", "id", (1, None, 2)), '"id" IN (1, 2)'),
        (Filter("=", "flag", True), '"flag" = TRUE'),
        (Filter("<", "price", Decimal("1E+3")), '"price" < 1000'),
        (Filter("=", "name", "it's"), "\"name\" = 'it''s'"),
        (Filter("in", "name", ("a", "b ")), "\"name\" IN ('a', 'b ')"),
        (Filter("startswith", "name", "5%_^'"), "\"name\" LIKE '5^%^_^^''%' ESCAPE '^'"),
        (Filter("=", "code", "ab"), "\"code\" = 'ab'"),
        (Filter(">", "day", datetime.date(2025, 1, 7)), "\"day\" > DATE '2025-01-07'"),
        (
            Filter("<", "at", datetime.datetime(2025, 1, 7, 1, tzinfo=TWO_HOURS_EAST)),
            "\"at\" < TIMESTAMPTZ '2025-01-06 23:00:00.000000+00'",
        ),
        (
            Filter(">=", "local", datetime.datetime(2025, 1, 7, 0, 0, 0, 1)),
            "\"local\" >= TIMESTAMP '2025-01-07 00:00:00.000001'",
        ),
        (Filter("isnull", "doc"), '"doc" IS NULL'),
        (Filter("isnotnull", "ratio"), '"ratio" IS NOT NULL'),
    ],
)
def test_a_safe_filter_is_pushed(entry: Filter, condition: str) -> None:
    assert conditions([entry], COLUMNS) == [condition]


@pytest.mark.parametrize(
    "entry",
    [
        Filter("<", "name", "m"),
        Filter(">=", "code", "m"),
        Filter("=", "name", "back\\slash"),
        Filter("=", "name", "n\0l"),
        Filter("=", "name", "\ud800"),
        Filter("=", "name", "x" * 65536),
        Filter("startswith", "name", "back\\slash"),
        Filter("startswith", "code", "ab"),
        Filter("endswith", "name", "z"),
        Filter("contains", "name", "z"),
        Filter("=", "ratio", 0.5),
        Filter("<", "ratio", 0.5),
        Filter("in", "ratio", (0.5,)),
        Filter("=", "id", 0.5),
        Filter("=", "id", True),
        Filter("=", "id", 2**63),
        Filter("=", "id", None),
        Filter("<=>", "id", None),
        Filter("in", "id", ()),
        Filter("in", "id", (None,)),
        Filter("in", "id", (1, 2**63)),
        Filter("in", "id", tuple(range(1001))),
        Filter("=", "price", Decimal("NaN")),
        Filter("=", "price", 0.1),
        Filter("=", "price", Decimal(10) ** 40),
        Filter("=", "day", datetime.datetime(2025, 1, 7)),
        Filter("=", "day", "2025-01-07"),
        Filter("=", "at", datetime.datetime(2025, 1, 7)),
        Filter("=", "at", datetime.datetime.min.replace(tzinfo=TWO_HOURS_EAST)),
        Filter("=", "local", datetime.datetime(2025, 1, 7, tzinfo=UTC)),
        Filter("<", "flag", True),
        Filter("=", "doc", "1"),
        Filter("=", "unknown", 1),
        Filter("<>", "id", 1),
        Filter("not in", "id", (1,)),
    ],
    ids=repr,
)
def test_a_filter_that_could_lose_rows_is_left_to_spark(entry: Filter) -> None:
    assert conditions([entry], COLUMNS) == []


@given(st.text(st.sampled_from("'\"\\%_^-") | st.characters(), max_size=20), st.sampled_from(["=", "in", "startswith"]))
def test_no_string_breaks_out_of_its_literal(value: str, op: str) -> None:
    operand: Any = (value,) if op == "in" else value
    for condition in conditions([Filter(op, "name", operand)], COLUMNS):
        parsed = sqlglot.parse_one(f"SELECT 1 WHERE {condition}", read="redshift").find(expressions.Where)
        assert parsed is not None
        found = [literal.name for literal in parsed.find_all(expressions.Literal)]
        assert value in found or op == "startswith"
        assert [column.name for column in parsed.find_all(expressions.Column)] == ["name"]
