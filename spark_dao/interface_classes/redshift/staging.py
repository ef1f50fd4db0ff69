"""The folders below `s3_temp_dir` that operations make for themselves and remove."""

from __future__ import annotations

import logging

from spark_dao.errors import PlanError, SparkDaoError
from spark_dao.plans import FileStorage

_LOGGER = logging.getLogger(__name__)
#: The format of staged files.
FORMAT = "parquet"


def owned_folder(root: str, folder: str) -> str:
    """Return a folder that one of these operations made.

    Args:
        root: The store's staging root.
        folder: The folder, from a token.

    Raises:
        PlanError: It is none: nothing outside is ever removed.

    Example:
        >>> owned_folder("s3a://temp", "s3a://temp/read-0a/1b/")
        's3a://temp/read-0a/1b'
        >>> owned_folder("s3a://temp", "s3a://temp")
        Traceback (most recent call last):
        spark_dao.errors.PlanError: `s3a://temp` is no staging folder of this store (`s3a://temp/read-…` or `write-…`)
    """
    trimmed = folder.rstrip("/")
    inside = trimmed.startswith((f"{root}/read-", f"{root}/write-"))
    if not inside or ".." in trimmed.split("/"):
        raise PlanError(f"`{folder}` is no staging folder of this store (`{root}/read-…` or `write-…`)")
    return trimmed


def warehouse_uri(uri: str) -> str:
    """Spell a URI as Redshift does.

    Example:
        >>> warehouse_uri("s3a://temp/redshift/write-1")
        's3://temp/redshift/write-1'
    """
    return f"s3://{uri.split('://', 1)[1]}"


def clear_folder(storage: FileStorage, folder: str) -> None:
    """Remove a folder's files; none is fine.

    Raises:
        InterfaceError: Some could not be removed.
    """
    paths = [file.path for file in storage.list_files(folder)]
    if paths:
        storage.delete_files(paths)


def clear_folder_quietly(storage: FileStorage, folder: str) -> None:
    """Remove a folder's files after the outcome is decided: what fails here is logged, since it must not hide that."""
    try:
        clear_folder(storage, folder)
    except SparkDaoError as error:
        _LOGGER.warning("staged files were left behind in %s and can be removed by hand: %s", folder, error)


def check_format(format: str | None) -> None:
    """Refuse a format of staged files that a warehouse does not take.

    Raises:
        PlanError: It is another than Parquet.
    """
    if format is not None and format.lower() != FORMAT:
        raise PlanError(f"a warehouse is reached by {FORMAT} only, found `{format}`; leave `format` out", key="format")
