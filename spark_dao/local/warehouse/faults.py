"""Which faults strike a statement: the warehouse's side of `spark_dao.local.faults`."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from spark_dao.local.faults import ArmedFault, Fault


class _Identity(NamedTuple):
    path: Path
    written: int


class Strike(NamedTuple):
    """A fault that strikes the present statement.

    Attributes:
        fault: What goes wrong.
        armed: Where it is noted.
    """

    fault: Fault
    armed: ArmedFault


class FaultFolder:
    """The faults of one warehouse, shared by its sessions.

    Args:
        folder: Where they are armed; None where there is no such place.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[_Identity, Fault | None] = {}
        self._matches: dict[_Identity, int] = {}

    def armed(self) -> Iterator[tuple[_Identity, Fault]]:
        """Yield the faults that are armed now."""
        for identity in self._identities():
            with self._lock:
                if identity not in self._known:
                    self._known[identity] = _read(identity.path)
                fault = self._known[identity]
            if fault:
                yield identity, fault

    def count(self, identity: _Identity, fault: Fault) -> Strike | None:
        """Count a match of a fault; return the strike where this one is struck."""
        with self._lock:
            number = self._matches[identity] = self._matches.get(identity, 0) + 1
        if number < fault.nth or (fault.times and number >= fault.nth + fault.times):
            return None
        return Strike(fault, ArmedFault(identity.path.parent, identity.path.stem))

    def _identities(self) -> list[_Identity]:
        if self._folder is None:
            return []
        found = []
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self._folder):
                # One that is disarmed at this moment is none.
                with contextlib.suppress(FileNotFoundError):
                    if entry.name.endswith(".json"):
                        found.append(_Identity(Path(entry.path), entry.stat().st_mtime_ns))
        return found


def _read(path: Path) -> Fault | None:
    try:
        return Fault.model_validate_json(path.read_text())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        path.with_suffix(".refused").write_text(str(error))
        return None


class SessionFaults:
    """Follows one session's transactions, so that a fault at COMMIT can be bound to what was done before.

    Args:
        folder: The warehouse's faults.
    """

    def __init__(self, folder: FaultFolder) -> None:
        self._folder = folder
        self._named: set[object] = set()

    def begin(self) -> None:
        """Forget what the transaction before said."""
        self._named.clear()

    def strikes(self, keyword: str, sql: str) -> list[Strike]:
        """Return the faults that strike a statement.

        Args:
            keyword: Its first word, in upper case.
            sql: Its text, as the client sent it.
        """
        found = []
        for identity, fault in self._folder.armed():
            if fault.containing in sql:
                self._named.add(identity)
            if identity in self._named and fault.statement.upper() in ("", keyword):
                strike = self._folder.count(identity, fault)
                if strike:
                    found.append(strike)
        return found
