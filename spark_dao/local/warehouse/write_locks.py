"""The lock that a write takes on its table, and holds until its transaction ends.

INSERT, UPDATE, DELETE, MERGE and COPY wait for each other on one table; readers wait for none of them (sources: the
guide's STV_LOCKS and "Write and read/write operations"; measured for DELETE and UPDATE). PostgreSQL would let them run
side by side. That a waiting statement sees what the one before it committed, unless its transaction has read already,
is a guess.
"""

from __future__ import annotations

import re

from spark_dao.local.warehouse.exchange import Exchange
from spark_dao.local.warehouse.tokens import literal

_SPACE = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_PART = r"""(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)"""
_WRITE = re.compile(
    rf"{_SPACE}(?:INSERT{_SPACE}INTO|MERGE{_SPACE}INTO|DELETE(?:{_SPACE}FROM)?|UPDATE|COPY)\b{_SPACE}"
    rf"({_PART}(?:{_SPACE}\.{_SPACE}{_PART})?)",
    re.IGNORECASE | re.DOTALL,
)


def write_target(sql: str) -> str:
    """Return the table that a statement writes to, as the statement spells it; empty for any other statement.

    Args:
        sql: One statement.

    Example:
        >>> write_target('insert into public."My t" values (1)'), write_target("SELECT 1")
        ('public."My t"', '')
    """
    match = _WRITE.match(sql)
    return match.group(1) if match else ""


class WriteLocks:
    """The locks of one session.

    Args:
        exchange: The session's sockets.
        user: The user that the session has become, empty for the warehouse's own, who may lock any table.
    """

    def __init__(self, exchange: Exchange, user: str = "") -> None:
        self._exchange = exchange
        self._user = user
        self._held: set[str] = set()

    def release(self) -> None:
        """Forget the locks of a transaction that has ended."""
        self._held.clear()

    def holds(self, table: str) -> bool:
        """Tell whether a table's lock is held by the transaction block that is open.

        Args:
            table: The table, as the statement spells it.
        """
        return self._exchange.in_block and table in self._held

    def before_parse(self, table: str) -> None:
        """Make sure that parsing does not fix a snapshot from before the lock; the backend must be idle.

        Args:
            table: The table that the statement writes to, as it spells it.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        if self._exchange.in_block:
            self._lock(table)
        else:
            self._begin()

    def before_bind(self, table: str) -> None:
        """Wait for a table's lock; the backend must be idle.

        Args:
            table: The table that the statement writes to, as it spells it.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        if self._exchange.in_block:
            self._lock(table)
            return
        self._begin()
        if table not in self._held:
            # LOCK needs a transaction block; a function may lock without one.
            self._exchange.query(f"SELECT spark_dao_warehouse.take_write_lock({literal(table)})")
            self._held.add(table)

    def _begin(self) -> None:
        # Without a transaction block even the lock takes a snapshot. A single statement of a level that takes a new one
        # for each sees what was committed meanwhile.
        if self._exchange.fresh:
            self.release()
            self._exchange.query("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def _lock(self, table: str) -> None:
        # LOCK takes no snapshot, so what is read behind it includes what those waited for have committed.
        if table not in self._held:
            self._as_owner(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            self._held.add(table)

    def _as_owner(self, sql: str) -> None:
        # Redshift's implicit lock asks for no right but that to write.
        if not self._user:
            self._exchange.query(sql)
            return
        self._exchange.query("RESET SESSION AUTHORIZATION")
        try:
            self._exchange.query(sql)
        finally:
            if not self._exchange.skipping:
                self._exchange.query(f"SET SESSION AUTHORIZATION {self._user}")
