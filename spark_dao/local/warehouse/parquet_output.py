"""The Parquet files that an UNLOAD leaves in S3."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from spark_dao.local.warehouse.column_types import arrow_type, type_name
from spark_dao.local.warehouse.failures import WarehouseError
from spark_dao.local.warehouse.object_storage import ObjectStorage, UploadStream
from spark_dao.local.warehouse.unload_statement import UnloadStatement
from spark_dao.local.warehouse.wire import FieldDescription

_SLICES = 2


class ParquetOutput:
    """Collects CSV chunks into Parquet files; they appear in S3 all at the end, or not at all.

    Every column is optional, decimals are fixed-length, timestamps INT96 (measured on Redshift Serverless); names are
    `<prefix><slice>_part_<nn>.parquet` (guide). `PARALLEL OFF` writes one file after the other, named
    `<prefix><nnn>.parquet` (the guide's text for delimited files; for Parquet a guess).

    Args:
        storage: The S3 server.
        statement: What the UNLOAD asks for.
        columns: The query's columns.
    """

    def __init__(self, storage: ObjectStorage, statement: UnloadStatement, columns: Sequence[FieldDescription]) -> None:
        self._storage = storage
        self._statement = statement
        self._columns = columns
        # INT96 has no zone, so TIMESTAMPTZ comes as its UTC wall clock.
        types = [_without_zone(arrow_type(column)) for column in columns]
        self.schema = pa.schema([pa.field(column.name, kind) for column, kind in zip(columns, types, strict=True)])
        self._reading = _CsvReading([str(index) for index in range(len(columns))], types)
        self._files: list[_File] = []
        self._open: dict[int, _File] = {}
        self._parts = [0] * _SLICES
        self._chunks = 0
        self.rows = 0

    def write(self, rows: Sequence[bytes]) -> None:
        """Add rows.

        Args:
            rows: Lines of PostgreSQL's CSV, each one whole row.

        Raises:
            WarehouseError: A value has no Parquet form, or S3 refused.
        """
        try:
            table = self._reading.read(b"".join(rows)).rename_columns(self.schema.names)
        except pa.ArrowInvalid as error:
            raise WarehouseError("XX000", f"UNLOAD cannot write a value to Parquet: {error}") from error
        self.rows += table.num_rows
        number = self._chunks % _SLICES if self._statement.parallel else 0
        self._chunks += 1
        file = self._open.get(number) or self._next_file(number)
        file.writer.write_table(table, row_group_size=table.num_rows)
        file.rows += table.num_rows
        if file.stream.size >= self._statement.max_file_bytes:
            file.writer.close()
            del self._open[number]

    def complete(self) -> None:
        """Make the files visible and write the manifest.

        Raises:
            WarehouseError: S3 refused; nothing is left.
        """
        for file in self._open.values():
            file.writer.close()
        self._open.clear()
        for file in self._files:
            file.stream.complete()
            file.visible = True
        if self._statement.manifest and self._files:
            self._storage.write_bytes(f"{self._statement.target}manifest", self._manifest())

    def abort(self) -> None:
        """Remove every trace of the files; passes over what S3 refuses, for an error is on its way already."""
        with contextlib.suppress(WarehouseError):
            self._storage.delete([file.stream.uri for file in self._files if file.visible])
        for file in self._files:
            if not file.visible:
                with contextlib.suppress(WarehouseError):
                    file.stream.abort()

    def _next_file(self, number: int) -> _File:
        part = self._parts[number]
        self._parts[number] += 1
        name = f"{number:04d}_part_{part:02d}" if self._statement.parallel else f"{part:03d}"
        stream = self._storage.create(f"{self._statement.target}{name}.parquet")
        writer = pq.ParquetWriter(
            stream, self.schema, use_deprecated_int96_timestamps=True, compression="snappy", store_schema=False
        )
        file = _File(stream, writer)
        self._files.append(file)
        self._open[number] = file
        return file

    def _manifest(self) -> bytes:
        entries = [
            {
                "url": file.stream.uri,
                "meta": {"content_length": file.stream.size}
                | ({"record_count": file.rows} if self._statement.verbose else {}),
            }
            for file in self._files
        ]
        content: dict[str, Any] = {"entries": entries}
        if self._statement.verbose:
            content["schema"] = {
                "elements": [{"name": column.name, "type": {"base": type_name(column)}} for column in self._columns]
            }
            content["meta"] = {
                "content_length": sum(file.stream.size for file in self._files),
                "record_count": self.rows,
            }
            content["author"] = {"name": "Amazon Redshift", "version": "1.0.0"}
        return json.dumps(content, indent=2).encode("utf-8")


class _File:
    def __init__(self, stream: UploadStream, writer: Any) -> None:
        self.stream = stream
        self.writer = writer
        self.rows = 0
        self.visible = False


class _CsvReading:
    def __init__(self, names: list[str], types: list[Any]) -> None:
        self._names = names
        self._parsing = arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
        self._converting = arrow_csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)),
            null_values=[""],
            strings_can_be_null=True,
            # PostgreSQL writes NULL as nothing and an empty string as "".
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        )

    def read(self, content: bytes) -> Any:
        reading = arrow_csv.ReadOptions(column_names=self._names, block_size=len(content) + 1)
        return arrow_csv.read_csv(
            pa.BufferReader(content),
            read_options=reading,
            parse_options=self._parsing,
            convert_options=self._converting,
        ).combine_chunks()


def _without_zone(kind: Any) -> Any:
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
