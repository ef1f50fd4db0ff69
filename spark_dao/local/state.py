"""What a local stack remembers between commands, and the lock that lets one command at a time change it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spark_dao.errors import InterfaceError
from spark_dao.local.private_files import write_private_json
from spark_dao.local.processes import POLL_SECONDS, ProcessIdentity

_VERSION = 1


@dataclass
class StackState:
    """Ports, credentials and processes of one stack, kept in a file that only its owner can read.

    Attributes:
        ports: TCP ports by server.
        processes: The processes that were started, by server; they may have ended since.
        s3_access_key: Credentials that the S3 server accepts.
        s3_secret_key: The secret to it.
        backend_password: Password of PostgreSQL's superuser.
        warehouse_password: Password of the warehouse's user.
    """

    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, ProcessIdentity] = field(default_factory=dict)
    s3_access_key: str = field(default_factory=lambda: f"SPARKDAO{secrets.token_hex(6).upper()}")
    s3_secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    backend_password: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    warehouse_password: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)

    @classmethod
    def load(cls, path: Path) -> StackState | None:
        """Read the state, None when there is none.

        Args:
            path: The state file.

        Raises:
            InterfaceError: When the file cannot be read or is not a state file.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if content.pop("version") != _VERSION:
                raise InterfaceError(
                    f"{path} was written by another version of spark_dao. Stop and empty that stack with the version "
                    "that started it, or remove the folder once its servers have ended."
                )
            processes = {name: ProcessIdentity(**identity) for name, identity in content.pop("processes").items()}
            return cls(processes=processes, **content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InterfaceError(f"the local stack's state {path} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, KeyError, AttributeError):
            # The cause would quote the file's content, secrets included.
            raise InterfaceError(
                f"the local stack's state {path} is damaged, so its servers are not known. End them by hand if they "
                f"run, then remove the folder {path.parent}."
            ) from None

    def save(self, path: Path) -> None:
        """Write the state.

        Args:
            path: The state file; its folder exists.
        """
        processes = {name: identity._asdict() for name, identity in self.processes.items()}
        write_private_json(path, {"version": _VERSION, **vars(self), "processes": processes})


@contextlib.contextmanager
def exclusive(path: Path, *, timeout: float = 180.0) -> Iterator[None]:
    """Hold a lock that one thread of one process at a time can hold; the end of a process frees it.

    Args:
        path: The lock file; made when missing. May be removed by the one who holds the lock.
        timeout: Seconds to wait for another holder.

    Raises:
        InterfaceError: When another command holds the lock for longer than that.
    """
    deadline = time.monotonic() + timeout
    while True:
        with path.open("ab") as stream:
            if _try_lock(stream.fileno()):
                # The holder before may have removed the file: a lock on a removed file excludes nobody.
                if _is_still_there(path, stream.fileno()):
                    yield
                    return
                continue
        if time.monotonic() >= deadline:
            raise InterfaceError(
                f"another command has been working on the local stack in {path.parent} for {timeout:g} seconds; "
                "wait for it or end it."
            )
        time.sleep(POLL_SECONDS)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
