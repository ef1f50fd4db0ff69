"""The journal of one publication: what it says, and how it is carried out or taken back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from spark_dao.errors import CommitError, SparkDaoError
from spark_dao.plans import FileStorage, StagedFile
from spark_dao.spark.publish_paths import JOURNAL_FOLDER, STAGING_FOLDER

_PARALLEL_MOVES = 16


@dataclass(frozen=True)
class Journal:
    """Every step of one publication, by paths below the target.

    Args:
        batch_id: The batch that is published.
        moves: Staged file to published file.
        deletes: Old files that the batch replaces.
        undo: Whether the publication is being taken back.
    """

    batch_id: str
    moves: Mapping[str, str]
    deletes: tuple[str, ...] = ()
    undo: bool = False

    def path(self, target: str) -> str:
        """Return the journal's URI."""
        return f"{target.rstrip('/')}/{JOURNAL_FOLDER}/{self.batch_id}.json"

    def write(self, storage: FileStorage, target: str) -> None:
        """Create or replace the journal."""
        storage.write_bytes(self.path(target), json.dumps(dataclasses.asdict(self)).encode())

    def exists(self, storage: FileStorage, target: str) -> bool:
        """Tell whether the journal still stands."""
        return storage.read_bytes(self.path(target)) is not None


def other_journals(storage: FileStorage, target: str, besides: str | None = None) -> list[Journal]:
    """Read the journals that stand in a target, but one's own.

    Raises:
        CommitError: A journal is not one.
    """
    journals = []
    for file in storage.list_files(f"{target.rstrip('/')}/{JOURNAL_FOLDER}"):
        content = storage.read_bytes(file.path) if file.path.endswith(".json") else None
        if content is None:
            # Hidden by a temporary name, or finished by its writer since the listing.
            continue
        try:
            values = json.loads(content)
            journal = Journal(values["batch_id"], values["moves"], tuple(values["deletes"]), values["undo"])
        except (ValueError, KeyError, TypeError):
            raise CommitError(
                f"expected the journal of a write, found something else in {file.path}; look at it, then remove it"
            ) from None
        if journal.batch_id != besides:
            journals.append(journal)
    return journals


def carry_out(storage: FileStorage, target: str, journal: Journal) -> None:
    """Do what a journal says, however much of it was done before.

    Raises:
        CommitError: A file is neither staged nor published although the journal stands.
    """
    if journal.undo:
        _remove(storage, target, journal, [*journal.moves, *journal.moves.values()])
        return
    root = target.rstrip("/")

    def move(step: tuple[str, str]) -> None:
        source, place = f"{root}/{step[0]}", f"{root}/{step[1]}"
        try:
            storage.move_file(source, place)
        except SparkDaoError:
            # Another writer may have finished this journal, and a third one have overwritten the files since.
            if journal.exists(storage, target):
                raise

    _in_parallel(move, journal.moves.items())
    _remove(storage, target, journal, journal.deletes)


def resume(storage: FileStorage, target: str, batch_id: str, places: Iterable[str]) -> tuple[StagedFile, ...] | None:
    """Go on with a publication that a process of this batch began before it died.

    Args:
        storage: The storage that holds the target.
        target: URI of the folder that holds the object's files.
        batch_id: The batch.
        places: The published files, relative to the target.

    Returns:
        The published files; None where the batch was never published, or was taken back.
    """
    for journal in other_journals(storage, target):
        if journal.batch_id == batch_id:
            carry_out(storage, target, journal)
    root = target.rstrip("/")
    present = {file.path: file for file in storage.list_files(root)}
    wanted = [f"{root}/{place}" for place in places]
    return tuple(present[path] for path in wanted) if present.keys() >= set(wanted) else None


def take_back(storage: FileStorage, target: str, journal: Journal) -> Literal["undone", "visible", "finished"]:
    """Undo a publication of this process that failed, where no old file can have been deleted yet.

    Returns:
        `undone`; `visible` where old files may be gone already, so that only going on is possible; `finished` where
        another writer has carried the journal out.
    """
    if not journal.exists(storage, target):
        return "finished"
    root = target.rstrip("/")
    present = {file.path for file in storage.list_files(root)}
    if journal.deletes and all(f"{root}/{place}" in present for place in journal.moves.values()):
        return "visible"
    dataclasses.replace(journal, undo=True).write(storage, target)
    _remove(storage, target, journal, [*journal.moves, *journal.moves.values()])
    return "undone"


def _remove(storage: FileStorage, target: str, journal: Journal, paths: Iterable[str]) -> None:
    root = target.rstrip("/")
    gone = [f"{root}/{path}" for path in paths]
    if gone:
        storage.delete_files(gone)
    leftovers = [file.path for file in storage.list_files(f"{root}/{STAGING_FOLDER}/{journal.batch_id}")]
    if leftovers:
        storage.delete_files(leftovers)
    storage.delete_files([journal.path(target)])


def _in_parallel(action: Callable[[tuple[str, str]], None], steps: Iterable[tuple[str, str]]) -> None:
    with ThreadPoolExecutor(max_workers=_PARALLEL_MOVES) as pool:
        running = [pool.submit(action, step) for step in steps]
    # Every move has ended by now, so undoing cannot cross one that is still under way.
    for future in running:
        future.result()
