"""Loading staged Parquet: one transaction of DELETE or CREATE, COPY and the batch's row."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from posixpath import basename
from typing import Any

from spark_dao.errors import CommitError, InterfaceError
from spark_dao.interface_classes.redshift.connection import ServerRefusal, Session, connected
from spark_dao.interface_classes.redshift.control import (
    control_table,
    ensure_control_table,
    is_committed,
    lock_control_table,
    record_batch,
)
from spark_dao.interface_classes.redshift.load_errors import load_errors
from spark_dao.interface_classes.redshift.metadata import find_table
from spark_dao.interface_classes.redshift.names import TableName, quote_identifier, quote_literal
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.staging import warehouse_uri
from spark_dao.interface_classes.redshift.table_definition import create_statement
from spark_dao.interface_classes.redshift.transaction import run_once
from spark_dao.interface_classes.redshift.types import Column
from spark_dao.plans import FileStorage, StagedFile, Token

_LOGGER = logging.getLogger(__name__)
MANIFEST_NAME = "_manifest.json"
_FOOTER_READERS = 8


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is to be loaded where; a write plan's token in typed form.

    Args:
        batch_id: Identifies the batch across processes and attempts.
        mode: `append`, `overwrite`, `ignore` or `errorifexists`.
        target: The table.
        columns: The staged columns in the order of the files, with the types they get in a new table.
        staging: Folder of the staged files, as Hadoop spells it.
        table_clauses: Distribution and sort clauses for a new table, as SQL.
    """

    batch_id: str
    mode: str
    target: TableName
    columns: tuple[Column, ...]
    staging: str
    table_clauses: str = ""

    def to_token(self) -> dict[str, Any]:
        """Write the load as a token: JSON without secrets."""
        return {
            "batch_id": self.batch_id,
            "mode": self.mode,
            "target": list(self.target),
            "columns": [list(column) for column in self.columns],
            "staging": self.staging,
            "table_clauses": self.table_clauses,
        }

    @classmethod
    def from_token(cls, token: Token) -> Load:
        """Read the load that `to_token` wrote.

        Example:
            >>> load = Load(batch_id="1", mode="append", target=TableName("public", "t"),
            ...             columns=(Column("id", "bigint"),), staging="s3a://temp/write-1")
            >>> Load.from_token(load.to_token()) == load
            True
        """
        return cls(
            batch_id=token["batch_id"],
            mode=token["mode"],
            target=TableName(*token["target"]),
            columns=tuple(Column(*column) for column in token["columns"]),
            staging=token["staging"],
            table_clauses=token["table_clauses"],
        )


def commit_load(settings: RedshiftSettings, storage: FileStorage, load: Load, files: Sequence[StagedFile]) -> None:
    """Make staged files visible in their table, once, however often it is called.

    Args:
        settings: The warehouse.
        storage: Reaches the staged files.
        load: What to load where.
        files: Exactly the files that the write committed.

    Raises:
        CommitError: The warehouse refused the data; the table is as it was.
        OutcomeUnknown: Whether the batch was committed could not be found out.
        InterfaceError: The warehouse cannot be reached.
    """
    control = control_table(load.target, settings.control_schema)
    with connected(settings) as session:
        ensure_control_table(session, control)
        if is_committed(session, control, load.batch_id):
            return
    data = [file for file in files if not basename(file.path).startswith(("_", "."))]
    expected = count_rows(storage, data)
    manifest = f"{load.staging}/{MANIFEST_NAME}"
    if data:
        storage.write_bytes(manifest, manifest_of(data))
    statement = copy_statement(load, manifest, settings.role_clause()) if data else None

    def committed(session: Session) -> bool:
        lock_control_table(session, control)
        return is_committed(session, control, load.batch_id)

    def work(session: Session) -> None:
        if not committed(session):
            loaded = _load(session, load, statement, expected)
            record_batch(
                session, control, batch_id=load.batch_id, target=load.target, mode=load.mode, loaded_rows=loaded
            )

    try:
        run_once(settings, work, committed=committed)
    except CommitError:
        raise
    except InterfaceError as error:
        raise _not_loaded(settings, load, error) from None


def _load(session: Session, load: Load, copy: str | None, expected: int | None) -> int:
    exists = find_table(session, load.target) is not None
    if exists and load.mode == "ignore":
        return 0
    if exists and load.mode == "errorifexists":
        raise CommitError(
            f"table {load.target.sql} was created by somebody else while the data was staged; nothing was written"
        )
    if not exists:
        session.execute(create_statement(load.target, load.columns, load.table_clauses))
    elif load.mode == "overwrite":
        # DELETE, since TRUNCATE would commit and DROP would lose grants, comments and views.
        session.execute(" ".join(["DELETE FROM", load.target.sql]))
    if copy is None:
        return 0
    session.execute(copy)
    loaded = int(session.execute("SELECT pg_last_copy_count()")[0][0])
    if expected is not None and loaded != expected:
        raise CommitError(
            f"{expected} rows were staged for {load.target.sql} but COPY loaded {loaded}; nothing was written"
        )
    return loaded


def copy_statement(load: Load, manifest: str, role_clause: str) -> str:
    """Write the COPY of a manifest, which always names the columns: COPY fills them by position.

    Args:
        load: What to load where.
        manifest: URI of the manifest.
        role_clause: `IAM_ROLE …`.
    """
    columns = ", ".join(quote_identifier(column.name) for column in load.columns)
    source = quote_literal(warehouse_uri(manifest))
    return f"COPY {load.target.sql} ({columns}) FROM {source} {role_clause} FORMAT AS PARQUET MANIFEST"


def manifest_of(files: Sequence[StagedFile]) -> bytes:
    """Write the manifest that names exactly these files.

    All are mandatory, so that a file that vanished fails the load; COPY of Parquet needs each one's size (guide, "Using
    a manifest to specify data files").

    Example:
        >>> manifest_of([StagedFile("s3a://temp/a.parquet", 7)])
        b'{"entries": [{"url": "s3://temp/a.parquet", "mandatory": true, "meta": {"content_length": 7}}]}'
    """
    entries = [
        {"url": warehouse_uri(file.path), "mandatory": True, "meta": {"content_length": file.bytes}} for file in files
    ]
    return json.dumps({"entries": entries}).encode("utf-8")


def count_rows(storage: FileStorage, files: Sequence[StagedFile]) -> int | None:
    """Count staged rows, from the Parquet footers where the writer did not say.

    Returns:
        The number of rows, None where pyarrow is not installed and the writer did not count.
    """
    known = sum(file.rows or 0 for file in files)
    uncounted = [file for file in files if file.rows is None]
    if not uncounted:
        return known
    try:
        from pyarrow import parquet
    except ImportError:
        _LOGGER.warning("pyarrow is not installed, so loaded rows are not compared with staged ones")
        return None
    filesystem = storage.arrow_filesystem()

    def footer_rows(file: StagedFile) -> int:
        return int(parquet.read_metadata(storage.arrow_path(file.path), filesystem=filesystem).num_rows)

    try:
        with ThreadPoolExecutor(max_workers=_FOOTER_READERS) as readers:
            return known + sum(readers.map(footer_rows, uncounted))
    except (OSError, ValueError) as error:
        raise CommitError(f"a staged file cannot be read: {error}; nothing was written") from error


def _not_loaded(settings: RedshiftSettings, load: Load, error: InterfaceError) -> CommitError:
    found = load_errors(settings, load.staging) if isinstance(error, ServerRefusal) else []
    listed = "".join(f"\n  {line}" for line in found)
    return CommitError(f"{load.target.sql} could not be loaded and is as it was: {error.message}{listed}")
