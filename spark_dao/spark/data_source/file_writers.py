"""One open file per format, written table by table."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pyspark.sql.types import DayTimeIntervalType, StructType
from pyspark.version import __version__ as spark_version

from spark_dao.plans import StagedFile
from spark_dao.spark.data_source.orc_types import refuse_old_dates

if TYPE_CHECKING:
    import pyarrow

_CODECS = {"uncompressed": "none", "none": "none"}
_SUFFIXES = {"snappy": ".snappy", "gzip": ".gz", "zstd": ".zstd", "zlib": ".zlib", "none": ""}


@dataclass(frozen=True)
class FileFormat:
    """How files are written.

    Attributes:
        name: `parquet`, `orc`, `csv` or `json`.
        options: The plan's options by lower-cased name.
        time_zone: Name of the session's time zone.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "UTC"


class TableWriter(Protocol):
    """What pyarrow's writers have in common."""

    def write_table(self, table: pyarrow.Table) -> None:
        """Append a table."""

    def close(self) -> None:
        """Write what belongs at the end."""


class FileWriter:
    """One open file.

    Args:
        stream: Where the bytes go.
        path: URI of the file.
        writer: What turns tables into bytes.
    """

    def __init__(self, stream: pyarrow.NativeFile, path: str, writer: TableWriter) -> None:
        self.stream = stream
        self.path = path
        self.writer = writer
        self.rows = 0

    def write(self, table: pyarrow.Table) -> None:
        """Append a table."""
        self.writer.write_table(table)
        self.rows += table.num_rows

    def close(self) -> StagedFile:
        """Complete the file."""
        self.writer.close()
        size = self.stream.tell()
        self.stream.close()
        return StagedFile(self.path, size, self.rows)

    def abandon(self) -> None:
        """Let go of a file that stays incomplete; the error that led here is the one to show."""
        with contextlib.suppress(Exception):
            self.stream.close()


def codec_of(format_name: str, options: Mapping[str, str]) -> str:
    """Return the compression codec of a format's files.

    Example:
        >>> codec_of("parquet", {}), codec_of("csv", {}), codec_of("csv", {"compression": "GZIP"})
        ('snappy', 'none', 'gzip')
    """
    default = "snappy" if format_name in ("parquet", "orc") else "none"
    codec = options.get("compression", default).lower()
    return _CODECS.get(codec, codec)


def extension_of(format_name: str, options: Mapping[str, str]) -> str:
    """Return the ending of a format's files, as Spark names them.

    Example:
        >>> extension_of("parquet", {}), extension_of("csv", {"compression": "gzip"})
        ('.snappy.parquet', '.csv.gz')
    """
    suffix = _SUFFIXES[codec_of(format_name, options)]
    return f"{suffix}.{format_name}" if format_name in ("parquet", "orc") else f".{format_name}{suffix}"


def open_writer(
    stream: pyarrow.NativeFile, path: str, schema: pyarrow.Schema, spark_schema: StructType, format: FileFormat
) -> FileWriter:
    """Open a file for writing.

    Args:
        stream: Where the bytes go.
        path: URI of the file.
        schema: The columns, as Arrow has them.
        spark_schema: The same, as Spark has them.
        format: The format and its options.
    """
    codec = codec_of(format.name, format.options)
    if format.name == "parquet":
        return FileWriter(stream, path, _ParquetWriter(stream, schema, spark_schema, codec))
    if format.name == "orc":
        return FileWriter(stream, path, _OrcWriter(stream, schema, codec))
    from spark_dao.spark.data_source.csv_writing import CsvWriter
    from spark_dao.spark.data_source.json_writing import JsonLinesWriter

    kind: Any = CsvWriter if format.name == "csv" else JsonLinesWriter
    target = stream if codec == "none" else _GzipStream(stream)
    return FileWriter(stream, path, _TextWriter(target, kind(target, spark_schema, format.options, format.time_zone)))


class _GzipStream:
    """Compresses into a stream that stays open, since its size is asked for afterwards."""

    def __init__(self, stream: pyarrow.NativeFile) -> None:
        self.stream = stream
        self.compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)

    def write(self, data: bytes) -> None:
        self.stream.write(self.compressor.compress(data))

    def finish(self) -> None:
        self.stream.write(self.compressor.flush())


class _TextWriter:
    def __init__(self, target: Any, writer: TableWriter) -> None:
        self.target = target
        self.writer = writer

    def write_table(self, table: pyarrow.Table) -> None:
        self.writer.write_table(table)

    def close(self) -> None:
        self.writer.close()
        if isinstance(self.target, _GzipStream):
            self.target.finish()


class _ParquetWriter:
    """Parquet as Spark's `ParquetWriteSupport` writes it: its own schema in the footer, timestamps in microseconds."""

    def __init__(
        self, stream: pyarrow.NativeFile, schema: pyarrow.Schema, spark_schema: StructType, codec: str
    ) -> None:
        import pyarrow
        import pyarrow.parquet

        # Spark stores an interval as the long that it is.
        intervals = {field.name for field in spark_schema.fields if isinstance(field.dataType, DayTimeIntervalType)}
        self.schema = pyarrow.schema(
            [
                pyarrow.field(field.name, pyarrow.int64() if field.name in intervals else field.type, True)
                for field in schema
            ]
        )
        self.writer = pyarrow.parquet.ParquetWriter(
            stream, self.schema, compression=codec, store_schema=False, store_decimal_as_integer=True
        )
        self.writer.add_key_value_metadata(
            {
                "org.apache.spark.version": spark_version,
                "org.apache.spark.sql.parquet.row.metadata": spark_schema.json(),
            }
        )

    def write_table(self, table: pyarrow.Table) -> None:
        import pyarrow

        columns = [
            column if column.type == field.type else pyarrow.chunked_array([c.view(field.type) for c in column.chunks])
            for column, field in zip(table.columns, self.schema, strict=True)
        ]
        self.writer.write_table(pyarrow.Table.from_arrays(columns, schema=self.schema), row_group_size=1 << 30)

    def close(self) -> None:
        self.writer.close()


class _OrcWriter:
    def __init__(self, stream: pyarrow.NativeFile, schema: pyarrow.Schema, codec: str) -> None:
        import pyarrow.orc

        self.schema = schema
        self.written = False
        self.writer = pyarrow.orc.ORCWriter(stream, compression="uncompressed" if codec == "none" else codec)

    def write_table(self, table: pyarrow.Table) -> None:
        for name, column in zip(table.column_names, table.columns, strict=True):
            for chunk in column.chunks:
                refuse_old_dates(chunk, name)
        self.writer.write(table)
        self.written = True

    def close(self) -> None:
        if not self.written:
            # The format takes its schema from the first table.
            self.writer.write(self.schema.empty_table())
        self.writer.close()
