"""One connection to PostgreSQL."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from collections.abc import Mapping

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.authentication import BackendAuthentication
from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.failures import BackendFailure, BackendGone

RECEIVE_BYTES = 1 << 18
_QUEUED_BYTES = 1 << 16

_SESSION_DEFAULTS = {
    # Redshift writes dates as ISO and works in UTC unless the session says otherwise (source: guide).
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
    # SNAPSHOT is the default isolation of new clusters and workgroups (source: guide, newer page).
    "default_transaction_isolation": "repeatable read",
    # A backslash in a literal is an escape on Redshift (sources: the guide's LIKE page, '%start\\_%'; jOOQ#10628;
    # datafusion-sqlparser-rs#1801).
    "standard_conforming_strings": "off",
    "backslash_quote": "on",
    "escape_string_warning": "off",
}
_CLIENT_PARAMETERS = ("application_name", "client_encoding", "DateStyle", "TimeZone", "extra_float_digits")


class Backend:
    """A PostgreSQL connection that is past its start-up.

    Args:
        connection: The connected socket.
        address: Where PostgreSQL listens; cancel requests go there on a connection of their own.

    Attributes:
        startup_messages: ParameterStatus, BackendKeyData and ReadyForQuery, as they came.
    """

    def __init__(self, connection: socket.socket, address: tuple[str, int]) -> None:
        self.socket = connection
        self.startup_messages: list[wire.Message] = []
        self._address = address
        self._buffer = wire.MessageBuffer()
        self._queued = bytearray()
        self._key = b""

    @classmethod
    def connect(cls, configuration: WarehouseConfiguration, client_parameters: Mapping[str, str]) -> Backend:
        """Connect and authenticate as the backend user.

        Args:
            configuration: The proxy's settings.
            client_parameters: The client's start-up parameters; what PostgreSQL does not know is dropped
                (`client_protocol_version`, `driver_version`, …: it would refuse them with 42704).

        Raises:
            BackendFailure: PostgreSQL refused the connection.
            BackendGone: PostgreSQL cannot be reached or hung up.
        """
        address = (configuration.backend_host, configuration.backend_port)
        try:
            connection = socket.create_connection(address, timeout=30)
        except OSError as error:
            raise BackendGone(f"no PostgreSQL at {address[0]}:{address[1]}: {error}") from error
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        backend = cls(connection, address)
        kept = {name: client_parameters[name] for name in _CLIENT_PARAMETERS if name in client_parameters}
        identity = {"user": configuration.backend_user, "database": configuration.backend_database}
        try:
            backend._start({**_SESSION_DEFAULTS, **kept, **identity}, configuration)
        except BaseException:
            backend.close()
            raise
        return backend

    def _start(self, parameters: Mapping[str, str], configuration: WarehouseConfiguration) -> None:
        authentication = BackendAuthentication(
            configuration.backend_user, configuration.backend_password.get_secret_value()
        )
        self.socket.sendall(wire.startup_packet(parameters))
        while True:
            message = self.next_message()
            if message.kind == b"R":
                self.socket.sendall(authentication.answer(message.payload))
            elif message.kind == b"E":
                raise BackendFailure(wire.read_fields(message.payload))
            else:
                self.startup_messages.append(message)
                if message.kind == b"K":
                    self._key = message.payload
                elif message.kind == b"Z":
                    return

    @property
    def process_id(self) -> int:
        """PostgreSQL's process of this connection (`pg_backend_pid()`)."""
        return int.from_bytes(self._key[:4], "big")

    def buffered(self) -> wire.Message | None:
        """Return the next message that has arrived whole, None where there is none."""
        return self._buffer.take()

    def buffered_run(self, kind: bytes) -> list[bytes]:
        """Return the payloads of the messages of one kind that have arrived and come next."""
        return self._buffer.take_run(kind)

    def receive(self) -> None:
        """Read what is there, or wait for some.

        Raises:
            BackendGone: PostgreSQL closed the connection.
        """
        self.flush()
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except OSError as error:
            raise BackendGone(str(error)) from error
        if not data:
            raise BackendGone("PostgreSQL closed the connection")
        self._buffer.feed(data)

    def next_message(self) -> wire.Message:
        """Wait for the next message."""
        while (message := self._buffer.take()) is None:
            self.receive()
        return message

    def queue(self, data: bytes) -> None:
        """Send with what is sent next, or when there is enough: a system call for each row of a batch would cost most.

        Args:
            data: Whole frames.

        Raises:
            BackendGone: PostgreSQL closed the connection.
        """
        self._queued += data
        if len(self._queued) >= _QUEUED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is queued.

        Raises:
            BackendGone: PostgreSQL closed the connection.
        """
        if self._queued:
            self.send(b"")

    def send(self, data: bytes) -> None:
        """Send, and read meanwhile: a backend that is itself sending could otherwise never take it.

        Args:
            data: Whole frames; they go behind what is queued.

        Raises:
            BackendGone: PostgreSQL closed the connection.
        """
        if self._queued:
            data = bytes(self._queued) + data
            self._queued.clear()
        view = memoryview(data)
        try:
            while view:
                readable, writable, _ = select.select([self.socket], [self.socket], [])
                if readable:
                    self.receive()
                if writable:
                    with contextlib.suppress(BlockingIOError):
                        view = view[self.socket.send(view, socket.MSG_DONTWAIT) :]
        except OSError as error:
            raise BackendGone(str(error)) from error

    def execute(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run statements outside any client's session by a simple Query; return the rows they give, as text.

        Args:
            sql: One or several statements.

        Raises:
            BackendFailure: PostgreSQL refused.
        """
        self.send(wire.message(b"Q", wire.cstring(sql)))
        failure: dict[str, str] | None = None
        rows = []
        while (message := self.next_message()).kind != b"Z":
            if message.kind == b"E":
                failure = wire.read_fields(message.payload)
            elif message.kind == b"D":
                rows.append(wire.read_data_row(message.payload))
        if failure:
            raise BackendFailure(failure)
        return rows

    def cancel(self) -> None:
        """Stop the running statement; a backend that is gone already is no error."""
        if len(self._key) == 8:
            send_cancel_request(self._address, self._key)

    def close(self) -> None:
        """Hang up; PostgreSQL rolls back what is open."""
        self.socket.close()


def send_cancel_request(address: tuple[str, int], key: bytes) -> None:
    """Send a CancelRequest on a connection of its own.

    Args:
        address: Where PostgreSQL listens.
        key: Process id and secret key, as BackendKeyData carries them.
    """
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=10) as connection:
        connection.sendall(struct.pack("!II", 16, wire.CANCEL_REQUEST) + key)
        connection.recv(1)
