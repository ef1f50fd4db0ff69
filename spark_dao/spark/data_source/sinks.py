"""Writing one task's rows to staged files, partition by partition, in bounded memory."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import StructField, StructType

from spark_dao.plans import FileStorage, StagedFile
from spark_dao.spark.data_source.arrow import arrow_schema, conform
from spark_dao.spark.data_source.file_writers import FileFormat, extension_of, open_writer
from spark_dao.spark.data_source.folders import folders_of

if TYPE_CHECKING:
    import pyarrow

# One row group of this size is what a file gets; together all partitions of a task hold at most twice as much.
BUFFER_BYTES = 64 * 1024 * 1024
OPEN_FILES = 32
_OBJECT_STORES = ("s3", "gcs", "abfs")


@dataclass(frozen=True)
class StagedOutput:
    """Where the tasks of one write put their files, and how.

    Args:
        storage: The storage that holds the folder.
        folder: URI of the staging folder.
        batch_id: Part of every file's name.
        schema: The columns, partition columns included.
        format: The files' format.
        partition_by: Columns that become folders.
    """

    storage: FileStorage = field(repr=False)
    folder: str
    batch_id: str
    schema: StructType = field(repr=False)
    format: FileFormat
    partition_by: tuple[str, ...] = ()

    @property
    def data_schema(self) -> StructType:
        """The columns inside the files."""
        return StructType(
            [
                StructField(entry.name, entry.dataType, True, entry.metadata)
                for entry in self.schema.fields
                if entry.name not in self.partition_by
            ]
        )

    def write(self, batches: Iterable[pyarrow.RecordBatch], task: int) -> list[StagedFile]:
        """Write one task's rows.

        Args:
            batches: The rows.
            task: Number of the task's partition, part of the files' names.

        Returns:
            The files, none where there are no rows.
        """
        import pyarrow

        everything = arrow_schema(StructType([StructField(f.name, f.dataType) for f in self.schema.fields]))
        inside = arrow_schema(self.data_schema)
        files = _OpenFiles(self, f"part-{task:05d}-{self.batch_id}-{uuid.uuid4().hex[:12]}")
        try:
            for batch in batches:
                if batch.num_rows == 0:
                    continue
                whole = conform(batch, everything, {}, "the data")
                data = pyarrow.RecordBatch.from_arrays([whole.column(name) for name in inside.names], schema=inside)
                for folder, rows in folders_of(whole, self.partition_by, self.format.time_zone):
                    files.add(folder, data if rows is None else data.take(rows))
            return files.close()
        finally:
            files.discard()

    def write_empty(self, relative_folder: str) -> StagedFile:
        """Write one file without rows.

        Args:
            relative_folder: Folder below the staging folder.
        """
        files = _OpenFiles(self, f"part-00000-{self.batch_id}-{uuid.uuid4().hex[:12]}")
        try:
            files.open(relative_folder)
            return files.close()[0]
        finally:
            files.discard()


class _OpenFiles:
    def __init__(self, output: StagedOutput, stem: str) -> None:
        self.output = output
        self.stem = stem
        self.filesystem = output.storage.arrow_filesystem()
        self.schema = arrow_schema(output.data_schema)
        self.buffers: dict[str, list[pyarrow.RecordBatch]] = {}
        self.sizes: dict[str, int] = {}
        self.writers: OrderedDict[str, Any] = OrderedDict()
        self.done: list[StagedFile] = []
        self.opened = 0

    def add(self, folder: str, batch: pyarrow.RecordBatch) -> None:
        self.buffers.setdefault(folder, []).append(batch)
        self.sizes[folder] = self.sizes.get(folder, 0) + batch.nbytes
        if self.sizes[folder] >= BUFFER_BYTES:
            self.flush(folder)
        while sum(self.sizes.values()) >= 2 * BUFFER_BYTES:
            self.flush(max(self.sizes, key=lambda name: self.sizes[name]))

    def flush(self, folder: str) -> None:
        import pyarrow

        batches = self.buffers.pop(folder, [])
        self.sizes.pop(folder, None)
        if batches:
            self.open(folder).write(pyarrow.Table.from_batches(batches, self.schema))

    def open(self, folder: str) -> Any:
        if folder not in self.writers:
            while len(self.writers) >= OPEN_FILES:
                self.finish(next(iter(self.writers)))
            self.writers[folder] = self._new_writer(folder)
        self.writers.move_to_end(folder)
        return self.writers[folder]

    def finish(self, folder: str) -> None:
        self.done.append(self.writers.pop(folder).close())

    def close(self) -> list[StagedFile]:
        for folder in list(self.buffers):
            self.flush(folder)
        for folder in list(self.writers):
            self.finish(folder)
        return self.done

    def discard(self) -> None:
        """Close what an error left open, so that no connection stays behind; abort removes the files."""
        for writer in self.writers.values():
            writer.abandon()

    def _new_writer(self, folder: str) -> Any:
        parent = f"{self.output.folder}/{folder}" if folder else self.output.folder
        name = f"{self.stem}-c{self.opened:03d}{extension_of(self.output.format.name, self.output.format.options)}"
        path = f"{parent}/{name}"
        self.opened += 1
        if self.filesystem.type_name not in _OBJECT_STORES:
            self.filesystem.create_dir(self.output.storage.arrow_path(parent), recursive=True)
        stream = self.filesystem.open_output_stream(self.output.storage.arrow_path(path), compression=None)
        return open_writer(stream, path, self.schema, self.output.data_schema, self.output.format)
