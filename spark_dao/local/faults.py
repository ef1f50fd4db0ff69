"""Faults that a test asks the local warehouse for: a cut connection, a delay, a refusal, at a statement of its choice.

A fault is armed by `LocalStack.fault`, or by writing its JSON as `<name>.json` into the folder `warehouse/faults` of
the stack; removing the file disarms it, and each time it strikes a line is added to `<name>.hits`. The proxy looks into
that folder at every statement, so a fault works at once and in every client's session. There is none by default.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from spark_dao.local.private_files import write_private

Action = Literal["cut", "delay", "fail"]
When = Literal["before", "during", "after"]
_POLL_SECONDS = 0.01


class Fault(BaseModel):
    """What goes wrong, and at which statement.

    Args:
        action: `cut` closes the client's connection without an answer; `delay` waits; `fail` answers with an error,
            which aborts the transaction as any other does.
        when: `before` the statement is carried out; `after` it is, in place of its answer (a cut after COMMIT loses
            the acknowledgement); `during` a COPY, when some of its rows are in the transaction.
        statement: First word of the statement, for instance `COMMIT`, `COPY`, `DELETE`, `UNLOAD`; empty for every one.
        containing: Only in transactions that name this text in one of their statements so far, the present one
            included; a table's name, say, so that other tests on the same warehouse are left alone.
        nth: The first match that is struck, counted from 1 over all sessions.
        times: How many matches are struck from there on; 0 for all.
        seconds: How long a delay lasts. It ends when the client leaves.
        code: SQLSTATE of `fail`. The default is what Redshift answers to a serialization failure (source:
            dbt-core#12596).
        message: Its message.
        detail: Its detail.

    Example:
        >>> Fault(action="cut", when="after", statement="COMMIT", containing="users_agg").times
        1
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    when: When = "before"
    statement: str = "COMMIT"
    containing: str = ""
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=0)
    seconds: float = Field(default=0, ge=0)
    code: str = "XX000"
    message: str = "1023"
    detail: str = "Serializable isolation violation on table - injected by a fault of the local warehouse"


class ArmedFault:
    """A fault that the warehouse knows of.

    Args:
        folder: The warehouse's folder of faults.
        name: Name of the fault's files.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._definition = folder / f"{name}.json"
        self._hits = folder / f"{name}.hits"
        self._final_hits: int | None = None

    @classmethod
    def arm(cls, folder: Path, fault: Fault) -> ArmedFault:
        """Make a fault known to the warehouse.

        Args:
            folder: The warehouse's folder of faults.
            fault: What shall go wrong.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        armed = cls(folder, uuid.uuid4().hex)
        write_private(armed._definition, fault.model_dump_json())
        return armed

    @property
    def hits(self) -> int:
        """How often it has struck, or had when it was disarmed."""
        if self._final_hits is not None:
            return self._final_hits
        try:
            return self._hits.read_text().count("\n")
        except FileNotFoundError:
            return 0

    def wait(self, hits: int = 1, *, seconds: float = 30) -> None:
        """Wait until it has struck.

        Args:
            hits: How often.
            seconds: How long to wait at most.

        Raises:
            TimeoutError: It has not.
        """
        deadline = time.monotonic() + seconds
        while self.hits < hits:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the fault struck {self.hits} of {hits} times within {seconds} s")
            time.sleep(_POLL_SECONDS)

    def disarm(self) -> None:
        """Let the warehouse forget it."""
        self._definition.unlink(missing_ok=True)
        self._final_hits = self.hits
        self._hits.unlink(missing_ok=True)

    def strike(self, statement: str) -> None:
        """Note that it struck; the warehouse does.

        Args:
            statement: First word of the statement.
        """
        with os.fdopen(os.open(self._hits, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w") as stream:
            stream.write(f"{statement}\n")
