"""One change of one table, committed once however often it is asked for, together with the row that says so."""

from __future__ import annotations

from collections.abc import Callable

from spark_dao.errors import CommitError
from spark_dao.interface_classes.redshift.connection import Session, connected
from spark_dao.interface_classes.redshift.control import (
    control_table,
    ensure_control_table,
    lock_control_table,
    record_batch,
    recorded_rows,
)
from spark_dao.interface_classes.redshift.metadata import find_table
from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.transaction import run_once

_LOCK_ATTEMPTS = 5


def committed_rows(settings: RedshiftSettings, target: TableName, batch_id: str) -> int | None:
    """Return how many rows a batch changed, None where it has not been committed; the control table is made if missing.

    Raises:
        InterfaceError: The warehouse cannot be reached, or the control table cannot be made.
    """
    control = control_table(target, settings.control_schema)
    with connected(settings) as session:
        ensure_control_table(session, control)
        return recorded_rows(session, control, batch_id)


def commit_batch(
    settings: RedshiftSettings,
    target: TableName,
    change: Callable[[Session], int],
    *,
    batch_id: str,
    mode: str,
    prepare: Callable[[Session], None] | None = None,
    exclusive: bool = False,
) -> int:
    """Change a table in one transaction with the batch's row in its control table.

    Args:
        settings: The warehouse.
        target: The table.
        change: Makes the change and returns the number of rows; run again after a serialization failure.
        batch_id: Name of the batch; one that was committed is not committed again.
        mode: What the control table says of it.
        prepare: Readies the session (temporary tables) before the transaction, in one that is committed by itself.
        exclusive: Whether nobody else may read or write the table until the commit. The lock is taken before the
            transaction's snapshot, so what others committed before it is seen (guide, "LOCK").

    Returns:
        The number of rows that the batch changed, now or when it was committed earlier.

    Raises:
        OutcomeUnknown: Whether the batch was committed could not be found out.
        InterfaceError: The warehouse refused or cannot be reached; nothing was changed.
    """
    control = control_table(target, settings.control_schema)
    changed: list[int] = []

    def committed(session: Session) -> bool:
        lock_control_table(session, control)
        return recorded_rows(session, control, batch_id) is not None

    def work(session: Session) -> None:
        if prepare is not None:
            prepare(session)
            session.commit()
        _lock(session, control, target, exclusive=exclusive)
        rows = recorded_rows(session, control, batch_id)
        if rows is None:
            rows = change(session)
            record_batch(session, control, batch_id=batch_id, target=target, mode=mode, loaded_rows=rows)
        changed[:] = [rows]

    run_once(settings, work, committed=committed)
    return changed[0]


def _lock(session: Session, control: TableName, target: TableName, *, exclusive: bool) -> None:
    """Wait for the table's other writers, and where asked for its readers; only then the snapshot is taken."""
    if not exclusive:
        lock_control_table(session, control)
        return
    for _ in range(_LOCK_ATTEMPTS):
        existing = find_table(session, target)
        session.rollback()
        lock_control_table(session, control)
        if existing is not None:
            session.execute(f"LOCK TABLE {existing.name.sql}")
            return
        if find_table(session, target) is None:
            return
        session.rollback()
    raise CommitError(f"table {target.sql} is dropped and made again all the time; nothing was changed")
