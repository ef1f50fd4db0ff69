"""Batches of plain files that their caller named: written once, however often they are tried."""

from __future__ import annotations

import hashlib

from spark_dao.plans import FileStorage
from spark_dao.spark.publish import abort
from spark_dao.spark.publish_paths import STAGING_FOLDER, is_visible, new_batch_id, relative_to

_HASH_LENGTH = 32


def named_batch_id(name: str) -> str:
    """Make the id of one attempt at a batch that the caller named; all attempts end alike.

    The name itself may hold what a file's name cannot, or be part of another's, so its hash stands for it.

    Example:
        >>> first, second = named_batch_id("orders 2025-01-07"), named_batch_id("orders 2025-01-07")
        >>> _identity(first) == _identity(second)
        True
    """
    started = new_batch_id().partition("-")[0]
    return f"{started}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:_HASH_LENGTH]}"


def is_published(storage: FileStorage, target: str, batch_id: str) -> bool:
    """Tell whether readers see files of a batch, in whichever attempt they were written.

    Args:
        storage: The storage that holds the target.
        target: URI of the folder that holds the object's files.
        batch_id: One attempt's id.
    """
    identity = _identity(batch_id)
    names = (relative_to(target, file.path) for file in storage.list_files(target))
    return any(identity in name for name in names if is_visible(name))


def drop_attempts(storage: FileStorage, target: str, batch_id: str) -> None:
    """Clear away what earlier attempts at a batch staged and never published; one that still runs fails for it."""
    root = f"{target.rstrip('/')}/{STAGING_FOLDER}"
    staged = {relative_to(root, file.path).split("/")[0] for file in storage.list_files(root)}
    for attempt in staged:
        if _identity(attempt) == _identity(batch_id):
            abort(storage, target, attempt)


def _identity(batch_id: str) -> str:
    return batch_id.partition("-")[2]
