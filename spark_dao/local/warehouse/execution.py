"""Carries out one session's statements: what comes before, instead of, and behind PostgreSQL's own doing."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.exchange import Exchange
from spark_dao.local.warehouse.failures import BackendFailure, BackendGone, ClientGone, WarehouseError
from spark_dao.local.warehouse.fault_injection import FaultInjection
from spark_dao.local.warehouse.history import Record
from spark_dao.local.warehouse.services import Services
from spark_dao.local.warehouse.statements import Prepared
from spark_dao.local.warehouse.tokens import quote_identifier
from spark_dao.local.warehouse.write_locks import WriteLocks

logger = logging.getLogger(__name__)

_ENDS = ("COMMIT", "END", "ROLLBACK", "ABORT")


class StatementRunner:
    """Runs the statements of one session.

    Args:
        exchange: The session's sockets.
        services: What all sessions share.
        user: The client's user.
    """

    def __init__(self, exchange: Exchange, services: Services, user: str) -> None:
        self._exchange = exchange
        self._history = services.history
        self._faults = FaultInjection(exchange, services.faults)
        self._user = user
        self._locks = WriteLocks(exchange, "" if user == services.configuration.user else quote_identifier(user))
        self._left: deque[Record] = deque()
        self._early_error = ""
        exchange.answered = self._answered

    def leaves(self, prepared: Prepared) -> bool:
        """Decide whether PostgreSQL does a statement alone; then it is noted as begun.

        Args:
            prepared: The statement, about to be executed.
        """
        if not prepared.passes or self._faults.armed:
            return False
        if prepared.keyword in _ENDS:
            # What is sent behind it must take its locks anew, even before its answer has come.
            self._locks.release()
        self._left.append(self._record(prepared))
        return True

    def skip(self, prepared: Prepared) -> None:
        """Note a statement that failed when it was bound, before its Execute came.

        Args:
            prepared: The statement.
        """
        if self._early_error:
            self._history.note(self._record(prepared), error=self._early_error)
            self._early_error = ""

    def leaves_all(self, statements: Sequence[Prepared]) -> bool:
        """Decide whether PostgreSQL does all statements of a simple Query alone."""
        for prepared in statements:
            self._history.settle_for(prepared.received)
        if self._faults.armed or not all(prepared.passes and not prepared.writes for prepared in statements):
            return False
        self._left.extend(self._record(prepared) for prepared in statements)
        return True

    def before_parse(self, prepared: Prepared) -> bool:
        """Do what must come before a statement is parsed; return whether it may be.

        Args:
            prepared: The statement.
        """
        return self._lock(prepared, self._locks.before_parse)

    def before_bind(self, prepared: Prepared) -> bool:
        """Do what must come before a statement is bound; return whether it may be.

        Args:
            prepared: The statement.
        """
        return self._lock(prepared, self._locks.before_bind)

    def _lock(self, prepared: Prepared, take: Callable[[str], None]) -> bool:
        # Parsing and binding take the snapshot in which a history must be whole.
        self._history.settle_for(prepared.received)
        # A batch sends its rows without waiting for answers; only the first one has a lock to take.
        if not prepared.writes or self._locks.holds(prepared.writes):
            return True
        self._exchange.drain()
        if self._exchange.skipping:
            return False
        try:
            take(prepared.writes)
        except BackendFailure as failure:
            self._history.note(self._record(prepared), error=failure.fields.get("M", ""))
            self._exchange.report(failure)
            return False
        return True

    def run(self, prepared: Prepared, execute: bytes) -> None:
        """Do what an Execute asks for; the backend is idle, and its answers end before the client's next Sync.

        Args:
            prepared: The statement.
            execute: The Execute message, if PostgreSQL executes.
        """
        exchange, record = self._exchange, self._record(prepared)
        error = ""
        try:
            strikes = self._faults.strikes(prepared)
            self._faults.inject(strikes, "before", prepared)
            with self._faults.midway(strikes, prepared):
                answer = self._completed(prepared, execute)
            self._faults.inject(strikes, "after", prepared)
            self._history.note(record, tag=wire.read_cstring(answer, 5)[0])
            exchange.send_client(answer)
            return
        except BackendFailure as failure:
            error = failure.fields.get("M", "")
            exchange.report(failure)
        except WarehouseError as failure:
            error = failure.message
            exchange.fail(failure)
        except (ClientGone, BackendGone) as failure:
            self._history.note(record, error=str(failure))
            raise
        except Exception as failure:
            # One statement's unforeseen failure must neither end the proxy nor leave a half-done transaction usable.
            logger.exception("a statement failed for no foreseen reason")
            error = repr(failure)
            exchange.fail(WarehouseError("XX000", f"internal error of the local warehouse: {failure!r}"))
        self._history.note(record, error=error)

    def _completed(self, prepared: Prepared, execute: bytes) -> bytes:
        exchange = self._exchange
        in_block = exchange.in_block
        if prepared.action:
            return prepared.action.run(exchange)
        completed = exchange.execute(execute, b"CIs")
        for sql in prepared.after:
            exchange.query(sql)
        if prepared.commits and in_block:
            exchange.query("COMMIT")
            exchange.in_block = False
        if in_block and not exchange.in_block:
            self._locks.release()
        return completed.raw

    def _record(self, prepared: Prepared) -> Record:
        return Record(self._exchange.backend.process_id, self._user, prepared.received, prepared.keyword)

    def _answered(self, answer: str | dict[str, str]) -> None:
        if not self._exchange.in_block:
            self._locks.release()
        if not self._left:
            self._early_error = "" if isinstance(answer, str) else answer.get("M", "")
            return
        if isinstance(answer, str):
            self._history.note(self._left.popleft(), tag=answer)
        else:
            self._history.note(self._left.popleft(), error=answer.get("M", ""))
            # What was sent behind a statement that failed is skipped.
            self._left.clear()
