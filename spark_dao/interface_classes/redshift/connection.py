"""Connections to the warehouse through redshift-connector, and what it answers when it refuses.

Driver rules (redshift-connector 2.2 source): `autocommit` is off and closing commits nothing; `timeout` bounds every
read, not only connecting; prepared statements are cached across DDL unless `max_prepared_statements` is 0; the server's
answer is a dict in the exception's first argument, keyed by the protocol's field letters.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.redshift.connection_failures import connection_failure, server_answer
from spark_dao.interface_classes.redshift.login import login
from spark_dao.interface_classes.redshift.settings import RedshiftSettings

_LOGGER = logging.getLogger(__name__)
_KEEPALIVE_IDLE_SECONDS = 60
_MISSING_DRIVER = (
    "Redshift needs redshift-connector, which is not installed; run `pip install 'spark_dao[redshift]'` where this runs"
)
# `error: … code: … context: … query: … location: … process: …`, one to a line between two lines of dashes.
_CONTEXT = re.compile(
    r"^\s*context:\s*(.*?)\s*(?=^\s*(?:query|location|process):|^\s*-{5,}|\Z)", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r"^\s*code:\s*(\d+)", re.MULTILINE)
# States in which the server ends a session by itself: what was asked may or may not have been done.
_ENDING_CODES = ("57P01", "57P02", "57P03", "08")


class ServerRefusal(InterfaceError):
    """The warehouse answered a statement with an error.

    Attributes:
        code: SQLSTATE, such as `42P01`.
        reason: The server's message with its detail.
    """

    code: str = ""
    reason: str = ""

    @property
    def is_serialization_failure(self) -> bool:
        """Whether the transaction lost against a concurrent one and may be run again.

        Redshift reports `ERROR: 1023 DETAIL: Serializable isolation violation on table` (guide, "Serializable
        isolation"); PostgreSQL uses SQLSTATE 40001.
        """
        serialization = self.reason.startswith("1023") or "isolation violation" in self.reason
        return self.code == "40001" or (self.code == "XX000" and serialization)

    def __reduce__(self) -> tuple[object, ...]:
        state = {"code": self.code, "reason": self.reason}
        return (*super().__reduce__(), state)


class ConnectionLost(InterfaceError):
    """The connection ended before the warehouse answered."""


class Answer(NamedTuple):
    """What a statement came to.

    Attributes:
        names: Its columns, none where it has no rows to return.
        rows: The rows.
        changed: How many rows it inserted, updated or deleted, -1 where the warehouse did not say.
    """

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    changed: int


class Session:
    """One connection in one transaction at a time; autocommit is off.

    Args:
        connection: The driver's connection.
        where: The warehouse in words, for messages.
    """

    def __init__(self, connection: Any, where: str) -> None:
        self._connection = connection
        self._where = where

    def run(self, statement: str, parameters: Sequence[Any] | None = None) -> Answer:
        """Run one statement, opening a transaction where none is open.

        Args:
            statement: SQL, `%s` for each parameter.
            parameters: Values to bind; None where the statement holds no `%s`.

        Raises:
            ServerRefusal: The warehouse answered with an error.
            ConnectionLost: It did not answer.
        """
        with self._translated():
            cursor = self._connection.cursor()
            cursor.execute(statement, None if parameters is None else tuple(parameters))
            described = cursor.description or ()
            rows = cursor.fetchall() if described else ()
        names = tuple(_text(column[0]) for column in described)
        return Answer(names, [tuple(row) for row in rows], int(cursor.rowcount))

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows, an empty list where it has none; see `run`."""
        return self.run(statement, parameters).rows

    def end_transactions_at_once(self) -> None:
        """Commit each statement by itself from now on, for those that cannot run in a transaction block."""
        with self._translated():
            self._connection.autocommit = True

    def commit(self) -> None:
        """Commit. Raises like `execute`; after `ConnectionLost` the outcome is unknown."""
        with self._translated():
            self._connection.commit()

    def rollback(self) -> None:
        """Roll back. Raises like `execute`."""
        with self._translated():
            self._connection.rollback()

    def close(self) -> None:
        """End the connection; what was not committed is rolled back by the server."""
        try:
            self._connection.close()
        except Exception as error:
            # A connection that is lost already cannot be closed any better.
            _LOGGER.debug("closing the connection to %s failed with %s", self._where, type(error).__name__)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            answer = server_answer(error)
            if answer is not None and not answer.get("C", "").startswith(_ENDING_CODES):
                raise _refusal(self._where, answer) from None
            if answer is None and not _is_broken_connection(error):
                raise
            found = answer.get("M", "") if answer else str(error)
            raise ConnectionLost(f"the connection to {self._where} was lost: {found}") from None


@contextlib.contextmanager
def connected(settings: RedshiftSettings) -> Iterator[Session]:
    """Open a session and close it at the end; committing is the caller's business.

    Args:
        settings: The warehouse.

    Raises:
        InterfaceError: The driver is missing, the warehouse cannot be reached, or it refuses the user.
    """
    session = connect(settings)
    try:
        yield session
    finally:
        session.close()


def connect(settings: RedshiftSettings) -> Session:
    """Open a session; see `connected`."""
    try:
        import redshift_connector
    except ImportError:
        raise InterfaceError(_MISSING_DRIVER) from None
    given = login(settings)
    failure: InterfaceError
    try:
        connection = redshift_connector.connect(
            host=settings.host,
            port=settings.port,
            user=given.user,
            password=given.password.get_secret_value(),
            database=settings.database,
            ssl=settings.ssl,
            timeout=settings.connect_timeout,
            max_prepared_statements=0,
            application_name="spark_dao",
        )
        _unbind_reads(connection)
        return Session(connection, settings.where)
    except Exception as error:
        # The driver's exceptions are dropped: their frames hold the password.
        failure = connection_failure(settings, given, error)
    raise failure


def _unbind_reads(connection: Any) -> None:
    """Let statements take as long as they need, yet notice a peer that vanished.

    The driver offers one timeout for connecting and for reading, and a COPY may take hours.
    """
    raw_socket = getattr(connection, "_usock", None)
    if raw_socket is None:
        return
    raw_socket.settimeout(None)
    if hasattr(socket, "TCP_KEEPIDLE"):
        raw_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_IDLE_SECONDS)


def _is_broken_connection(error: Exception) -> bool:
    # A connection cut between two messages surfaces in the driver as whatever its parser trips over.
    driver_words = ("BrokenPipe", "connection is closed", "connection time out", "communication error")
    return (
        isinstance(error, (OSError, EOFError))
        or type(error).__name__ == "error"
        or any(word in str(error) for word in driver_words)
    )


def _refusal(where: str, answer: dict[str, str]) -> ServerRefusal:
    parts = (answer.get("M", ""), _without_frame(answer.get("D", "")))
    reason = ": ".join(" ".join(part.split()) for part in parts if part.strip())
    hint = f" ({answer['H']})" if answer.get("H") else ""
    refusal = ServerRefusal(f"{where} refused: {reason}{hint} [{answer['C']}]")
    refusal.code, refusal.reason = answer["C"], reason
    return refusal


def _without_frame(detail: str) -> str:
    """Take what matters out of a detail that Redshift frames with dashes and its own source locations."""
    context = _CONTEXT.search(detail)
    code = _CODE.search(detail)
    if context is None:
        return detail
    return f"{context.group(1)} (code {code.group(1)})" if code else context.group(1)


def _text(value: object) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
