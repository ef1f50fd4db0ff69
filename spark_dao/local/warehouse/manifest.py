"""Which files a COPY reads."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from spark_dao.local.warehouse.failures import ScanError, WarehouseError
from spark_dao.local.warehouse.object_storage import ObjectStorage


class SourceFile(NamedTuple):
    """One file to load.

    Attributes:
        uri: Its `s3://` URI.
        size: Its size in bytes.
    """

    uri: str
    size: int


def source_files(storage: ObjectStorage, source: str, *, manifest: bool) -> list[SourceFile]:
    """Find the files of a COPY.

    Without a manifest the source is a key prefix, and no match is no error (measured report). In a manifest of Parquet
    files every entry needs `meta.content_length` (aws-lambda-redshift-loader#221, error 15003); an optional file that
    is missing is passed over, a mandatory one is an error (guide). That a size other than the declared one is an error
    is a guess.

    Args:
        storage: Where to look.
        source: `s3://` URI.
        manifest: Whether the URI is that of a manifest.

    Raises:
        WarehouseError: The manifest is missing or malformed, or a mandatory file is missing.
    """
    if not manifest:
        return [SourceFile(uri, size) for uri, size in storage.list_objects(source) if size and not uri.endswith("/")]
    files = []
    for entry in _entries(storage.read_bytes(source), source):
        uri = entry.get("url")
        if not isinstance(uri, str) or not uri.startswith("s3://"):
            raise WarehouseError("XX000", f"Manifest {source} has an entry without an s3:// url")
        length = (entry.get("meta") or {}).get("content_length")
        if not isinstance(length, int):
            raise ScanError("File entry does not have 'meta' key", 15003, file_name=uri)
        size = storage.size(uri)
        if size is None:
            if entry.get("mandatory", False):
                raise ScanError(f"File not found: {uri}", 15001, file_name=uri)
            continue
        if size != length:
            raise ScanError(f"The file has {size} bytes, its manifest entry says {length}: {uri}", 15001, file_name=uri)
        files.append(SourceFile(uri, size))
    return files


def _entries(content: bytes, source: str) -> list[dict[str, Any]]:
    try:
        parsed = json.loads(content)
        entries = parsed["entries"]
    except (ValueError, KeyError, TypeError):
        raise WarehouseError("XX000", f"Problem reading manifest file {source}: no JSON object with entries") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise WarehouseError("XX000", f"Problem reading manifest file {source}: entries must be a list of objects")
    return entries
