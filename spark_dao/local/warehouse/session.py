"""One client's session: every message goes through here."""

from __future__ import annotations

import logging
import struct

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.exchange import Exchange
from spark_dao.local.warehouse.execution import StatementRunner
from spark_dao.local.warehouse.failures import BackendFailure, BackendGone, ClientGone, WarehouseError
from spark_dao.local.warehouse.services import Services
from spark_dao.local.warehouse.statements import Prepared, StatementPreparer
from spark_dao.local.warehouse.tokens import statements

logger = logging.getLogger(__name__)


class Session:
    """Relays between one client and its backend, and steps in where a statement needs it.

    Args:
        exchange: The two sockets, both past their start-up.
        services: What all sessions share.
        user: The client's user.
    """

    def __init__(self, exchange: Exchange, services: Services, user: str) -> None:
        self._exchange = exchange
        self._preparer = StatementPreparer(services)
        self._prepared: dict[str, Prepared] = {}
        self._portals: dict[str, Prepared] = {}
        self._bound: set[str] = set()
        self._runner = StatementRunner(exchange, services, user)

    def run(self) -> None:
        """Serve the client until either side hangs up."""
        exchange = self._exchange
        try:
            while self._handle_buffered():
                for ready in exchange.wait():
                    if ready is exchange.backend.socket:
                        exchange.backend.receive()
                        exchange.relay_buffered()
                    else:
                        exchange.receive_client()
        except ClientGone:
            if not exchange.idle:
                # PostgreSQL would notice only when it next sends, and hold its locks until then.
                exchange.backend.cancel()
        except BackendGone:
            logger.info("the backend closed a session")
        finally:
            exchange.backend.close()

    def _handle_buffered(self) -> bool:
        while (message := self._exchange.client_messages.take()) is not None:
            if message.kind == b"X":
                self._exchange.backend.send(message.raw)
                return False
            self._handle(message)
            self._exchange.relay_buffered()
        return True

    def _handle(self, message: wire.Message) -> None:
        exchange = self._exchange
        if exchange.skipping and message.kind != b"S":
            if message.kind == b"E":
                self._skip(message)
            return
        if message.kind == b"S":
            self._bound.clear()
        if message.kind == b"P":
            self._parse(message)
        elif message.kind == b"B":
            self._bind(message)
        elif message.kind == b"E":
            self._execute(message)
        elif message.kind == b"Q":
            self._query(message)
        else:
            if message.kind == b"C":
                name, _ = wire.read_cstring(message.payload, 1)
                (self._prepared if message.payload[:1] == b"S" else self._portals).pop(name, None)
            exchange.forward(message.kind, message.raw)

    def _prepare(self, sql: str) -> Prepared:
        return self._preparer.prepare(sql, in_transaction=self._exchange.in_block)

    def _parse(self, message: wire.Message) -> None:
        name, offset = wire.read_cstring(message.payload)
        sql, offset = wire.read_cstring(message.payload, offset)
        self._prepared.pop(name, None)
        try:
            prepared = self._prepare(sql)
        except WarehouseError as error:
            self._exchange.drain()
            self._exchange.fail(error)
            return
        if not self._runner.before_parse(prepared):
            return
        self._prepared[name] = prepared
        raw = message.raw if prepared.sql == sql else wire.parse_message(prepared.sql, name, message.payload[offset:])
        self._exchange.forward(b"P", raw)

    def _bind(self, message: wire.Message) -> None:
        portal, offset = wire.read_cstring(message.payload)
        statement, _ = wire.read_cstring(message.payload, offset)
        self._portals.pop(portal, None)
        if prepared := self._prepared.get(statement):
            if not self._runner.before_bind(prepared):
                return
            self._portals[portal] = prepared
            self._bound.add(portal)
        self._exchange.forward(b"B", message.raw)

    def _skip(self, message: wire.Message) -> None:
        portal, _ = wire.read_cstring(message.payload)
        if portal in self._bound:
            self._runner.skip(self._portals[portal])

    def _execute(self, message: wire.Message) -> None:
        portal, _ = wire.read_cstring(message.payload)
        prepared = self._portals.get(portal)
        if prepared is None or self._runner.leaves(prepared):
            self._exchange.forward(b"E", message.raw)
            return
        self._exchange.drain()
        if not self._exchange.skipping:
            self._runner.run(prepared, message.raw)

    def _query(self, message: wire.Message) -> None:
        sql, _ = wire.read_cstring(message.payload)
        exchange = self._exchange
        exchange.drain()
        try:
            parts = statements(sql)
            prepared = [self._prepare(part) for part in parts]
        except WarehouseError as error:
            exchange.fail(error)
            exchange.sync()
            return
        if self._runner.leaves_all(prepared):
            text = sql if [part.sql for part in prepared] == parts else ";\n".join(part.sql for part in prepared)
            exchange.forward(b"Q", wire.message(b"Q", wire.cstring(text)))
            return
        # One Sync behind all of them: without a transaction block they are one transaction, as in a simple Query.
        for part in prepared:
            if not exchange.skipping:
                self._carry_out_simple(part)
        exchange.sync()

    def _carry_out_simple(self, prepared: Prepared) -> None:
        exchange = self._exchange
        if not (self._runner.before_parse(prepared) and self._runner.before_bind(prepared)):
            return
        if prepared.action:
            self._runner.run(prepared, b"")
            return
        try:
            exchange.prepare_own(prepared.sql)
            exchange.describe_own()
        except BackendFailure as failure:
            exchange.report(failure)
            return
        self._runner.run(prepared, wire.execute_message())


def authentication_ok() -> bytes:
    """Build the AuthenticationOk message."""
    return wire.message(b"R", struct.pack("!I", 0))
