"""Loading staged Parquet: COPY, and what goes with it in the one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from spark_dao.errors import CommitError, InterfaceError
from spark_dao.interface_classes.redshift.batches import commit_batch, committed_rows
from spark_dao.interface_classes.redshift.connection import ServerRefusal, Session
from spark_dao.interface_classes.redshift.keyed_rows import (
    STAGING_TABLE,
    check_keys,
    count_statement,
    create_staging,
    delete_statement,
    insert_statement,
    merge_statement,
)
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.load_errors import load_errors
from spark_dao.interface_classes.redshift.manifest import MANIFEST_NAME, count_rows, data_files, manifest_of
from spark_dao.interface_classes.redshift.metadata import find_table
from spark_dao.interface_classes.redshift.names import fold, quote_identifier, quote_literal
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.staging import warehouse_uri
from spark_dao.interface_classes.redshift.table_definition import add_column_statements, create_statements
from spark_dao.interface_classes.redshift.text_lengths import with_measured_lengths
from spark_dao.interface_classes.redshift.types import SUPER
from spark_dao.plans import FileStorage, StagedFile

_DUPLICATE_COLUMN = "42701"


def commit_load(settings: RedshiftSettings, storage: FileStorage, load: Load, files: Sequence[StagedFile]) -> int:
    """Make staged files visible in their table, once, however often it is called.

    Args:
        settings: The warehouse.
        storage: Reaches the staged files.
        load: What to load where.
        files: Exactly the files that the write committed.

    Returns:
        The number of rows that were written, or deleted.

    Raises:
        CommitError: The warehouse refused the data; the table is as it was.
        OutcomeUnknown: Whether the batch was committed could not be found out.
        InterfaceError: The warehouse cannot be reached.
    """
    earlier = committed_rows(settings, load.target, load.batch_id)
    if earlier is not None:
        return earlier
    data = data_files(files)
    expected = count_rows(storage, data)
    load = with_measured_lengths(load, storage, data)
    manifest = f"{load.staging}/{MANIFEST_NAME}"
    if data:
        storage.write_bytes(manifest, manifest_of(data))

    def prepare(session: Session) -> None:
        _widen(session, load)
        if not load.is_keyed:
            return
        session.execute(create_staging(load))
        _copy(session, load, copy_statement(load, manifest, settings.role_clause()) if data else None, expected)
        check_keys(session, load)

    def change(session: Session) -> int:
        for statement in load.pre_statements:
            session.execute(statement)
        if load.is_keyed:
            rows = _apply_keyed(session, load)
        else:
            copy = copy_statement(load, manifest, settings.role_clause()) if data else None
            rows = _load(session, load, copy, expected)
        for statement in load.post_statements:
            session.execute(statement)
        return rows

    try:
        return commit_batch(
            settings,
            load.target,
            change,
            batch_id=load.batch_id,
            mode=load.mode,
            prepare=prepare if load.is_keyed or load.new_columns else None,
            exclusive=load.mode == "upsert",
        )
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
        _create(session, load)
    elif load.mode == "overwrite":
        # DELETE, since TRUNCATE would commit and DROP would lose grants, comments and views.
        session.execute(" ".join(["DELETE FROM", load.target.sql]))
    return _copy(session, load, copy, expected)


def _apply_keyed(session: Session, load: Load) -> int:
    if load.mode == "delete":
        return session.run(delete_statement(load)).changed
    if find_table(session, load.target) is None:
        _create(session, load)
        session.execute(insert_statement(load))
    else:
        session.execute(merge_statement(load))
    return int(session.execute(count_statement())[0][0])


def _create(session: Session, load: Load) -> None:
    for statement in create_statements(load):
        session.execute(statement)


def _widen(session: Session, load: Load) -> None:
    """Add the columns that the table lacks, each committed by itself: readers need not wait for the COPY then."""
    for column, statement in zip(load.new_columns, add_column_statements(load), strict=True):
        existing = find_table(session, load.target)
        if existing is not None and fold(column.name) not in {fold(known.name) for known in existing.columns}:
            try:
                session.execute(statement)
            except ServerRefusal as refusal:
                if refusal.code != _DUPLICATE_COLUMN:
                    raise
                session.rollback()
        session.commit()


def _copy(session: Session, load: Load, copy: str | None, expected: int | None) -> int:
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
    table = quote_identifier(STAGING_TABLE) if load.is_keyed else load.target.sql
    source = quote_literal(warehouse_uri(manifest))
    nested = " SERIALIZETOJSON" if any(column.type == SUPER for column in load.columns) else ""
    return f"COPY {table} ({columns}) FROM {source} {role_clause} FORMAT AS PARQUET MANIFEST{nested}"


def _not_loaded(settings: RedshiftSettings, load: Load, error: InterfaceError) -> CommitError:
    found = load_errors(settings, load.staging) if isinstance(error, ServerRefusal) else []
    listed = "".join(f"\n  {line}" for line in found)
    return CommitError(f"{load.target.sql} could not be loaded and is as it was: {error.message}{listed}")
