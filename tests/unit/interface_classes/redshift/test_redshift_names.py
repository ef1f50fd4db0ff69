"""Names and literals come back from a parser exactly as they went in."""

from __future__ import annotations

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import expressions

from spark_dao.errors import CatalogError, PlanError
from spark_dao.interface_classes.redshift.names import (
    TableName,
    column_name_faults,
    name_fault,
    parse_table_name,
    quote_identifier,
    quote_literal,
    quote_unload_query,
)

characters = st.sampled_from("'\"\\%;-. ") | st.characters(exclude_categories=["Cs"], exclude_characters="\0")
names = st.text(characters, min_size=1, max_size=30)
texts = st.text(characters, max_size=40)


@given(names)
def test_a_quoted_identifier_is_one_identifier_with_the_same_name(name: str) -> None:
    parsed = sqlglot.parse_one(f"SELECT {quote_identifier(name)}", read="redshift")
    assert isinstance(parsed.expressions[0], expressions.Column)
    assert parsed.expressions[0].name == name


@given(texts.filter(lambda text: "\\" not in text))
def test_a_quoted_literal_is_one_literal_with_the_same_value(text: str) -> None:
    parsed = sqlglot.parse_one(f"SELECT {quote_literal(text)}", read="redshift")
    assert isinstance(parsed.expressions[0], expressions.Literal)
    assert parsed.expressions[0].name == text


@given(texts)
def test_an_unloaded_query_is_unescaped_to_itself(query: str) -> None:
    quoted = quote_unload_query(query)
    inside, index, unescaped = quoted[1:-1], 0, ""
    while index < len(inside):
        if inside[index] in "'\\":
            assert inside[index + 1] == inside[index], "a lone quote or backslash would end or change the literal"
            index += 1
        unescaped += inside[index]
        index += 1
    assert unescaped == query


@pytest.mark.parametrize("text", ["a\\b", "a\0b"])
def test_a_literal_that_could_be_read_two_ways_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="backslash"):
        quote_literal(text)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("", "empty"), ("a\0", "NUL"), ("x" * 128, "128 bytes"), ("é" * 64, "128 bytes"), ("\ud800", "Unicode")],
)
def test_a_name_that_redshift_cannot_take_is_refused_with_the_reason(name: str, reason: str) -> None:
    assert reason in str(name_fault(name))
    with pytest.raises(PlanError, match=reason):
        quote_identifier(name)


def test_a_name_of_127_bytes_is_taken() -> None:
    assert name_fault("é" * 63 + "x") is None


def test_columns_that_differ_in_case_only_are_refused() -> None:
    assert column_name_faults(["Id", "name", "ID"]) == ["`Id` and `ID` are one name to Redshift, which folds case"]
    assert column_name_faults(["É", "é"]) == []


@given(names, names)
def test_a_quoted_schema_and_table_are_read_back(schema: str, table: str) -> None:
    name = TableName(schema, table)
    assert parse_table_name(name.sql, "other") == name


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a.b.c", 'a"b', '"a', '"a"b', '""'])
def test_a_malformed_table_name_is_refused(text: str) -> None:
    with pytest.raises(CatalogError):
        parse_table_name(text, "public")


def test_a_table_name_may_hold_spaces() -> None:
    assert parse_table_name("users per day", "public") == TableName("public", "users per day")
