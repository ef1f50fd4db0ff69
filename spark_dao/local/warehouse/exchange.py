"""One session's exchange with its backend: what the client asked for, and what the proxy slips in between."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import NamedTuple

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.backend import Backend
from spark_dao.local.warehouse.failures import BackendFailure, WarehouseError, translated
from spark_dao.local.warehouse.relay import FLUSH, SYNC, Relay

_OWN_STATEMENT = "spark_dao_own"


class Result(NamedTuple):
    """What a slipped-in statement answered.

    Attributes:
        columns: The result's columns.
        rows: Values as text.
    """

    columns: tuple[wire.FieldDescription, ...]
    rows: list[tuple[str | None, ...]]


class Exchange(Relay):
    """A relay that also runs statements of the proxy's own inside the client's transaction.

    Args:
        client: The client's socket.
        backend: The client's own backend connection.

    Attributes:
        midway: Called once during a COPY, when some of its rows are in the transaction.
    """

    def __init__(self, client: socket.socket, backend: Backend) -> None:
        super().__init__(client, backend)
        self.midway: Callable[[], None] = _nothing

    def query(self, sql: str) -> Result:
        """Run a statement of the proxy's own inside the client's transaction; the backend must be idle.

        Args:
            sql: One statement.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        self.fresh = False
        name = wire.cstring(_OWN_STATEMENT)
        self.backend.send(
            wire.parse_message(sql, _OWN_STATEMENT)
            + wire.bind_message(_OWN_STATEMENT, _OWN_STATEMENT)
            + wire.message(b"D", b"P" + name)
            + wire.execute_message(_OWN_STATEMENT)
            + wire.message(b"C", b"P" + name)
            + wire.message(b"C", b"S" + name)
            + FLUSH
        )
        return self._own_result(closing=2)

    def describe(self, sql: str) -> tuple[wire.FieldDescription, ...]:
        """Return the columns that a query would have, without running it; the backend must be idle.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        self.fresh = False
        name = wire.cstring(_OWN_STATEMENT)
        self.backend.send(
            wire.parse_message(sql, _OWN_STATEMENT)
            + wire.message(b"D", b"S" + name)
            + wire.message(b"C", b"S" + name)
            + FLUSH
        )
        return self._own_result(closing=1).columns

    def _own_result(self, closing: int) -> Result:
        result = Result((), [])
        while closing:
            message = self.next_message()
            if message.kind == b"T":
                result = result._replace(columns=wire.read_row_description(message.payload))
            elif message.kind == b"D":
                result.rows.append(wire.read_data_row(message.payload))
            elif message.kind == b"3":
                closing -= 1
            elif message.kind == b"E":
                self.skipping = True
                raise BackendFailure(translated(wire.read_fields(message.payload)))
        return result

    def prepare_own(self, sql: str) -> None:
        """Parse and bind a statement as the unnamed one, so that an Execute can follow.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        self.fresh = False
        self.backend.send(wire.parse_message(sql) + wire.bind_message() + FLUSH)
        for _ in range(2):
            self.expect(b"12")

    def describe_own(self) -> None:
        """Send the client the columns of what `prepare_own` prepared, as a simple Query does; nothing without columns.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        self.backend.send(wire.message(b"D", b"P\0") + FLUSH)
        description = self.expect(b"Tn")
        if description.kind == b"T":
            self.relay([description])

    def execute(self, raw: bytes, answers: bytes) -> wire.Message:
        """Send an Execute and wait for one of some answers; notices go to the client.

        Args:
            raw: The Execute message.
            answers: Type bytes to wait for.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        self.backend.send(raw + FLUSH)
        answer = self.expect(answers)
        if answer.kind == b"C":
            self.note_tag(answer)
        return answer

    def expect(self, answers: bytes) -> wire.Message:
        """Wait for one of some answers; what else comes goes to the client.

        Raises:
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        while True:
            message = self.next_message()
            if message.kind in answers:
                return message
            if message.kind == b"E":
                self.skipping = True
                raise BackendFailure(translated(wire.read_fields(message.payload)))
            self.send_client(message.raw)

    def fail(self, error: WarehouseError) -> None:
        """Make the client's transaction fail with an error of the proxy's own.

        PostgreSQL is given something that cannot be parsed, so that its transaction is aborted as by any other
        error; its ErrorResponse is replaced.
        """
        if not self.skipping:
            self.backend.send(wire.parse_message("spark_dao_refused_this_statement") + FLUSH)
            while self.next_message().kind != b"E":
                continue
            self.skipping = True
        self.send_client(wire.fields_message(b"E", error.fields()))

    def report(self, failure: BackendFailure) -> None:
        """Send PostgreSQL's refusal to the client."""
        self.send_client(wire.fields_message(b"E", failure.fields))

    def settle_own(self) -> None:
        """Commit what needs no COMMIT, as the Sync would that the client no longer sends."""
        self.backend.send(SYNC)
        while self.next_message().kind != b"Z":
            continue


def _nothing() -> None:
    """What happens midway unless a fault strikes."""
