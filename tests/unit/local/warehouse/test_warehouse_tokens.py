"""Tokens of Redshift SQL."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from spark_dao.local.warehouse.tokens import literal, quote_identifier, statements, tokenize

AWKWARD = st.text(alphabet=st.sampled_from(list("ab\\'\"$;-/* \néE")), max_size=12)


@given(AWKWARD)
def test_a_quoted_literal_is_one_token_with_its_value(text):
    """PostgreSQL documentation, "Lexical Structure"."""
    tokens = tokenize(f"SELECT {literal(text)}, 1")
    assert [token.kind for token in tokens] == ["word", "string", "symbol", "number"]
    assert tokens[1].value == text


@given(AWKWARD)
def test_an_unload_literal_comes_back(text):
    """S: quotes and backslashes are doubled."""
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    assert tokenize(f"'{doubled}'")[0].value == text


@given(AWKWARD.filter(bool))
def test_a_quoted_name_is_one_token(name):
    """G: delimited identifiers."""
    (token,) = tokenize(quote_identifier(name))
    assert (token.kind, token.identifier) == ("quoted", name.lower())


@given(AWKWARD)
def test_any_text_is_covered_by_tokens_in_order(text):
    """Rewriting relies on the tokens' places."""
    tokens = tokenize(text)
    assert all(left.end <= right.start for left, right in itertools.pairwise(tokens))
    assert all(text[token.start : token.end] == token.text for token in tokens)


def test_statements_end_at_semicolons_outside_quotes_and_comments():
    """PostgreSQL documentation, "Lexical Structure"."""
    sql = "SELECT ';' -- ;\n; SELECT $x$;$x$ /* ; */;; SELECT \"a;b\""
    assert statements(sql) == ["SELECT ';' -- ;", "SELECT $x$;$x$ /* ; */", 'SELECT "a;b"']
    assert statements(" ") == []
