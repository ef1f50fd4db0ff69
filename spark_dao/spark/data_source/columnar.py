"""Reading parquet and orc: schemas from footers, splits by row group or stripe, Arrow batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import StructField, StructType, TimestampType

from spark_dao.errors import InterfaceError
from spark_dao.plans import FileStorage, Filter
from spark_dao.spark.data_source.arrow import spark_type
from spark_dao.spark.data_source.columns import field_by_name, nullable_field
from spark_dao.spark.data_source.filters import expression
from spark_dao.spark.data_source.orc_types import localized, orc_columns

if TYPE_CHECKING:
    import pyarrow

BATCH_ROWS = 65_536

_SPARK_SCHEMA = b"org.apache.spark.sql.parquet.row.metadata"


@dataclass(frozen=True)
class Split:
    """A part of one file that one task reads.

    Attributes:
        path: URI of the file.
        start: First row group, stripe or byte.
        end: One after the last; None for the whole file.
    """

    path: str
    start: int = 0
    end: int | None = None


def infer_schema(storage: FileStorage, path: str, format_name: str) -> StructType:
    """Read the columns of a parquet or orc file: Spark's own schema where the footer carries it.

    Args:
        storage: The storage that holds the file.
        path: URI of the file.
        format_name: `parquet` or `orc`.

    Raises:
        InterfaceError: The file is none of that format.
        PlanError: A column has a type that Spark does not read.
    """
    if format_name == "orc":
        return orc_columns(_orc_file(storage, path).schema)
    file = _parquet_file(storage, path)
    footer = (file.metadata.metadata or {}).get(_SPARK_SCHEMA)
    if footer is not None:
        schema = StructType.fromJson(json.loads(footer))
        return StructType([nullable_field(field) for field in schema.fields])
    legacy = {
        file.metadata.schema.column(position).path
        for position in range(file.metadata.num_columns)
        if file.metadata.schema.column(position).physical_type == "INT96"
    }
    return StructType(
        [
            StructField(field.name, TimestampType() if field.name in legacy else spark_type(field.type, field.name))
            for field in file.schema_arrow
        ]
    )


def splits(storage: FileStorage, path: str, format_name: str, split_bytes: int) -> list[tuple[Split, int]]:
    """Divide a large file along its row groups or stripes.

    Args:
        storage: The storage that holds the file.
        path: URI of the file.
        format_name: `parquet` or `orc`.
        split_bytes: Wanted size of a split in bytes.

    Returns:
        Each split with its size in bytes.
    """
    if format_name == "orc":
        stripes = _orc_file(storage, path)
        sizes = [max(1, stripes.file_length // max(1, stripes.nstripes))] * stripes.nstripes
    else:
        metadata = _parquet_file(storage, path).metadata
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        sizes = [
            sum(group.column(column).total_compressed_size for column in range(group.num_columns)) for group in groups
        ]
    divided: list[tuple[Split, int]] = []
    start, total = 0, 0
    for number, size in enumerate(sizes):
        if total and total + size > split_bytes:
            divided.append((Split(path, start, number), total))
            start, total = number, 0
        total += size
    return [*divided, (Split(path, start, len(sizes)), total)] if sizes else []


def read_columnar(
    storage: FileStorage,
    split: Split,
    format_name: str,
    target: pyarrow.Schema,
    filters: Sequence[Filter],
    local_time_zone: str = "UTC",
) -> Iterator[pyarrow.RecordBatch]:
    """Read the wanted columns of a split.

    Args:
        storage: The storage that holds the file.
        split: What to read.
        format_name: `parquet` or `orc`.
        target: The wanted columns and their types.
        filters: Conditions by which whole row groups may be passed over.
        local_time_zone: Name of the JVM's default time zone, which orc's timestamps are in.

    Yields:
        Batches in the file's own types.
    """
    if format_name == "orc":
        orc = _orc_file(storage, split.path)
        names = _names_in_file(orc.schema, target)
        for stripe in range(split.start, orc.nstripes if split.end is None else split.end):
            batch = orc.read_stripe(stripe, columns=names)
            for offset in range(0, batch.num_rows, BATCH_ROWS):
                yield localized(batch.slice(offset, BATCH_ROWS), target, local_time_zone)
        return
    parquet = _parquet_file(storage, split.path)
    end = parquet.num_row_groups if split.end is None else split.end
    groups = _wanted_groups(storage, parquet, split.path, range(split.start, end), target, filters)
    if groups:
        names = _names_in_file(parquet.schema_arrow, target)
        yield from parquet.iter_batches(BATCH_ROWS, row_groups=groups, columns=names)


def _wanted_groups(
    storage: FileStorage,
    parquet: Any,
    path: str,
    groups: range,
    target: pyarrow.Schema,
    filters: Sequence[Filter],
) -> list[int]:
    import pyarrow
    import pyarrow.dataset

    # Statistics are compared in the file's types, so only columns that need no conversion count.
    same = [field for field in parquet.schema_arrow if field in list(target)]
    condition = expression(filters, pyarrow.schema(same))
    if condition is None or not groups:
        return list(groups)
    fragment = pyarrow.dataset.ParquetFileFormat().make_fragment(
        storage.arrow_path(path), storage.arrow_filesystem(), row_groups=list(groups)
    )
    return [group.id for group in fragment.subset(condition, schema=parquet.schema_arrow).row_groups]


def _names_in_file(present: pyarrow.Schema, target: pyarrow.Schema) -> list[str]:
    found = (field_by_name(present, field.name) for field in target)
    return [field.name for field in found if field is not None]


def _parquet_file(storage: FileStorage, path: str) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(
            storage.arrow_path(path),
            filesystem=storage.arrow_filesystem(),
            coerce_int96_timestamp_unit="us",
            pre_buffer=True,
        )
    except pyarrow.ArrowInvalid as error:
        raise InterfaceError(f"expected a parquet file at {path}: {error}") from None


def _orc_file(storage: FileStorage, path: str) -> Any:
    import pyarrow
    import pyarrow.orc

    try:
        return pyarrow.orc.ORCFile(storage.arrow_filesystem().open_input_file(storage.arrow_path(path)))
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise InterfaceError(f"expected an orc file at {path}: {error}") from None
