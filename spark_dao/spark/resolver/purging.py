"""Deleting the data of an object for good: `DROP TABLE … PURGE`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spark_dao.core.planner import Planner, named_errors
from spark_dao.data_object import DataObject
from spark_dao.data_store import DataStore
from spark_dao.errors import CatalogError, PlanError
from spark_dao.plans import FileStorage
from spark_dao.spark.publish import new_batch_id, publish, recover
from spark_dao.spark.resolver.protocol import Request

_DELTA_LOG = "_delta_log"
# What Spark takes for a pattern (`SparkHadoopUtil.isGlobPath`).
_PATTERN = frozenset("{}[]*?\\")


def purge(planner: Planner, request: Request) -> dict[str, Any]:
    """Delete the data of an object, where its store allows that; its declaration stays.

    An interface class may bring a `purge(data_object)` of its own, as warehouses do; else the files are deleted.

    Raises:
        CatalogError: The store does not allow it, or there is nothing.
        PlanError: Nobody knows how to delete it.
    """
    found = planner.data_object(request.text("name"))
    store = found.data_store
    with named_errors(found):
        if not (isinstance(store, DataStore) and store.declaration.allow_purge):
            raise CatalogError(
                f"DROP TABLE … PURGE deletes data for good, which store `{store.name}` does not allow; "
                "say `allow_purge: true` in the store's declaration first",
                key="allow_purge",
            )
        for interface in store.interfaces:
            if hasattr(interface, "purge"):
                interface.purge(found)
                return {}
        path, storage = _files(planner, found)
        purge_files(storage, path)
        return {}


def purge_files(storage: FileStorage, path: str) -> None:
    """Delete every file of an object, so that a crash in between loses no more than was asked and leaves no half rows.

    Plain files go by the journal, which the next write finishes. A Delta table loses its log first, newest entry
    first: until the log is gone it is an older version of itself, then it is no table any more.

    Args:
        storage: The storage that holds the object.
        path: URI of its folder, or of its only file.
    """
    root = f"{path.rstrip('/')}/"
    log = [file.path for file in storage.list_files(f"{root}{_DELTA_LOG}")]
    if log:
        storage.delete_files(sorted(log, reverse=True))
    else:
        recover(storage, path)
        if storage.list_files(path):
            publish(storage, path, new_batch_id(), "overwrite", files=())
    storage.delete_files([file.path for file in storage.list_files(path)] or [path])


def _files(planner: Planner, data_object: DataObject) -> tuple[str, FileStorage]:
    planned = planner.plan_read(data_object)
    plan, interface = planned.plan, planned.interface
    if plan.token is not None or not hasattr(interface, "storage"):
        raise PlanError(
            f"`{type(interface).__name__}` cannot delete data: it has neither `purge(data_object)` nor `storage(path)`"
        )
    if len(plan.paths) != 1 or _PATTERN & set(plan.paths[0]):
        raise PlanError(
            f"expected one folder to delete, found {', '.join(plan.paths)}; delete those files by hand", key="path"
        )
    return plan.paths[0], interface.storage(plan.paths[0])


OPERATIONS: Mapping[str, Callable[[Planner, Request], dict[str, Any]]] = {"purge": purge}
