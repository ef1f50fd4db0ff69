"""What may take long, because it moves data or runs user code on it. Runs in child processes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from spark_dao.core.planner import Planner, named_errors
from spark_dao.data_object import DataObject
from spark_dao.errors import InterfaceError, SparkDaoError
from spark_dao.spark.resolver.protocol import Request
from spark_dao.spark.resolver.spooling import clear_spool, spool_rows
from spark_dao.spark.resolver.tokens import Owned, unwrap_token

Answer = dict[str, Any]


def stage_read(planner: Planner, request: Request) -> Answer:
    """Produce what one scan needs and list the files."""
    owned = _owned(planner, request)
    if "spool" in owned.token:
        staged = spool_rows(planner, owned.data_object, owned.token, request.columns, request.filters)
    else:
        with _told(owned.data_object, owned.interface, "stage_read"):
            stage = owned.interface.stage_read
            limit = request.fields.get("limit")
            wanted = {"limit": limit} if limit and "limit" in inspect.signature(stage).parameters else {}
            staged = list(stage(owned.token, request.columns, request.filters, **wanted))
    folders = {file.path.rpartition("/")[0] for file in staged}
    return {"files": [list(file) for file in staged], "folder": folders.pop() if len(folders) == 1 else None}


def release_read(planner: Planner, request: Request) -> Answer:
    """Remove what was produced for one scan (`folder`), or for all scans of a token."""
    owned, folder = _owned(planner, request), request.fields.get("folder")
    if "spool" in owned.token:
        clear_spool(planner, owned.data_object, owned.token, folder)
    else:
        with _told(owned.data_object, owned.interface, "release_read"):
            owned.interface.release_read(folder or owned.token)
    return {}


def commit_write(planner: Planner, request: Request) -> Answer:
    """Make staged files visible."""
    owned = _owned(planner, request)
    with _told(owned.data_object, owned.interface, "commit_write"):
        owned.interface.commit_write(owned.token, request.files)
    return {}


def abort_write(planner: Planner, request: Request) -> Answer:
    """Clear staged files."""
    owned = _owned(planner, request)
    with _told(owned.data_object, owned.interface, "abort_write"):
        owned.interface.abort_write(owned.token)
    return {}


def _owned(planner: Planner, request: Request) -> Owned:
    return unwrap_token(planner, request.text("name"), request.fields.get("token"))


@contextmanager
def _told(data_object: DataObject, interface: Any, method: str) -> Iterator[None]:
    """Give every failure inside an interface the form that `planner.call` gives those of planning."""
    with named_errors(data_object):
        try:
            yield
        except SparkDaoError:
            raise
        except Exception as error:
            raise InterfaceError(
                f"`{type(interface).__name__}.{method}` failed with {type(error).__name__}: {error}"
            ) from error


OPERATIONS: Mapping[str, Callable[[Planner, Request], Answer]] = {
    "stage_read": stage_read,
    "release_read": release_read,
    "commit_write": commit_write,
    "abort_write": abort_write,
}
