"""Carries out COPY: Parquet from S3 goes as a binary stream into the client's own transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.catalog import load_errors_sql, target_columns_sql
from spark_dao.local.warehouse.copy_encoding import encoder
from spark_dao.local.warehouse.copy_statement import CopyStatement
from spark_dao.local.warehouse.exchange import Exchange
from spark_dao.local.warehouse.failures import BackendFailure, ScanError, WarehouseError, notice_message, translated
from spark_dao.local.warehouse.manifest import SourceFile, source_files
from spark_dao.local.warehouse.parquet_columns import ColumnFitter
from spark_dao.local.warehouse.services import Services
from spark_dao.local.warehouse.tokens import quote_identifier, tokenize

_BATCH_BYTES = 4 << 20
_FEWEST_ROWS, _MOST_ROWS = 64, 16384
_COLUMN_BUFFER_BYTES = 1 << 20
_COPY_DATA_BYTES = 1 << 20


class CopyAction:
    """One COPY, parsed and ready to run.

    Args:
        statement: What it asks for.
        services: What all sessions share.
    """

    def __init__(self, statement: CopyStatement, services: Services) -> None:
        self._statement = statement
        self._services = services

    @property
    def sql(self) -> str:
        """What PostgreSQL parses in its place; it is never executed."""
        return f"COPY {self._statement.table} FROM STDIN (FORMAT binary)"

    def run(self, exchange: Exchange) -> bytes:
        """Load the files; return the CommandComplete for the client.

        The rows are in the client's transaction: a failure aborts it, its rollback takes them back.

        Args:
            exchange: The client's session, its backend idle.

        Raises:
            WarehouseError: The statement cannot be carried out.
            BackendFailure: PostgreSQL refused; it skips until the next Sync.
        """
        statement = self._statement
        try:
            target = self._target_columns(exchange)
            self._services.check_role(statement.iam_role)
            files = source_files(self._services.storage, statement.source, manifest=statement.manifest)
            loaded = self._load(exchange, target, files)
        except ScanError as error:
            self._services.record(load_errors_sql(error, statement.table))
            raise
        exchange.query(f"SELECT set_config('spark_dao.last_copy_count', '{loaded}', false)")
        table = tokenize(statement.table)[-1].identifier
        exchange.send_client(
            notice_message(f"Load into table '{table}' completed, {loaded} record(s) loaded successfully.")
        )
        return wire.message(b"C", wire.cstring(f"COPY {loaded}"))

    def _target_columns(self, exchange: Exchange) -> list[wire.FieldDescription]:
        # A column list may leave out only what has a default (measured report); IDENTITY needs EXPLICIT_IDS (guide).
        rows = exchange.query(target_columns_sql(self._statement.table)).rows
        columns = {
            str(name): wire.FieldDescription(str(name), int(oid or 0), int(modifier or 0))
            for name, oid, modifier, *_ in rows
        }
        identities = {str(row[0]) for row in rows if row[3] == "t"}
        required = {str(row[0]) for row in rows if row[4] == "t"}
        explicit = self._statement.explicit_ids
        if not self._statement.columns:
            return [column for name, column in columns.items() if explicit or name not in identities]
        listed = [tokenize(column)[0].identifier for column in self._statement.columns]
        if unknown := [name for name in listed if name not in columns]:
            relation = tokenize(self._statement.table)[-1].identifier
            raise WarehouseError("42703", f'column "{unknown[0]}" of relation "{relation}" does not exist')
        if omitted := sorted(required.difference(listed)):
            raise WarehouseError(
                "42601", f'NOT NULL column without DEFAULT must be included in column list: "{omitted[0]}"'
            )
        if (named := sorted(identities.intersection(listed))) and not explicit:
            raise WarehouseError(
                "42601", f'cannot set an identity column to a value: "{named[0]}"', hint="Use EXPLICIT_IDS."
            )
        return [columns[name] for name in listed]

    def _load(self, exchange: Exchange, target: Sequence[wire.FieldDescription], files: list[SourceFile]) -> int:
        names = ", ".join(quote_identifier(column.name) for column in target)
        exchange.prepare_own(f"COPY {self._statement.table} ({names}) FROM STDIN (FORMAT binary)")
        exchange.execute(wire.execute_message(), b"G")
        # Only now: whoever waits for a table's lock must not hold one of the few slots that its holder may need.
        with self._services.transfers:
            try:
                sent = self._send(exchange, target, files)
            except (WarehouseError, pa.ArrowException, OSError) as error:
                _fail_copy(exchange)
                raise _as_warehouse_error(error) from error
        completed = exchange.expect(b"C")
        loaded = int(wire.read_cstring(completed.payload)[0].split()[-1])
        if loaded != sent:
            raise WarehouseError("XX000", f"the files hold {sent} rows, PostgreSQL took {loaded}")
        return loaded

    def _send(self, exchange: Exchange, target: Sequence[wire.FieldDescription], files: list[SourceFile]) -> int:
        encode = encoder(target)
        pending, sent = bytearray(encode.write_header()), 0
        for file in files:
            for batch in self._batches(file, target):
                pending += encode.write_batch(batch)
                if not sent:
                    exchange.midway()
                sent += batch.num_rows
                if len(pending) >= _COPY_DATA_BYTES:
                    exchange.backend.send(wire.message(b"d", bytes(pending)))
                    pending.clear()
                    _check(exchange)
        # The tail of the stream and its trailer come only from here.
        pending += encode.finish()
        exchange.backend.send(wire.message(b"d", bytes(pending)) + wire.message(b"c") + wire.message(b"H"))
        return sent

    def _batches(self, file: SourceFile, target: Sequence[wire.FieldDescription]) -> Iterator[Any]:
        with self._services.storage.open_input(file.uri) as source:
            try:
                parquet = pq.ParquetFile(source, buffer_size=_COLUMN_BUFFER_BYTES, coerce_int96_timestamp_unit="us")
            except (pa.ArrowInvalid, OSError) as error:
                raise ScanError(
                    f"{file.uri} is not a readable Parquet file: {error}", 15001, file_name=file.uri
                ) from error
            _check_decimal_widths(parquet.schema, file.uri)
            fitter = ColumnFitter(
                parquet.schema_arrow,
                target,
                file_name=file.uri,
                fill_record=self._statement.fill_record,
                serialize_to_json=self._statement.serialize_to_json,
                replacement=self._statement.replacement,
            )
            for batch in parquet.iter_batches(batch_size=_batch_rows(parquet.metadata)):
                yield fitter.fit(batch)


def _check_decimal_widths(schema: Any, file_name: str) -> None:
    # Redshift reads a fixed-length decimal only in the fewest bytes that hold its precision (ParquetSharp#252).
    for index in range(len(schema)):
        column = schema.column(index)
        if column.physical_type != "FIXED_LEN_BYTE_ARRAY" or column.logical_type.type != "DECIMAL":
            continue
        needed = ((10**column.precision - 1).bit_length() + 8) // 8
        if column.length != needed:
            raise ScanError(
                f"{file_name} has an incompatible Parquet schema for column '{column.path}'. "
                f"invalid type length. Expecting: {needed} len in file: {column.length}",
                15001,
                file_name=file_name,
                column_name=column.path,
            )


def _batch_rows(metadata: Any) -> int:
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    widest = max((group.total_byte_size / group.num_rows for group in groups if group.num_rows), default=1)
    return max(_FEWEST_ROWS, min(_MOST_ROWS, int(_BATCH_BYTES / max(widest, 1))))


def _check(exchange: Exchange) -> None:
    while (message := exchange.check_peers()) is not None:
        if message.kind == b"E":
            exchange.skipping = True
            raise BackendFailure(translated(wire.read_fields(message.payload)))


def _fail_copy(exchange: Exchange) -> None:
    exchange.backend.send(wire.message(b"f", wire.cstring("the source failed")) + wire.message(b"H"))
    while exchange.next_message().kind != b"E":
        continue
    exchange.skipping = True


def _as_warehouse_error(error: Exception) -> WarehouseError:
    return error if isinstance(error, WarehouseError) else ScanError(str(error), 15001)
