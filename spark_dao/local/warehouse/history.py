"""What statements the warehouse received, for `sys_query_history` and its older kin.

A statement is noted when it ends, by a connection of the history's own, some moments later; whoever asks for the
history waits until everything noted so far is there.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import queue
import re
import threading
import time
from dataclasses import dataclass, field

from spark_dao.local.warehouse.backend import Backend
from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.tokens import literal

logger = logging.getLogger(__name__)

_ASKS = re.compile(
    r"\b(?:sys_(?:query|load|unload)_history|stl_query|stl_querytext|svl_statementtext)\b", re.IGNORECASE
)
# Redshift shows such literals as *** (guide, "STL_QUERYTEXT").
_SECRET = re.compile(
    r"\b((?:PASSWORD|SECRET_ACCESS_KEY|ACCESS_KEY_ID|SESSION_TOKEN|CREDENTIALS)(?:\s+AS)?\s+)'[^']*'", re.IGNORECASE
)
_LONGEST_TEXT = 4000
_MOST_PER_INSERT = 500
_INSERT = (
    "SELECT spark_dao_warehouse.forget_statements(); INSERT INTO spark_dao_warehouse.statements"
    " (session, user_name, query_text, keyword, start_time, end_time, tag, error_message) VALUES "
)
_SECONDS_TO_GATHER = 0.2
_SECONDS_TO_WAIT = 10


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


@dataclass
class Record:
    """One statement.

    Args:
        session: Number of the client's session.
        user: The client's user.
        text: The statement, as the client sent it.
        keyword: Its first word, in upper case.
        start: When it began.
        end: When it ended.
        tag: The tag it completed with, empty where it failed.
        error: The message it failed with.
    """

    session: int
    user: str
    text: str
    keyword: str
    start: datetime.datetime = field(default_factory=_now)
    end: datetime.datetime | None = None
    tag: str = ""
    error: str = ""


class History:
    """Keeps the last statements of all sessions.

    Args:
        configuration: The proxy's settings.
    """

    def __init__(self, configuration: WarehouseConfiguration) -> None:
        self._configuration = configuration
        self._records: queue.SimpleQueue[Record | threading.Event] = queue.SimpleQueue()
        self._backend: Backend | None = None
        self._lock = threading.Lock()
        self._running = False

    def note(self, record: Record, *, tag: str = "", error: str = "") -> None:
        """Note a statement that ended.

        Args:
            record: The statement.
            tag: What it completed with.
            error: What it failed with.
        """
        record.end, record.tag, record.error = _now(), tag, error
        with self._lock:
            if not self._running:
                self._running = True
                threading.Thread(target=self._write, daemon=True).start()
        self._records.put(record)

    def settle_for(self, sql: str) -> None:
        """Wait until what was noted is there, if a statement asks for it.

        Args:
            sql: The statement that is about to run.
        """
        if not self._running or not _ASKS.search(sql):
            return
        written = threading.Event()
        self._records.put(written)
        written.wait(_SECONDS_TO_WAIT)

    def _write(self) -> None:
        while True:
            entries = self._next_entries()
            records = [entry for entry in entries if isinstance(entry, Record)]
            try:
                if records:
                    self._insert(records)
            except Exception as error:
                # The history is no reason to stop; the next statements have a new connection.
                self._backend = None
                logger.warning("%d statements could not be noted: %s", len(records), error)
            for entry in entries:
                if isinstance(entry, threading.Event):
                    entry.set()

    def _next_entries(self) -> list[Record | threading.Event]:
        # Many at once cost little more than one, and nobody misses them before he asks.
        entries = [self._records.get()]
        deadline = time.monotonic() + _SECONDS_TO_GATHER
        with contextlib.suppress(queue.Empty):
            while isinstance(entries[-1], Record) and len(entries) < _MOST_PER_INSERT:
                entries.append(self._records.get(timeout=max(0, deadline - time.monotonic())))
        return entries

    def _insert(self, records: list[Record]) -> None:
        if self._backend is None:
            self._backend = Backend.connect(self._configuration, {"application_name": "spark_dao warehouse history"})
        rows = ", ".join(_row(record) for record in records)
        self._backend.execute(_INSERT + rows)


def _row(record: Record) -> str:
    texts = [
        record.user,
        _SECRET.sub(r"\1'***'", record.text[:_LONGEST_TEXT]),
        record.keyword,
        str(record.start),
        str(record.end),
        record.tag,
        record.error,
    ]
    return f"({record.session}, {', '.join(literal(text) for text in texts)})"
