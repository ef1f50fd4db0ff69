"""What PostgreSQL takes and Redshift's grammar does not have, wherever it stands in a statement."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spark_dao.local.warehouse.failures import WarehouseError, not_supported, syntax_error
from spark_dao.local.warehouse.tokens import Token, tokenize, word_set

_MAYBE = re.compile(
    r"\b(?:on\s+conflict|returning|generate_series|string_agg|array_agg)\b|\be'"
    r"|(?:\b(?:from|join|using|as)|,)\s*\(\s*values\b",
    re.IGNORECASE,
)
_LOOKED_AT = word_set("SAVEPOINT RELEASE ROLLBACK VALUES LOCK")
_LEADER_ONLY = word_set("GENERATE_SERIES STRING_AGG ARRAY_AGG")
_BEFORE_A_TABLE = word_set("FROM JOIN USING INTO UPDATE")
_BEFORE_VALUES = word_set("FROM JOIN USING AS")
_WRITES = word_set("INSERT UPDATE DELETE MERGE")
_SYSTEM = ("pg_", "stl_", "stv_", "svl_", "svv_", "svcs_", "sys_", "information_schema")


def refuse(sql: str, keyword: str) -> None:
    """Refuse what Redshift refuses.

    Args:
        sql: One statement.
        keyword: Its first word, in upper case.

    Raises:
        WarehouseError: It has a clause that Redshift does not have (guide: INSERT, "Unsupported PostgreSQL features",
            "Leader node-only functions"; npgsql#515 for E'…', which is a cast to a type named e).

    Example:
        >>> refuse("INSERT INTO t VALUES ('returning')", "INSERT")
    """
    if keyword not in _LOOKED_AT and not _MAYBE.search(sql):
        return
    tokens = tokenize(sql)
    if keyword in ("SAVEPOINT", "RELEASE") or (keyword == "ROLLBACK" and any(t.keyword == "TO" for t in tokens)):
        raise not_supported(f'SQL command "{sql.strip()}" not supported.')
    if keyword == "VALUES":
        raise syntax_error(tokens[0].text)
    if keyword == "LOCK" and any(token.keyword in ("IN", "NOWAIT", "ONLY") for token in tokens):
        raise syntax_error(next(token.text for token in tokens if token.keyword in ("IN", "NOWAIT", "ONLY")))
    for index, token in enumerate(tokens):
        _refuse_clause(tokens, index, token)
    if any(token.keyword in _LEADER_ONLY for token in tokens) and (keyword in _WRITES or _reads_a_table(tokens)):
        raise not_supported("Specified types or functions (one per INFO message) not supported on Redshift tables.")


def _refuse_clause(tokens: Sequence[Token], index: int, token: Token) -> None:
    following = tokens[index + 1].keyword if index + 1 < len(tokens) else ""
    if token.keyword == "RETURNING":
        raise syntax_error(token.text)
    if token.keyword == "ON" and following == "CONFLICT":
        raise syntax_error(tokens[index + 1].text)
    if token.kind == "string" and token.text[0] in "eE":
        raise WarehouseError("42704", 'type "e" does not exist')
    if token.keyword == "VALUES" and index > 1 and tokens[index - 1].text == "(":
        before = tokens[index - 2]
        if before.text == "," or before.keyword in _BEFORE_VALUES:
            raise syntax_error(token.text)


def _reads_a_table(tokens: Sequence[Token]) -> bool:
    for index, token in enumerate(tokens[:-1]):
        name = tokens[index + 1].identifier
        called = index + 2 < len(tokens) and tokens[index + 2].text == "("
        if token.keyword in _BEFORE_A_TABLE and name and not called and not name.startswith(_SYSTEM):
            return True
    return False
