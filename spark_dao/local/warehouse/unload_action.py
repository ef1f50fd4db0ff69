"""Carries out UNLOAD: a query's result, read in the client's own transaction, becomes Parquet files in S3."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.column_types import BYTEA, NUMERIC, TIMESTAMPTZ, TIMETZ, arrow_type, precision_and_scale
from spark_dao.local.warehouse.exchange import Exchange
from spark_dao.local.warehouse.failures import BackendFailure, WarehouseError, not_supported, notice_message, translated
from spark_dao.local.warehouse.parquet_output import ParquetOutput
from spark_dao.local.warehouse.services import Services
from spark_dao.local.warehouse.tokens import literal
from spark_dao.local.warehouse.unload_statement import UnloadStatement
from spark_dao.local.warehouse.wire import FieldDescription

_CHUNK_BYTES = 8 << 20
# What PostgreSQL writes into CSV depends on these. DateStyle's order of day and month is kept, for it says how the
# query's own literals are read.
_EXACT_OUTPUT = {"DateStyle": "ISO", "extra_float_digits": "1"}


class UnloadAction:
    """One UNLOAD, parsed and ready to run.

    Args:
        statement: What it asks for.
        services: What all sessions share.
    """

    def __init__(self, statement: UnloadStatement, services: Services) -> None:
        self._statement = statement
        self._services = services

    @property
    def sql(self) -> str:
        """What PostgreSQL parses in its place; it is never executed."""
        return f"COPY ({self._statement.query}\n) TO STDOUT (FORMAT csv)"

    def run(self, exchange: Exchange) -> bytes:
        """Write the files; return the CommandComplete for the client.

        Args:
            exchange: The client's session, its backend idle.

        Raises:
            WarehouseError: The statement cannot be carried out; no file is left.
            BackendFailure: PostgreSQL refused; it skips until the next Sync. No file is left.
        """
        self._services.check_role(self._statement.iam_role)
        query = self._statement.query
        columns = _typed(exchange, query, exchange.describe(query))
        self._clear_target()
        before = exchange.query(f"SELECT {', '.join(f'current_setting({literal(n)})' for n in _EXACT_OUTPUT)}").rows[0]
        _set(exchange, list(_EXACT_OUTPUT.values()))
        rows = self._unload(exchange, columns)
        _set(exchange, [str(value) for value in before])
        exchange.query(f"SELECT set_config('spark_dao.last_unload_count', '{rows}', false)")
        exchange.send_client(notice_message(f"UNLOAD completed, {rows} record(s) unloaded successfully."))
        return wire.message(b"C", wire.cstring("UNLOAD"))

    def _clear_target(self) -> None:
        # Source: the guide's UNLOAD page for ALLOWOVERWRITE and CLEANPATH, and its error text.
        if self._statement.allow_overwrite:
            return
        there = self._services.storage.list_objects(self._statement.target)
        if self._statement.clean_path:
            self._services.storage.delete([uri for uri, _ in there])
        elif next(there, None) is not None:
            raise WarehouseError(
                "XX000",
                "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "
                "manually removing the target files in S3, or using the ALLOWOVERWRITE option.",
            )

    def _unload(self, exchange: Exchange, columns: Sequence[FieldDescription]) -> int:
        exchange.prepare_own(_copy_sql(self._statement.query, columns))
        exchange.execute(wire.execute_message(), b"H")
        # Only now: whoever waits for a table's lock must not hold one of the few slots that its holder may need.
        with self._services.transfers:
            output = ParquetOutput(self._services.storage, self._statement, columns)
            try:
                unloaded = _receive(exchange, output)
                if unloaded != output.rows:
                    raise WarehouseError("XX000", f"PostgreSQL sent {unloaded} rows, {output.rows} were written")
                output.complete()
            except (WarehouseError, pa.ArrowException, OSError) as error:
                output.abort()
                if isinstance(error, WarehouseError):
                    raise
                raise WarehouseError("XX000", f"UNLOAD failed: {error}") from error
            except BaseException:
                output.abort()
                raise
        return unloaded


def _receive(exchange: Exchange, output: ParquetOutput) -> int:
    """Read the backend's CSV to its end; return how many rows it says it sent."""
    rows: list[bytes] = []
    size = 0
    while (message := exchange.next_message()).kind != b"C":
        if message.kind == b"E":
            exchange.skipping = True
            raise BackendFailure(translated(wire.read_fields(message.payload)))
        if message.kind == b"d":
            run = [message.payload, *exchange.backend.buffered_run(b"d")]
            rows += run
            size += sum(map(len, run))
        if size >= _CHUNK_BYTES:
            try:
                output.write(rows)
            except WarehouseError:
                _stop(exchange)
                raise
            rows, size = [], 0
    if rows:
        output.write(rows)
    return int(wire.read_cstring(message.payload)[0].split()[-1])


def _stop(exchange: Exchange) -> None:
    """End a backend that is still sending."""
    exchange.backend.cancel()
    while (message := exchange.next_message()).kind not in b"EC":
        continue
    exchange.skipping = message.kind == b"E"


def _typed(exchange: Exchange, query: str, columns: tuple[FieldDescription, ...]) -> tuple[FieldDescription, ...]:
    """Refuse what Parquet cannot hold, and give every NUMERIC a precision and scale.

    A sum of DECIMAL(p,s) is DECIMAL(38,s) on Redshift (guide, "Computations with numeric values"); PostgreSQL gives
    no scale, so it is taken from the values. For other expressions that is a guess.
    """
    for column in columns:
        if column.type_oid in (BYTEA, TIMETZ):
            raise not_supported(f'UNLOAD to PARQUET does not support the type of column "{column.name}"')
        arrow_type(column)
    loose = [
        index
        for index, column in enumerate(columns)
        if column.type_oid == NUMERIC and precision_and_scale(column) is None
    ]
    if not loose:
        return columns
    scales = ", ".join(f"max(scale(c{index}))" for index in loose)
    row = exchange.query(f"SELECT {scales} {_source(query, columns)}").rows[0]
    typed = list(columns)
    for index, scale in zip(loose, row, strict=True):
        typed[index] = columns[index]._replace(type_modifier=(38 << 16 | int(scale or 0)) + 4)
    return tuple(typed)


def _copy_sql(query: str, columns: Sequence[FieldDescription]) -> str:
    expressions = []
    for index, column in enumerate(columns):
        name = f"c{index}"
        if column.type_oid == TIMESTAMPTZ:
            name = f"{name} AT TIME ZONE 'UTC'"
        elif column.type_oid == NUMERIC:
            precision, scale = precision_and_scale(column) or (38, 0)
            name = f"{name}::numeric({precision},{scale})"
        expressions.append(name)
    return f"COPY (SELECT {', '.join(expressions)} {_source(query, columns)}) TO STDOUT (FORMAT csv)"


def _source(query: str, columns: Sequence[FieldDescription]) -> str:
    # The line break ends a comment that the query may end with.
    aliases = ", ".join(f"c{index}" for index in range(len(columns)))
    return f"FROM ({query}\n) AS q({aliases})"


def _set(exchange: Exchange, values: Sequence[str]) -> None:
    pairs = zip(_EXACT_OUTPUT, values, strict=True)
    calls = ", ".join(f"set_config({literal(name)}, {literal(value)}, true)" for name, value in pairs)
    exchange.query(f"SELECT {calls}")
