"""Naming exactly the files that a write committed, and counting their rows."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from posixpath import basename

from spark_dao.errors import CommitError
from spark_dao.interface_classes.redshift.staging import warehouse_uri
from spark_dao.plans import FileStorage, StagedFile

_LOGGER = logging.getLogger(__name__)
MANIFEST_NAME = "_manifest.json"
_FOOTER_READERS = 8


def data_files(files: Sequence[StagedFile]) -> list[StagedFile]:
    """Leave out what Spark writes beside the data, such as `_SUCCESS`."""
    return [file for file in files if not basename(file.path).startswith(("_", "."))]


def manifest_of(files: Sequence[StagedFile]) -> bytes:
    """Write the manifest that names exactly these files.

    All are mandatory, so that a file that vanished fails the load; COPY of Parquet needs each one's size (guide, "Using
    a manifest to specify data files").

    Example:
        >>> manifest_of([StagedFile("s3a://temp/a.parquet", 7)])
        b'{"entries": [{"url": "s3://temp/a.parquet", "mandatory": true, "meta": {"content_length": 7}}]}'
    """
    entries = [
        {"url": warehouse_uri(file.path), "mandatory": True, "meta": {"content_length": file.bytes}} for file in files
    ]
    return json.dumps({"entries": entries}).encode("utf-8")


def count_rows(storage: FileStorage, files: Sequence[StagedFile]) -> int | None:
    """Count staged rows, from the Parquet footers where the writer did not say.

    Returns:
        The number of rows, None where pyarrow is not installed and the writer did not count.
    """
    known = sum(file.rows or 0 for file in files)
    uncounted = [file for file in files if file.rows is None]
    if not uncounted:
        return known
    try:
        from pyarrow import parquet
    except ImportError:
        _LOGGER.warning("pyarrow is not installed, so loaded rows are not compared with staged ones")
        return None
    filesystem = storage.arrow_filesystem()

    def footer_rows(file: StagedFile) -> int:
        return int(parquet.read_metadata(storage.arrow_path(file.path), filesystem=filesystem).num_rows)

    try:
        with ThreadPoolExecutor(max_workers=_FOOTER_READERS) as readers:
            return known + sum(readers.map(footer_rows, uncounted))
    except (OSError, ValueError) as error:
        raise CommitError(f"a staged file cannot be read: {error}; nothing was written") from error
