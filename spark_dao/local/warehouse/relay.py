"""The two sockets of one session, and what has been sent on one and not yet answered on the other.

The backend answers strictly in order, so a queue of expected answers tells at any time whether the backend is idle
(then the proxy may slip statements of its own into the client's transaction) and whether it is skipping everything
until the next Sync after an error.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.backend import RECEIVE_BYTES, Backend
from spark_dao.local.warehouse.column_types import JSONB
from spark_dao.local.warehouse.failures import ClientGone, translated

FLUSH = wire.message(b"H")
SYNC = wire.message(b"S")
# Which answer settles which message; a Describe of a statement sends `t` first, then `T` or `n`.
_ANSWERS = {b"P": b"1", b"B": b"2", b"C": b"3", b"D": b"Tn", b"E": b"CIs", b"S": b"Z", b"Q": b"Z", b"F": b"Z"}
_BLOCK_TAGS = {"BEGIN": True, "START TRANSACTION": True, "COMMIT": False, "ROLLBACK": False}
_READ_AHEAD = 1 << 20
# The OID of SUPER (redshift-connector's RedshiftOID), which PostgreSQL's jsonb stands for.
_SUPER = 4000


class Relay:
    """Relays frames between one client and its backend.

    Args:
        client: The client's socket.
        backend: The client's own backend connection.

    Attributes:
        status: Transaction status of the last ReadyForQuery: `I`, `T` or `E`.
        skipping: The backend has failed and skips what comes until the client's next Sync.
        in_block: A transaction block is open, as far as answers have come.
        fresh: Nothing has been sent since the last Sync or simple Query that could take a snapshot.
        answered: Called with the tag of each of the client's statements that PostgreSQL alone completed, or with the
            fields of its error.
    """

    def __init__(self, client: socket.socket, backend: Backend) -> None:
        self.backend = backend
        self.client = client
        self.client_messages = wire.MessageBuffer()
        self.status = b"I"
        self.skipping = False
        self.in_block = False
        self.fresh = True
        self.answered: Callable[[str | dict[str, str]], None] = _unheard
        self._expected: deque[bytes] = deque()

    @property
    def idle(self) -> bool:
        """Whether the backend has answered everything."""
        return not self._expected

    def send_client(self, data: bytes) -> None:
        """Send to the client.

        Raises:
            ClientGone: It hung up.
        """
        try:
            self.client.sendall(data)
        except OSError as error:
            raise ClientGone(str(error)) from error

    def forward(self, kind: bytes, raw: bytes) -> None:
        """Queue a client's message for the backend and note which answer it will have.

        Args:
            kind: Type byte.
            raw: The whole frame.
        """
        if kind == b"S":
            self.skipping = False
        if kind in _ANSWERS:
            self._expected.append(_ANSWERS[kind])
            self.fresh = kind in b"SQ"
        self.backend.queue(raw)

    def sync(self) -> None:
        """Send a Sync of the proxy's own; its ReadyForQuery goes to the client."""
        self.forward(b"S", SYNC)

    def relay(self, messages: list[wire.Message]) -> None:
        """Send backend messages to the client, in Redshift's words."""
        frames = [self._settle(message) for message in messages]
        if frames:
            self.send_client(b"".join(frames))

    def relay_buffered(self) -> None:
        """Relay whatever has arrived whole."""
        messages = []
        while (message := self.backend.buffered()) is not None:
            messages.append(message)
        self.relay(messages)

    def _settle(self, message: wire.Message) -> bytes:
        kind = message.kind
        if kind == b"E":
            while self._expected and self._expected[0] != b"Z":
                self._expected.popleft()
            self.skipping = not self._expected
            fields = translated(wire.read_fields(message.payload))
            self.answered(fields)
            return wire.fields_message(b"E", fields)
        raw = message.raw
        if kind == b"Z":
            self.status = message.payload
            self.in_block = self.status != b"I"
        elif kind == b"C":
            self.answered(self.note_tag(message))
        elif kind == b"T":
            raw = wire.message(b"T", wire.with_type_replaced(message.payload, JSONB, _SUPER))
        if self._expected and kind in self._expected[0]:
            self._expected.popleft()
        return raw

    def note_tag(self, completed: wire.Message) -> str:
        """Follow the client's transaction blocks by a CommandComplete; return its tag."""
        tag, _ = wire.read_cstring(completed.payload)
        if tag in _BLOCK_TAGS:
            self.in_block = _BLOCK_TAGS[tag]
        return tag

    def next_message(self) -> wire.Message:
        """Wait for the backend's next message, watching the client meanwhile.

        Raises:
            ClientGone: The client hung up.
        """
        while (message := self.backend.buffered()) is None:
            for ready in self.wait():
                if ready is self.backend.socket:
                    self.backend.receive()
                else:
                    self.receive_client()
        return message

    def wait(self, timeout: float | None = None) -> list[socket.socket]:
        """Wait until a socket can be read.

        Args:
            timeout: Seconds; None waits for ever.
        """
        self.backend.flush()
        sockets = [self.backend.socket]
        if len(self.client_messages) < _READ_AHEAD:
            if self._has_decrypted():
                return [self.client]
            sockets.append(self.client)
        ready, _, _ = select.select(sockets, [], [], timeout)
        return ready

    def receive_client(self) -> None:
        """Read what the client sent.

        Raises:
            ClientGone: It hung up.
        """
        try:
            data = self.client.recv(RECEIVE_BYTES)
        except OSError as error:
            raise ClientGone(str(error)) from error
        if not data:
            raise ClientGone("the client closed its connection")
        self.client_messages.feed(data)

    def watch_client(self, seconds: float) -> None:
        """Wait, and notice when the client leaves.

        Args:
            seconds: How long at most.

        Raises:
            ClientGone: It hung up.
        """
        if len(self.client_messages) >= _READ_AHEAD:
            time.sleep(seconds)
            return
        if self._has_decrypted() or select.select([self.client], [], [], seconds)[0]:
            self.receive_client()

    def _has_decrypted(self) -> bool:
        # Of a TLS record that is read in part, select sees nothing any more.
        return isinstance(self.client, ssl.SSLSocket) and self.client.pending() > 0

    def check_peers(self) -> wire.Message | None:
        """Notice without waiting that the client left or the backend spoke; return what the backend said."""
        message = self.backend.buffered()
        if message is None:
            for ready in self.wait(0):
                if ready is self.backend.socket:
                    self.backend.receive()
                else:
                    self.receive_client()
            message = self.backend.buffered()
        return message

    def drain(self) -> None:
        """Relay until the backend has answered all that was sent."""
        if self._expected:
            self.backend.send(FLUSH)
        while self._expected:
            self.relay([self.next_message()])


def _unheard(answer: str | dict[str, str]) -> None:
    """Nobody listens for answers."""
