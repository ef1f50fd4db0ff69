"""Names of batches and of the folders that publishing uses, and which names readers pass over."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Sequence

from spark_dao.errors import CommitError, PlanError

JOURNAL_FOLDER = "_dao_journal"
STAGING_FOLDER = "_dao_staging"
EMPTY_PARTITION = "__HIVE_DEFAULT_PARTITION__"

_BATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_BATCH_TIME = "%Y%m%dT%H%M%SZ"


def new_batch_id() -> str:
    """Make the id of one write: the time (UTC), by which abandoned staging is swept, and a random part.

    Example:
        >>> stage_folder("s3a://silver/users", "20250107T101500Z-1f0c")
        's3a://silver/users/_dao_staging/20250107T101500Z-1f0c'
    """
    return f"{datetime.datetime.now(datetime.timezone.utc).strftime(_BATCH_TIME)}-{uuid.uuid4().hex}"


def stage_folder(target: str, batch_id: str) -> str:
    """Return the hidden folder that a write puts its files into.

    Args:
        target: URI of the folder that holds the object's files.
        batch_id: What `new_batch_id` made.

    Raises:
        PlanError: The batch id holds anything but letters, digits and hyphens.
    """
    if not _BATCH_ID.fullmatch(batch_id):
        raise PlanError(f"expected a batch id of letters, digits and hyphens, found {batch_id!r}", key="batch_id")
    return f"{target.rstrip('/')}/{STAGING_FOLDER}/{batch_id}"


def is_visible(relative_path: str) -> bool:
    """Tell whether readers see a file, by its path below the folder they read.

    The rule is Spark's (`HadoopFSUtils.shouldFilterOutPathName`): names that start with `.`, or with `_` unless they
    are partition folders, are hidden, and so is all that lies below them.

    Example:
        >>> [is_visible(path) for path in ("year=2025/part-0.csv", "_k=1/x.csv", "_SUCCESS", "_dao_staging/x.csv")]
        [True, True, False, False]
    """
    return not any(
        name.startswith(".") or (name.startswith("_") and "=" not in name) or name.endswith("._COPYING_")
        for name in relative_path.split("/")
    )


def relative_to(folder: str, path: str) -> str:
    """Return a file's path below a folder.

    Raises:
        CommitError: The file lies elsewhere.

    Example:
        >>> relative_to("file:///data/users/", "file:///data/users/year=2025/a.csv")
        'year=2025/a.csv'
    """
    prefix = folder.rstrip("/") + "/"
    if not path.startswith(prefix):
        raise CommitError(f"expected a file below {prefix}, found {path}")
    return path[len(prefix) :]


def empty_partition_folder(partition_by: Sequence[str]) -> str:
    """Return the partition folder that holds the one empty file of an empty partitioned table.

    Spark writes no file for an empty partitioned DataFrame, and what has no file has no schema.

    Example:
        >>> empty_partition_folder(["year", "month"])
        'year=__HIVE_DEFAULT_PARTITION__/month=__HIVE_DEFAULT_PARTITION__'
    """
    return "/".join(f"{column}={EMPTY_PARTITION}" for column in partition_by)


def start_of(batch_id: str) -> datetime.datetime | None:
    """Read when a batch began; None for an id that `new_batch_id` did not make.

    Example:
        >>> start_of("20250107T101500Z-1f0c").isoformat()
        '2025-01-07T10:15:00+00:00'
    """
    try:
        started = datetime.datetime.strptime(batch_id.split("-", maxsplit=1)[0], _BATCH_TIME)
    except ValueError:
        return None
    return started.replace(tzinfo=datetime.timezone.utc)
