"""Carries out the faults that strike a session's statements."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from spark_dao.local.faults import When
from spark_dao.local.warehouse.exchange import Exchange
from spark_dao.local.warehouse.failures import ClientGone, WarehouseError
from spark_dao.local.warehouse.faults import FaultFolder, SessionFaults, Strike
from spark_dao.local.warehouse.statements import Prepared

_ENDS = ("COMMIT", "END")


class FaultInjection:
    """The faults of one session.

    Args:
        exchange: The session's sockets.
        folder: The warehouse's faults.
    """

    def __init__(self, exchange: Exchange, folder: FaultFolder) -> None:
        self._exchange = exchange
        self._folder = folder
        self._session = SessionFaults(folder)

    @property
    def armed(self) -> bool:
        """Whether any fault is armed."""
        return any(True for _ in self._folder.armed())

    def strikes(self, prepared: Prepared) -> list[Strike]:
        """Return the faults that strike a statement that is about to be carried out."""
        if not self._exchange.in_block:
            self._session.begin()
        return self._session.strikes(prepared.keyword, prepared.received)

    def inject(self, strikes: Sequence[Strike], when: When, prepared: Prepared) -> None:
        """Let what is due at a moment go wrong.

        Args:
            strikes: The faults that strike the statement.
            when: The moment.
            prepared: The statement.

        Raises:
            ClientGone: The connection is cut, or the client left during a delay.
            WarehouseError: The statement fails.
        """
        for fault, armed in strikes:
            if fault.when != when:
                continue
            armed.strike(prepared.keyword)
            if fault.action == "delay":
                self._delay(fault.seconds)
            elif fault.action == "cut":
                if when == "after":
                    self._exchange.settle_own()
                raise ClientGone("cut by a fault")
            else:
                if prepared.keyword in _ENDS and when == "before":
                    # A COMMIT that fails ends its transaction.
                    self._exchange.query("ROLLBACK")
                raise WarehouseError(fault.code, fault.message, fault.detail)

    @contextlib.contextmanager
    def midway(self, strikes: Sequence[Strike], prepared: Prepared) -> Iterator[None]:
        """Let what is due during a COPY go wrong when some of its rows have been sent."""

        def strike() -> None:
            self.inject(strikes, "during", prepared)

        before: Callable[[], None] = self._exchange.midway
        self._exchange.midway = strike
        try:
            yield
        finally:
            self._exchange.midway = before

    def _delay(self, seconds: float) -> None:
        # The backend is idle or in a COPY that it waits in; only the client can have something to say.
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            self._exchange.watch_client(remaining)
