"""What interface classes answer: plans, and the small types they are made of.

Plans are plain data. They are made in one process (the driver's Python, a resolver, a planning worker) and carried
out in another, so everything here survives a round trip through JSON.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

Token = Mapping[str, Any]
# Spark's formats whose files are staged and published by dao's journal; others commit by themselves.
PLAIN_FILE_FORMATS = frozenset({"avro", "csv", "json", "orc", "parquet", "text"})
_Plan = TypeVar("_Plan", bound="_JsonPlan")


def quoted_name(name: str) -> str:
    """Quote a name for Spark's SQL and DDL.

    Example:
        >>> quoted_name("net `value`")
        '`net ``value```'
    """
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


class Filter(NamedTuple):
    """One condition that every wanted row fulfils; several are joined by AND.

    Attributes:
        op: One of `=`, `<=>`, `<`, `<=`, `>`, `>=`, `in`, `isnull`, `isnotnull`, `startswith`, `endswith`,
            `contains`.
        column: Name of a top-level column, unquoted.
        value: The literal compared with; a tuple for `in`, None for `isnull` and `isnotnull`.
    """

    op: str
    column: str
    value: Any = None


class SchemaField(NamedTuple):
    """One column of a DataFrame's schema, as Spark's `StructType.json()` describes it.

    Attributes:
        name: Column name.
        data_type: Spark's JSON type: a string such as `long` or `decimal(10,2)`, or a dict for nested types.
        nullable: Whether nulls may occur.
        comment: What the column means, None where nobody said.
    """

    name: str
    data_type: str | Mapping[str, Any]
    nullable: bool = True
    comment: str | None = None


class StagedFile(NamedTuple):
    """One file that exists in a store or in a staging area.

    Attributes:
        path: Full URI.
        bytes: Size in bytes.
        rows: Number of rows, None where nobody counted.
    """

    path: str
    bytes: int
    rows: int | None = None


class _JsonPlan:
    def to_json(self) -> str:
        """Serialise the plan."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)  # type: ignore[call-overload]

    @classmethod
    def from_json(cls: type[_Plan], text: str) -> _Plan:
        """Build the plan that `to_json` serialised."""
        values = json.loads(text)
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


@dataclass(frozen=True, kw_only=True)
class ReadPlan(_JsonPlan):
    """What Spark shall read.

    Args:
        format: A Spark data source (`parquet`, `csv`, …).
        paths: URIs to load, as Hadoop spells them (`s3a://…`).
        options: Reader options; never secrets.
        schema: DDL of all columns, None to let the format infer it.
        partition_by: Partition columns, where the catalog declares them.
        token: Set where the data must first be produced (a warehouse): secret-free JSON for the interface's
            `stage_read(token, columns, filters)`, which answers with the files to read.

    Example:
        >>> plan = ReadPlan(format="parquet", paths=("s3a://silver/datasets/users_clean",))
        >>> ReadPlan.from_json(plan.to_json()) == plan
        True
    """

    format: str
    paths: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    schema: str | None = None
    partition_by: tuple[str, ...] = ()
    token: Token | None = None


@dataclass(frozen=True, kw_only=True)
class WritePlan(_JsonPlan):
    """What Spark shall write.

    Args:
        format: A Spark data source.
        path: Where the object's files live or, with a token, the fresh staging folder.
        mode: `append`, `overwrite`, `ignore` or `errorifexists`.
        options: Writer options; never secrets.
        partition_by: Partition columns.
        token: Set where `path` is a staging area: secret-free JSON with the batch id, enough for the interface's
            `commit_write(token, files)` or `abort_write(token)` to run, more than once, in a fresh process.
        batch_id: The caller's name for a batch of plain files: while its files are there, it is not written again.
        merge_keys: Set where rows are put in by their keys (upsert) into a format that merges by itself (Delta).

    Example:
        >>> WritePlan(format="parquet", path="file:///data/x", mode="append").mode
        'append'
    """

    format: str
    path: str
    mode: str
    options: Mapping[str, str] = field(default_factory=dict)
    partition_by: tuple[str, ...] = ()
    token: Token | None = None
    batch_id: str | None = None
    merge_keys: tuple[str, ...] = ()


@runtime_checkable
class FileStorage(Protocol):
    """The few file operations that publishing staged files needs; paths are full URIs.

    Implementations are picklable. A missing file or folder is an empty listing, never an error.
    """

    def list_files(self, folder: str) -> list[StagedFile]:
        """List every file below a folder, hidden ones included, sorted by path."""

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's content, None where it does not exist."""

    def write_bytes(self, path: str, data: bytes) -> None:
        """Create or replace a file atomically."""

    def move_file(self, source: str, target: str) -> None:
        """Move one file; done already (source gone, target there) is success."""

    def delete_files(self, paths: Sequence[str]) -> None:
        """Delete files; those that do not exist are passed over. Raises InterfaceError naming each that failed."""

    def arrow_filesystem(self) -> Any:
        """Return the `pyarrow.fs.FileSystem` that reaches the same files."""

    def arrow_path(self, path: str) -> str:
        """Return a URI in the form that `arrow_filesystem` takes."""


class HadoopConfigured(Protocol):
    """An interface whose store needs entries in the Hadoop configuration (endpoint, credentials of one bucket)."""

    def hadoop_settings(self) -> Mapping[str, str]:
        """Return Hadoop configuration entries (`fs.s3a.bucket.<bucket>.endpoint`, …), secrets included."""


class StoredInFiles(Protocol):
    """An interface whose objects are plain files."""

    def storage(self, path: str) -> FileStorage:
        """Return the storage that holds a path."""


def fields_from_spark_json(schema: str | Mapping[str, Any]) -> tuple[SchemaField, ...]:
    """Read the columns out of Spark's `StructType.json()`.

    Args:
        schema: The JSON text, or what it parses to.

    Example:
        >>> fields_from_spark_json('{"type":"struct","fields":[{"name":"id","type":"long","nullable":false}]}')
        (SchemaField(name='id', data_type='long', nullable=False, comment=None),)
    """
    parsed = json.loads(schema) if isinstance(schema, str) else schema
    entries: Iterable[Mapping[str, Any]] = parsed["fields"]
    return tuple(
        SchemaField(
            entry["name"], entry["type"], entry.get("nullable", True), (entry.get("metadata") or {}).get("comment")
        )
        for entry in entries
    )
