"""SQL that the catalog or the caller says, to run beside what spark_dao itself does."""

from __future__ import annotations

import json
import re
from typing import Any

from spark_dao.errors import PlanError

_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"\w+")
# TRUNCATE commits (guide, "TRUNCATE"); the others end the transaction or cannot run in one.
_ENDING = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "TRUNCATE", "VACUUM"})


def checked_statements(statements: Any, key: str) -> tuple[str, ...]:
    """Return statements that are to run inside a write's transaction.

    Args:
        statements: A list of statements, or its JSON text (an option of a DataFrameWriter); None for none. A text is
            never split: a semicolon may be part of a literal.
        key: `pre_statements` or `post_statements`, for the message.

    Raises:
        PlanError: It is no list of statements, or one of them would end the transaction.

    Example:
        >>> checked_statements(["DELETE FROM marts.days WHERE day = '2025;01'"], "pre_statements")
        ("DELETE FROM marts.days WHERE day = '2025;01'",)
    """
    if statements is None:
        return ()
    if isinstance(statements, str):
        try:
            statements = json.loads(statements)
        except ValueError:
            statements = None
    if not isinstance(statements, (list, tuple)) or not all(isinstance(each, str) for each in statements):
        raise PlanError("expected a list with one SQL statement in each place, or its JSON text", key=key)
    for statement in statements:
        word = first_word(statement)
        if not word:
            raise PlanError("expected a SQL statement, found an empty one", key=key)
        if word in _ENDING:
            raise PlanError(f"{word} would end the transaction of the write; run it by itself with `dao.run`", key=key)
    return tuple(statements)


def first_word(statement: str) -> str:
    r"""Return a statement's first word in upper case, comments passed over.

    Example:
        >>> first_word("-- yesterday's\n select 1")
        'SELECT'
    """
    leading = _LEADING.match(statement)
    word = _WORD.match(statement, leading.end() if leading else 0)
    return word.group().upper() if word else ""
