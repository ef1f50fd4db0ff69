"""How long the VARCHAR columns of a new table become: measured in the staged files, in bytes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from posixpath import basename
from typing import Any

from spark_dao.errors import CommitError
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.types import MAXIMUM_VARCHAR_BYTES
from spark_dao.plans import FileStorage, StagedFile

_LOGGER = logging.getLogger(__name__)
SHORTEST_VARCHAR_BYTES = 256
#: More text than this (uncompressed) is not fetched to be measured; its columns get the longest VARCHAR there is.
MOST_MEASURED_BYTES = 256 * 2**20
_READERS = 4
_BATCH_ROWS = 65_536
_LENGTH = re.compile(r"character varying\((\d+)\)")


def with_measured_lengths(load: Load, storage: FileStorage, files: Sequence[StagedFile]) -> Load:
    """Give the text columns of a new table lengths that fit the staged data with room to grow.

    A length is twice the longest value's, rounded up to a power of two, at least 256 and at most 65535 bytes; a
    column without any text tells nothing and gets 65535. A value that no VARCHAR holds is refused before COPY.

    Args:
        load: What to load where.
        storage: Reaches the staged files.
        files: Exactly the files that the write committed.

    Raises:
        CommitError: A value is longer than Redshift's longest VARCHAR.
    """
    limits = {column.name: int(found.group(1)) for column in load.columns if (found := _LENGTH.fullmatch(column.type))}
    limits = {name: limit for name, limit in limits.items() if name in load.measured}
    longest = _longest(load, limits, storage, files) if limits and files else None
    if longest is None:
        return load
    lengths = {name: rounded_length(size) for name, size in longest.items() if size}
    columns = tuple(
        column._replace(type=f"character varying({lengths[column.name]})") if column.name in lengths else column
        for column in load.columns
    )
    return replace(load, columns=columns)


def rounded_length(longest: int) -> int:
    """Round a measured length up.

    Example:
        >>> rounded_length(3), rounded_length(300), rounded_length(60_000)
        (256, 1024, 65535)
    """
    return min(MAXIMUM_VARCHAR_BYTES, max(SHORTEST_VARCHAR_BYTES, 1 << (2 * longest - 1).bit_length()))


def _longest(
    load: Load, limits: Mapping[str, int], storage: FileStorage, files: Sequence[StagedFile]
) -> dict[str, int] | None:
    try:
        from pyarrow import parquet
    except ImportError:
        _LOGGER.warning("pyarrow is not installed, so the VARCHAR columns of %s are not measured", load.target.sql)
        return None
    places = {column.name: number for number, column in enumerate(load.columns) if column.name in limits}
    filesystem = storage.arrow_filesystem()
    with ThreadPoolExecutor(_READERS) as readers:
        opened = list(
            readers.map(lambda file: parquet.ParquetFile(storage.arrow_path(file.path), filesystem=filesystem), files)
        )
        if sum(_text_bytes(file.metadata, places) for file in opened) > MOST_MEASURED_BYTES:
            _LOGGER.info("%s gets VARCHAR(65535): too much text to measure; declare `varchar_lengths`", load.target.sql)
            return None
        measured = readers.map(lambda pair: _measured(pair[0], pair[1], limits), zip(files, opened, strict=True))
        found = list(measured)
    return {name: max(each[name] for each in found) for name in limits}


def _text_bytes(footer: Any, places: Mapping[str, int]) -> int:
    return sum(
        footer.row_group(group).column(place).total_uncompressed_size
        for group in range(footer.num_row_groups)
        for place in places.values()
    )


def _measured(staged: StagedFile, file: Any, limits: Mapping[str, int]) -> dict[str, int]:
    from pyarrow import compute

    longest = dict.fromkeys(limits, 0)
    for start, batch in _batches(file, list(limits)):
        for name, limit in limits.items():
            sizes = compute.binary_length(batch.column(name))
            size = compute.max(sizes).as_py() or 0
            longest[name] = max(longest[name], size)
            if size > limit:
                row = start + compute.index(sizes, size).as_py()
                raise CommitError(
                    f"`{name}` has a value of {size} bytes in row {row} of {basename(staged.path)}, where its column "
                    f"holds {limit}; nothing was written: shorten it"
                )
    return longest


def _batches(file: Any, names: Sequence[str]) -> Iterator[tuple[int, Any]]:
    start = 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=names):
        yield start, batch
        start += batch.num_rows
