"""The reading side of the Python data source: parallel partitions of files, read as Arrow batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import datasource as spark_datasource
from pyspark.sql.types import StructType

from spark_dao.errors import InterfaceError, PlanError
from spark_dao.plans import FileStorage, Filter, StagedFile
from spark_dao.spark.data_source.arrow import arrow_schema, conform
from spark_dao.spark.data_source.columnar import Split, read_columnar, splits
from spark_dao.spark.data_source.columns import field_by_name
from spark_dao.spark.data_source.discovery import DataFile, partition_value
from spark_dao.spark.data_source.filters import expression, keeps, typed_filters
from spark_dao.spark.data_source.refusals import surfacing, surfacing_iterator
from spark_dao.spark.data_source.text import TextFormat, read_text, text_splits

if TYPE_CHECKING:
    import pyarrow

SPLIT_BYTES = 128 * 1024 * 1024
OPEN_COST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Piece:
    """A split and the partition values that belong to its rows."""

    split: Split
    partition: tuple[tuple[str, str | None], ...] = ()


class FilePartition(spark_datasource.InputPartition):
    """What one task reads.

    Args:
        pieces: Splits of files; plain data, nothing secret.
    """

    def __init__(self, pieces: tuple[Piece, ...]) -> None:
        super().__init__(pieces)
        self.pieces = pieces


class FileReader(spark_datasource.DataSourceReader):
    """Reads the files of one object.

    Args:
        storage: The storage that holds the files; it travels with the tasks.
        schema: What Spark expects, partition columns included.
        text: How to read csv or JSON; None for parquet and orc.
        format_name: The files' format.
        files: Lists the files; called once, while Spark plans, with the columns and filters of the query.
        time_zone: Name of the session's time zone.
        local_time_zone: Name of the JVM's default time zone.
        parallelism: How many tasks the session runs at once, 0 where that is not known.
    """

    def __init__(
        self,
        *,
        storage: FileStorage,
        schema: StructType,
        format_name: str,
        text: TextFormat | None,
        files: Callable[[Sequence[str], Sequence[Filter]], Sequence[DataFile]],
        time_zone: str = "UTC",
        local_time_zone: str = "UTC",
        parallelism: int = 0,
    ) -> None:
        self.storage = storage
        self.schema = schema
        self.format_name = format_name
        self.text = text
        self.time_zone = time_zone
        self.local_time_zone = local_time_zone
        self.parallelism = parallelism or os.cpu_count() or 1
        self.filters: tuple[Filter, ...] = ()
        self._files: Callable[[Sequence[str], Sequence[Filter]], Sequence[DataFile]] | None = files

    def __repr__(self) -> str:
        return f"{type(self).__name__}(format_name={self.format_name!r}, filters={self.filters!r})"

    def __getstate__(self) -> dict[str, Any]:
        # What lists the files belongs to the planning process and holds the interface; tasks need neither.
        return {**self.__dict__, "_files": None}

    def pushFilters(self, filters: list[spark_datasource.Filter]) -> Iterable[spark_datasource.Filter]:
        """Take filters to leave out files, row groups and rows early; Spark evaluates all of them again."""
        self.filters = typed_filters(filters)
        return filters

    @surfacing
    def partitions(self) -> Sequence[spark_datasource.InputPartition]:
        """Divide the wanted files into tasks as Spark does: large files split, small files together."""
        if self._files is None:
            raise PlanError("partitions are planned in the process that made the reader")
        wanted = [file for file in self._files(self.schema.fieldNames(), self.filters) if self._is_wanted(file)]
        split_bytes = split_size([file.bytes for file in wanted], self.parallelism)
        with ThreadPoolExecutor(max_workers=16) as pool:
            divided = pool.map(lambda file: self._pieces(file, split_bytes), wanted)
            sized = [piece for pieces in divided for piece in pieces]
        return [FilePartition(pieces) for pieces in pack(sized, split_bytes)] or [FilePartition(())]

    def read(self, partition: spark_datasource.InputPartition) -> Iterator[pyarrow.RecordBatch]:
        """Read one task's splits."""
        return surfacing_iterator(self._read(partition))

    def _read(self, partition: spark_datasource.InputPartition) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow

        target = arrow_schema(self.schema)
        condition = expression(self.filters, target)
        for piece in partition.value:
            constants: dict[str, pyarrow.Scalar] = {}
            for name, text in piece.partition:
                field = field_by_name(self.schema.fields, name)
                if field is not None:
                    value = partition_value(text, field.dataType, self.time_zone)
                    constants[field.name] = pyarrow.scalar(value, target.field(field.name).type)
            wanted = pyarrow.schema([field for field in target if field.name not in constants])
            if self.text is None:
                batches = read_columnar(
                    self.storage, piece.split, self.format_name, wanted, self.filters, self.local_time_zone
                )
            else:
                data_schema = StructType([field for field in self.schema.fields if field.name not in constants])
                batches = read_text(self.storage, piece.split, self.text, data_schema)
            try:
                for batch in batches:
                    conformed = conform(batch, target, constants, piece.split.path)
                    yield conformed if condition is None else conformed.filter(condition)
            except (pyarrow.ArrowException, OSError) as error:
                raise InterfaceError(f"cannot read {piece.split.path}: {error}") from None

    def _is_wanted(self, file: DataFile) -> bool:
        values = {}
        for name, text in file.partition.items():
            field = field_by_name(self.schema.fields, name)
            if field is not None:
                values[field.name] = partition_value(text, field.dataType, self.time_zone)
        return file.bytes > 0 and keeps(self.filters, values)

    def _pieces(self, file: DataFile, split_bytes: int) -> list[tuple[Piece, int]]:
        partition = tuple(file.partition.items())
        if file.bytes <= split_bytes:
            return [(Piece(Split(file.path), partition), file.bytes)]
        if self.text is None:
            divided = splits(self.storage, file.path, self.format_name, split_bytes)
        else:
            divided = text_splits(file.path, file.bytes, self.text, split_bytes)
        return [(Piece(split, partition), size) for split, size in divided]


def split_size(sizes: Sequence[int], parallelism: int) -> int:
    """Choose the size of a task's share, as Spark's `FilePartition.maxSplitBytes` does.

    Args:
        sizes: Sizes of the files in bytes.
        parallelism: How many tasks run at once.

    Example:
        >>> split_size([1 << 30], 4) == SPLIT_BYTES, split_size([60 << 20], 2) // (1 << 20)
        (True, 32)
    """
    total = sum(sizes) + OPEN_COST_BYTES * len(sizes)
    return min(SPLIT_BYTES, max(OPEN_COST_BYTES, total // parallelism))


def pack(sized: Iterable[tuple[Piece, int]], split_bytes: int = SPLIT_BYTES) -> list[tuple[Piece, ...]]:
    """Put small pieces together into tasks, as Spark's `FilePartition.getFilePartitions` does.

    Args:
        sized: Pieces and their sizes in bytes.
        split_bytes: Wanted size of a task's share.
    """
    tasks: list[tuple[Piece, ...]] = []
    current: list[Piece] = []
    total = 0
    for piece, size in sorted(sized, key=lambda entry: entry[1], reverse=True):
        if current and total + size > split_bytes:
            tasks.append(tuple(current))
            current, total = [], 0
        current.append(piece)
        total += size + OPEN_COST_BYTES
    return [*tasks, tuple(current)] if current else tasks


def staged_files(files: Iterable[StagedFile]) -> list[DataFile]:
    """Take the files that a warehouse produced; their paths hold no partition values."""
    return [DataFile(file.path, file.bytes, {}) for file in files]
