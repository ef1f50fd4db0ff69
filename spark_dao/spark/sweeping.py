"""Removing the temporary folders that crashed applications left in a store."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import NamedTuple

from spark_dao.core.planner import Planner
from spark_dao.errors import PlanError
from spark_dao.interface_classes.temporary_folders import made_at
from spark_dao.plans import FileStorage, StagedFile
from spark_dao.spark.resolver.spooling import spool_of_store


class LeftFolder(NamedTuple):
    """A temporary folder that is older than asked for.

    Attributes:
        path: Its URI.
        made: When it was made.
        files: How many files it holds.
        bytes: How much they hold.
    """

    path: str
    made: datetime.datetime
    files: int
    bytes: int


def sweep(planner: Planner, store: str, *, older_than: datetime.timedelta, dry_run: bool = False) -> list[LeftFolder]:
    """Remove what reads and writes left behind in a store's `spool_dir` and its interfaces' temporary folders.

    Only folders are looked at that `fresh_folder` named. What a running application still reads has been made since it
    started, so `older_than` must be longer than the longest application runs.

    Args:
        planner: The catalog.
        store: The store's name.
        older_than: How old a folder must be to be removed.
        dry_run: Whether nothing is removed.

    Returns:
        The folders that were, or would be, removed, oldest first.

    Raises:
        PlanError: The store has no temporary folder.
        InterfaceError: The files cannot be listed, or some could not be removed.
    """
    limit = datetime.datetime.now(datetime.timezone.utc) - older_than
    places = dict(_places(planner, store))
    if not places:
        raise PlanError("neither `spool_dir` nor an interface with a temporary folder is declared", store=store)
    left: list[LeftFolder] = []
    for root, storage in places.items():
        for path, made, files in _old_folders(root, storage.list_files(root), limit):
            if not dry_run:
                storage.delete_files([file.path for file in files])
            left.append(LeftFolder(path, made, len(files), sum(file.bytes for file in files)))
    return sorted(left, key=lambda folder: folder.made)


def _places(planner: Planner, store: str) -> Iterator[tuple[str, FileStorage]]:
    found = planner.stores[store]
    if found.declaration.spool_dir is not None:
        spool = spool_of_store(planner, store)
        yield spool.folder.rstrip("/"), spool.storage
    for interface in found.interfaces:
        if hasattr(interface, "temporary_root"):
            root = interface.temporary_root()
            yield root, interface.storage(root)


def _old_folders(
    root: str, files: list[StagedFile], limit: datetime.datetime
) -> Iterator[tuple[str, datetime.datetime, list[StagedFile]]]:
    by_folder: dict[str, list[StagedFile]] = {}
    for file in files:
        by_folder.setdefault(file.path.removeprefix(f"{root}/").partition("/")[0], []).append(file)
    for name, inside in by_folder.items():
        made = made_at(name)
        if made is not None and made < limit:
            yield f"{root}/{name}", made, inside
