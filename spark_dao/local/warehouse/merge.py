"""MERGE: Redshift's narrower form, and its REMOVE DUPLICATES, which PostgreSQL does not have."""

from __future__ import annotations

from collections.abc import Sequence

from spark_dao.local.warehouse.failures import not_supported, syntax_error
from spark_dao.local.warehouse.token_reader import TokenReader
from spark_dao.local.warehouse.tokens import Token, folded, literal

_COMPARISONS = ("<", ">", "<=", ">=", "<>", "!=", "~")
_OTHER_CONDITIONS = ("OR", "NOT", "LIKE", "ILIKE", "IN", "BETWEEN", "IS", "EXISTS", "SIMILAR")


def rewrite_merge(sql: str) -> str:
    """Check a MERGE and put it into PostgreSQL's form.

    The target has no alias, the source is a table, the condition is made of equalities, and there is exactly one
    WHEN MATCHED and one WHEN NOT MATCHED in this order (guide, MERGE; bruin#1306). REMOVE DUPLICATES replaces the
    target's rows that match by the source's and adds the source's others; both must have the same columns in the same
    order (guide; PostHog#40583).

    Unlike Redshift (guide, "Usage notes"), several rows of the target that match one row of the source stay several.

    Args:
        sql: The statement.

    Raises:
        WarehouseError: 42601 for what the grammar does not have; 0A000 for a condition other than equalities, whose
            code is a guess.

    Example:
        >>> rewrite_merge("MERGE INTO t USING s ON t.a = s.a REMOVE DUPLICATES").split(" ")[:5]
        ['WITH', 'removed', 'AS', '(DELETE', 'FROM']
    """
    reader = TokenReader(sql)
    reader.expect("MERGE", "INTO")
    target = reader.name()
    reader.expect("USING")
    if reader.next.text == "(":
        raise syntax_error("(")
    source = alias = reader.name()
    if reader.take("AS") or reader.next.keyword != "ON":
        alias = reader.name()
    if folded(source.strip('"')) == folded(target.strip('"')):
        raise not_supported("MERGE: the source and the target cannot be the same table")
    reader.expect("ON")
    condition = _condition(reader)
    if reader.take("REMOVE", "DUPLICATES"):
        if not reader.at_end:
            raise reader.unexpected()
        return _without_duplicates(target, source, alias, condition)
    _clauses(reader)
    return sql


def _condition(reader: TokenReader) -> str:
    start = reader.position
    while not reader.at_end and reader.next.keyword not in ("WHEN", "REMOVE"):
        reader.position += 1
    tokens: Sequence[Token] = reader.tokens[start : reader.position]
    if not tokens:
        raise reader.unexpected()
    unequal = [token.text for token in tokens if token.text in _COMPARISONS or token.keyword in _OTHER_CONDITIONS]
    if unequal or not any(token.text == "=" for token in tokens):
        raise not_supported("MERGE: the ON condition must be equal predicates between source and target columns")
    return reader.sql[tokens[0].start : tokens[-1].end]


def _clauses(reader: TokenReader) -> None:
    reader.expect("WHEN", "MATCHED", "THEN")
    if reader.take_one_of("UPDATE", "DELETE") == "":
        raise reader.unexpected()
    while not reader.at_end and reader.next.keyword != "WHEN":
        _step(reader)
    reader.expect("WHEN", "NOT", "MATCHED", "THEN", "INSERT")
    while not reader.at_end:
        if reader.next.keyword == "WHEN":
            raise reader.unexpected()
        _step(reader)


def _step(reader: TokenReader) -> None:
    # A CASE inside parentheses or not has WHENs of its own.
    if reader.next.text == "(":
        reader.parenthesised()
    elif reader.take("CASE"):
        while not reader.at_end and not reader.take("END"):
            _step(reader)
    else:
        reader.position += 1


def _without_duplicates(target: str, source: str, alias: str, condition: str) -> str:
    using = source if alias == source else f"{source} AS {alias}"
    same = f"spark_dao_warehouse.same_columns({literal(target)}::regclass, {literal(source)}::regclass)"
    removed = " ".join(["(DELETE FROM", target, "USING", using, "WHERE", condition, ")"])
    return " ".join(["WITH removed AS", removed, "INSERT INTO", target, "SELECT * FROM", source, "WHERE", same])
