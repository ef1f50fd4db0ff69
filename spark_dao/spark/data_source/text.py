"""Reading csv and JSON lines: which parts of a file a task reads, and its bytes cut at line ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql.types import StructType

from spark_dao.plans import FileStorage
from spark_dao.spark.data_source.columnar import Split

if TYPE_CHECKING:
    import pyarrow

_COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4", ".snappy": "snappy", ".deflate": "deflate"}
_READABLE = ("gzip", "bz2")
BLOCK_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class TextFormat:
    """How text is read.

    Attributes:
        name: `csv` or `json`.
        options: The plan's options by lower-cased name.
        time_zone: Name of the session's time zone.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "UTC"

    @property
    def multi_line(self) -> bool:
        """Whether a record may span lines, so that a file cannot be split."""
        return self.options.get("multiline", "false").lower() == "true"


def compression_of(path: str) -> str | None:
    """Return the codec that Spark takes a file to be compressed with, by its name.

    Example:
        >>> compression_of("s3a://bronze/users.csv.gz"), compression_of("s3a://bronze/users.csv")
        ('gzip', None)
    """
    name = path.rsplit("/", 1)[-1].lower()
    return next((codec for ending, codec in _COMPRESSED.items() if name.endswith(ending)), None)


def text_splits(path: str, size: int, text: TextFormat, split_bytes: int) -> list[tuple[Split, int]]:
    """Divide a large file by bytes, where its records are lines.

    Args:
        path: URI of the file.
        size: Its size in bytes.
        text: How it is read.
        split_bytes: Wanted size of a split in bytes.

    Example:
        >>> [(split.start, split.end) for split, _ in text_splits("x.csv", 25, TextFormat("csv"), 10)]
        [(0, 10), (10, 20), (20, 25)]
    """
    if text.multi_line or compression_of(path) is not None:
        return [(Split(path), size)]
    starts = range(0, size, split_bytes)
    return [(Split(path, start, min(start + split_bytes, size)), min(split_bytes, size - start)) for start in starts]


def read_text(
    storage: FileStorage, split: Split, text: TextFormat, schema: StructType
) -> Iterator[pyarrow.RecordBatch]:
    """Read a split of a csv or JSON lines file.

    Args:
        storage: The storage that holds the file.
        split: What to read.
        text: How to read it.
        schema: The columns of the file, by position for csv and by name for JSON.

    Yields:
        Batches whose columns have the names and types of the schema.

    Raises:
        PlanError: The file is compressed in a way that needs the jar.
    """
    if text.name == "csv":
        from spark_dao.spark.data_source.csv_reading import read_csv

        yield from read_csv(storage, split, text, schema)
    else:
        from spark_dao.spark.data_source.json_reading import read_json_lines

        yield from read_json_lines(storage, split, text, schema)


def lines_of(storage: FileStorage, split: Split) -> Iterator[bytes]:
    """Yield blocks of whole lines: those that begin inside the split, as Hadoop's `LineRecordReader` divides them.

    Args:
        storage: The storage that holds the file.
        split: The bytes of an uncompressed file, or all of any file.
    """
    from spark_dao.spark.data_source.refusals import needs_the_jar

    codec = compression_of(split.path)
    if codec is not None and codec not in _READABLE:
        raise needs_the_jar(f"reading {codec} files ({split.path})")
    filesystem, path = storage.arrow_filesystem(), storage.arrow_path(split.path)
    if codec is not None or (split.start == 0 and split.end is None):
        with filesystem.open_input_stream(path, compression=codec) as stream:
            yield from _whole_lines(stream, b"", None)
        return
    with filesystem.open_input_file(path) as file:
        rest = b""
        if split.start > 0:
            # A line that begins exactly at the start is this split's, so look at the byte before.
            file.seek(split.start - 1)
            skipped = 0
            while block := file.read(BLOCK_BYTES):
                position = block.find(b"\n")
                if position >= 0:
                    rest = block[position + 1 :]
                    skipped += position + 1
                    break
                skipped += len(block)
            begin = split.start - 1 + skipped
        else:
            begin = 0
        remaining = None if split.end is None else split.end - begin
        if remaining is None or remaining > 0:
            yield from _whole_lines(file, rest, remaining)


def _whole_lines(stream: pyarrow.NativeFile, rest: bytes, remaining: int | None) -> Iterator[bytes]:
    """Cut a stream at line ends; with `remaining` bytes left to its end, a split ends with the line it is in."""
    ended = False
    while not ended:
        block = stream.read(BLOCK_BYTES)
        ended = not block
        rest += block
        if remaining is not None and len(rest) >= remaining:
            last = rest.find(b"\n", max(remaining - 1, 0))
            if last >= 0 or ended:
                yield rest[: last + 1] if last >= 0 else rest
                return
            continue
        cut = len(rest) if ended else rest.rfind(b"\n") + 1
        if cut:
            yield rest[:cut]
            remaining = None if remaining is None else remaining - cut
            rest = rest[cut:]
