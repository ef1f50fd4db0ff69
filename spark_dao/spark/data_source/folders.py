"""Partition folders of rows: `column=value`, spelled as Spark spells them."""

from __future__ import annotations

import datetime
import decimal
import zoneinfo
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from spark_dao.spark.data_source.discovery import escape_name
from spark_dao.spark.data_source.text_values import format_double
from spark_dao.spark.publish_paths import EMPTY_PARTITION

if TYPE_CHECKING:
    import pyarrow


def folders_of(
    batch: pyarrow.RecordBatch, partition_by: Sequence[str], time_zone: str
) -> Iterator[tuple[str, pyarrow.Array | None]]:
    """Divide a batch by its partition folders.

    Args:
        batch: Rows with their partition columns.
        partition_by: The partition columns.
        time_zone: Name of the session's time zone, in which Spark spells timestamps.

    Yields:
        Each folder with the positions of its rows; None for all rows where nothing is partitioned.
    """
    import pyarrow
    import pyarrow.compute

    if not partition_by:
        yield "", None
        return
    codes: Any = None
    names = [""]
    for column in partition_by:
        encoded = batch.column(column).dictionary_encode(null_encoding="encode")
        spelled = [folder_name(column, value, time_zone) for value in _values(encoded.dictionary)]
        own = encoded.indices.cast(pyarrow.int64())
        if codes is None:
            codes, names = own, spelled
            continue
        combined = pyarrow.compute.add(pyarrow.compute.multiply(codes, len(spelled)), own).dictionary_encode()
        names = [
            f"{names[pair // len(spelled)]}/{spelled[pair % len(spelled)]}" for pair in combined.dictionary.to_pylist()
        ]
        codes = combined.indices.cast(pyarrow.int64())
    order = pyarrow.compute.sort_indices(codes)
    counts = pyarrow.compute.value_counts(codes.take(order)).to_pylist()
    start = 0
    # Different values may be spelled alike (null and the empty string), and so share a folder.
    for entry in counts:
        yield names[entry["values"]], order.slice(start, entry["counts"])
        start += entry["counts"]


def folder_name(column: str, value: Any, time_zone: str) -> str:
    """Spell one partition folder as Spark does (`ExternalCatalogUtils.getPartitionPathString`).

    Args:
        column: The column.
        value: Its value; timestamps as aware datetimes, those without a zone as naive ones.
        time_zone: Name of the session's time zone.

    Example:
        >>> folder_name("day", datetime.date(2025, 1, 7), "UTC"), folder_name("a", None, "UTC")
        ('day=2025-01-07', 'a=__HIVE_DEFAULT_PARTITION__')
        >>> folder_name("at", datetime.datetime(2025, 1, 7, 10, tzinfo=datetime.timezone.utc), "Europe/Berlin")
        'at=2025-01-07 11%3A00%3A00'
    """
    text = _spelled(value, time_zone)
    return f"{escape_name(column)}={EMPTY_PARTITION if text in (None, '') else escape_name(text or '')}"


def _spelled(value: Any, time_zone: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_double(value)
    if isinstance(value, datetime.datetime):
        local = value.astimezone(zoneinfo.ZoneInfo(time_zone)) if value.tzinfo else value
        return local.strftime("%Y-%m-%d %H:%M:%S") + f".{local.microsecond:06d}".rstrip("0").rstrip(".")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return str(value)


def _values(dictionary: pyarrow.Array) -> list[Any]:
    import numpy
    import pyarrow

    if pyarrow.types.is_float32(dictionary.type):
        # Java spells a 32-bit number by its own shortest digits.
        return [None if value is None else _Single(numpy.float32(value)) for value in dictionary.to_pylist()]
    return list(dictionary.to_pylist())


class _Single(str):
    """A 32-bit number, spelled."""

    __slots__ = ()

    def __new__(cls, value: Any) -> _Single:
        return super().__new__(cls, format_double(float(value), single=True))
