"""Make staged files visible in a folder of plain files, so that a crash at any moment loses nothing.

Plain files have no transaction. A writer first puts its files into a hidden folder below the target
(`_dao_staging/<batch id>/`; Spark's `HadoopFSUtils.shouldFilterOutPathName` and pyarrow's dataset discovery pass over
names that start with `_` or `.`). Publishing then

1. writes a journal (`_dao_journal/<batch id>.json`) that names every move and every deletion: the commit point,
2. moves the staged files to their places, under names that carry the batch id and so never collide,
3. deletes the old files, where the mode is overwrite,
4. removes what is left in the staging folder, and at last the journal.

Readers may for a moment see old and new files together, never none. Every step can be done twice, so `recover`, which
every write calls first, finishes the journal of a writer that died, or helps one that is still alive. A publication
that fails before the first deletion is undone on the spot, so a caller who tries again does not double the rows.

Writers at once: appends never touch each other's files; an overwrite deletes the files that it listed, with another's
append taken as a whole or not at all. Two overwrites at once may leave the rows of both: who needs more declares Delta.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Literal

from spark_dao.errors import CommitError, PlanError, SparkDaoError
from spark_dao.plans import FileStorage, StagedFile
from spark_dao.spark.publish_journal import Journal, carry_out, other_journals, resume, take_back
from spark_dao.spark.publish_paths import (
    JOURNAL_FOLDER,
    STAGING_FOLDER,
    empty_partition_folder,
    is_visible,
    new_batch_id,
    relative_to,
    stage_folder,
    start_of,
)

__all__ = [
    "abort",
    "begin",
    "empty_partition_folder",
    "has_visible_files",
    "is_begun",
    "new_batch_id",
    "publish",
    "recover",
    "relative_to",
    "stage_folder",
]

ABANDONED_AFTER = datetime.timedelta(days=1)

_LISTING_ATTEMPTS = 20


def has_visible_files(storage: FileStorage, target: str) -> bool:
    """Tell whether readers find any file in a folder."""
    return any(is_visible(relative_to(target, file.path)) for file in storage.list_files(target))


def begin(storage: FileStorage, target: str, batch_id: str) -> None:
    """Mark a batch as being staged, so that a task which ends after its job learns that nobody waits for its files."""
    storage.write_bytes(_marker(target, batch_id), b"")


def is_begun(storage: FileStorage, target: str, batch_id: str) -> bool:
    """Tell whether a batch that was begun is still being staged: neither aborted nor published."""
    return storage.read_bytes(_marker(target, batch_id)) is not None


def publish(
    storage: FileStorage,
    target: str,
    batch_id: str,
    mode: Literal["append", "overwrite"],
    *,
    dynamic: bool = False,
    replace: Sequence[str] | None = None,
    files: Iterable[str] | None = None,
) -> tuple[StagedFile, ...]:
    """Move a batch's staged files to their places and, for an overwrite, delete the files that stood there.

    Asked again after a process died in the middle of it, it goes on where that one stopped.

    Args:
        storage: The storage that holds the target.
        target: URI of the folder that holds the object's files.
        batch_id: The batch whose staging folder is published.
        mode: `append` keeps the old files, `overwrite` deletes them.
        dynamic: Whether an overwrite replaces only the partitions that the batch touches.
        replace: Partition folders, relative to the target, that an overwrite is confined to (`INSERT OVERWRITE …
            PARTITION (k = 1)`); None for all.
        files: URIs of the staged files to publish, the others being dropped (failed and speculative attempts); None
            publishes all that readers would see.

    Returns:
        The files as they stand now.

    Raises:
        CommitError: It could not be completed; the message says which rows stand.
    """
    folder = stage_folder(target, batch_id)
    if mode not in ("append", "overwrite"):
        raise PlanError(f"expected mode append or overwrite for published files, found {mode!r}", key="mode")
    sizes = {file.path: file for file in storage.list_files(folder)}
    wanted = [path for path in sizes if is_visible(relative_to(folder, path))] if files is None else list(files)
    moves = {relative_to(target, path): _published_name(relative_to(folder, path), batch_id) for path in sorted(wanted)}
    absent = [path for path in wanted if path not in sizes]
    if absent:
        published = resume(storage, target, batch_id, moves.values())
        if published is None:
            raise CommitError(
                f"expected the staged file {absent[0]} ({len(absent)} missing), found none; the old rows stand"
            )
        return published
    touched = {_folder_of(place) for place in moves.values()} if dynamic else set([""] if replace is None else replace)
    deletes = _files_to_replace(storage, target, batch_id, touched) if mode == "overwrite" else []
    journal = Journal(batch_id=batch_id, moves=moves, deletes=tuple(deletes))
    _carry_out_or_undo(storage, target, journal)
    root = target.rstrip("/")
    return tuple(sizes[f"{root}/{source}"]._replace(path=f"{root}/{place}") for source, place in moves.items())


def recover(storage: FileStorage, target: str) -> None:
    """Finish what earlier writers left half done, and sweep the staging that they abandoned a day ago.

    To be called at the start of every write to the target.

    Raises:
        CommitError: A journal cannot be read, or the files that it names are gone.
    """
    for journal in other_journals(storage, target):
        carry_out(storage, target, journal)
    root = f"{target.rstrip('/')}/{STAGING_FOLDER}"
    now = datetime.datetime.now(datetime.timezone.utc)
    storage_files = storage.list_files(root)
    journaled = {journal.batch_id for journal in other_journals(storage, target)}
    abandoned = [
        file.path
        for file in storage_files
        if (batch := relative_to(root, file.path).split("/")[0]) not in journaled and _is_abandoned(batch, now)
    ]
    if abandoned:
        storage.delete_files(abandoned)


def abort(storage: FileStorage, target: str, batch_id: str) -> None:
    """Drop a batch that was never published; one that has its journal is left for `recover`."""
    if any(journal.batch_id == batch_id for journal in other_journals(storage, target)):
        return
    # The mark first: a task that still sees it has closed all its files, and they are in the listing.
    storage.delete_files([_marker(target, batch_id)])
    leftovers = [file.path for file in storage.list_files(stage_folder(target, batch_id))]
    if leftovers:
        storage.delete_files(leftovers)


def _marker(target: str, batch_id: str) -> str:
    return f"{stage_folder(target, batch_id)}/_started"


def _carry_out_or_undo(storage: FileStorage, target: str, journal: Journal) -> None:
    outcome = f"publishing batch {journal.batch_id} in {target} failed"
    try:
        journal.write(storage, target)
    except Exception as error:
        try:
            # Whether it was written is unclear; while nothing is moved, removing it takes everything back.
            storage.delete_files([journal.path(target)])
        except Exception:
            raise _unclear(outcome, journal, error) from error
        raise CommitError(f"{outcome} ({_reason(error)}); nothing was published, the old rows stand") from error
    try:
        carry_out(storage, target, journal)
    except Exception as error:
        try:
            state = take_back(storage, target, journal)
        except Exception:
            raise _unclear(outcome, journal, error) from error
        if state == "undone":
            raise CommitError(f"{outcome} ({_reason(error)}); it was undone, the old rows stand") from error
        if state == "visible":
            raise CommitError(
                f"batch {journal.batch_id} is visible in {target}, but clearing away the old files did not finish "
                f"({_reason(error)}); the next write to it through dao does that, do not write the same rows again"
            ) from error


def _unclear(outcome: str, journal: Journal, error: Exception) -> CommitError:
    return CommitError(
        f"{outcome} ({_reason(error)}), and so did undoing it; the next write to it through dao goes on by "
        f"{JOURNAL_FOLDER}/{journal.batch_id}.json, where that stands"
    )


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, SparkDaoError) else f"{type(error).__name__}: {error}"


def _files_to_replace(storage: FileStorage, target: str, batch_id: str, touched: set[str]) -> list[str]:
    # A listing is no snapshot: it may hold half of an append that is being published. Two equal ones, with no
    # foreign journal before them, hold every append as a whole.
    before: list[str] | None = None
    for _ in range(_LISTING_ATTEMPTS):
        for journal in other_journals(storage, target, besides=batch_id):
            carry_out(storage, target, journal)
            before = None
        paths = (relative_to(target, file.path) for file in storage.list_files(target))
        present = [path for path in paths if _is_replaced(path, touched)]
        if present == before:
            return present
        before = present
    raise CommitError(f"{target} is being written by others without pause; the old rows stand, try again")


def _is_replaced(relative_path: str, touched: set[str]) -> bool:
    folder = _folder_of(relative_path)
    name = relative_path.rsplit("/", 1)[-1]
    # Hadoop's local file system keeps a checksum beside each file; an orphan would fail a later file of that name.
    if name.startswith(".") and name.endswith(".crc"):
        relative_path = f"{folder}/{name[1:-4]}".lstrip("/")
    parents = [folder[:end] for end in range(len(folder) + 1) if end in (0, len(folder)) or folder[end] == "/"]
    return is_visible(relative_path) and any(parent in touched for parent in parents)


def _published_name(relative_path: str, batch_id: str) -> str:
    folder, name = _folder_of(relative_path), relative_path.rsplit("/", 1)[-1]
    if batch_id not in name:
        # Spark reads a bucket's number from the end of the name, so the id goes to the front.
        name = f"part-{batch_id}-{name[5:]}" if name.startswith("part-") else f"{batch_id}-{name}"
    return f"{folder}/{name}" if folder else name


def _folder_of(relative_path: str) -> str:
    return relative_path.rpartition("/")[0]


def _is_abandoned(batch_id: str, now: datetime.datetime) -> bool:
    started = start_of(batch_id)
    return started is not None and now - started > ABANDONED_AFTER
