"""Publishing of plain files for the JVM's writes, by the one journal that all doors share.

Runs in threads of the resolver: it waits for the storage and does little itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spark_dao.core.planner import Planner, named_errors
from spark_dao.data_object import DataObject
from spark_dao.errors import PlanError
from spark_dao.plans import FileStorage
from spark_dao.spark.publish import (
    abort,
    has_visible_files,
    new_batch_id,
    publish,
    recover,
    relative_to,
    stage_folder,
)
from spark_dao.spark.publish_batches import drop_attempts, is_published
from spark_dao.spark.publish_journal import carry_out, other_journals
from spark_dao.spark.resolver.protocol import Request
from spark_dao.spark.resolver.tokens import interface_named


def begin_write(planner: Planner, request: Request) -> dict[str, Any]:
    """Finish what earlier writers left half done, and name the staging folder of a new batch.

    A given `batch_id` is that of a replayed batch: `published` tells whether its files are visible already.
    """
    found, storage, path = _target(planner, request)
    with named_errors(found):
        recover(storage, path)
        batch_id = request.fields.get("batch_id")
        if batch_id is not None:
            drop_attempts(storage, path, batch_id)
        batch_id = batch_id or new_batch_id()
        return {
            "batch_id": batch_id,
            "staging": stage_folder(path, batch_id),
            "has_files": has_visible_files(storage, path),
            "published": request.fields.get("batch_id") is not None and is_published(storage, path, batch_id),
        }


def publish_write(planner: Planner, request: Request) -> dict[str, Any]:
    """Make exactly the committed files of a batch visible; `files` are relative to the staging folder.

    Asked again, since the process that was asked first has died, it finishes what that one had begun.
    """
    found, storage, path = _target(planner, request)
    batch_id = request.text("batch_id")
    wanted = list(request.fields.get("files") or ())
    with named_errors(found):
        staging = stage_folder(path, batch_id)
        if _was_begun(storage, path, batch_id, wanted):
            return {"files": len(wanted)}
        more: dict[str, Any] = {}
        if request.fields.get("replace") is not None:
            more["replace"] = tuple(request.fields["replace"])
        published = publish(
            storage,
            path,
            batch_id,
            _mode(request),
            dynamic=bool(request.fields.get("dynamic")),
            files=[f"{staging}/{file}" for file in wanted],
            **more,
        )
        return {"files": len(published)}


def abort_publish(planner: Planner, request: Request) -> dict[str, Any]:
    """Drop what a batch staged."""
    found, storage, path = _target(planner, request)
    with named_errors(found):
        abort(storage, path, request.text("batch_id"))
        return {}


def _target(planner: Planner, request: Request) -> tuple[DataObject, FileStorage, str]:
    found, path = planner.data_object(request.text("name")), request.text("path").rstrip("/")
    said = request.fields.get("interface_class")
    interfaces = [interface_named(found, said)] if said is not None else found.data_store.interfaces
    for interface in interfaces:
        if hasattr(interface, "storage"):
            return found, interface.storage(path), path
    raise PlanError(
        "no interface of the store keeps plain files", store=found.data_store.name, data_object=found.name, key="path"
    )


def _was_begun(storage: FileStorage, path: str, batch_id: str, wanted: Sequence[str]) -> bool:
    """Finish a publication that has its journal; tell whether there was one, or is nothing left of it to do."""
    for journal in other_journals(storage, path):
        if journal.batch_id == batch_id:
            carry_out(storage, path, journal)
            return True
    folder = stage_folder(path, batch_id)
    staged = {relative_to(folder, file.path) for file in storage.list_files(folder)}
    return bool(wanted) and not staged.intersection(wanted) and is_published(storage, path, batch_id)


def _mode(request: Request) -> Any:
    return request.fields.get("mode")


OPERATIONS: Mapping[str, Callable[[Planner, Request], dict[str, Any]]] = {
    "begin_write": begin_write,
    "publish_write": publish_write,
    "abort_publish": abort_publish,
}
