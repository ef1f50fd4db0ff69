"""The control tables: which batches have been committed into which target table.

A target has a control table of its own, in `control_schema`. The batch's row is written in the transaction that loads
the batch, so the row is there exactly when the data is. A load begins by locking the control table: two loads of one
batch cannot both find it missing, and whoever looks after a lost connection waits until that transaction has ended.
Readers of the target never touch the control table, and writers of one target wait for each other in Redshift anyway
(guide, "Concurrent write operations").
"""

from __future__ import annotations

import datetime
import hashlib
import re

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.redshift.connection import ServerRefusal, Session
from spark_dao.interface_classes.redshift.metadata import find_table, schema_exists
from spark_dao.interface_classes.redshift.names import TableName, fold, quote_identifier

# Together with prefix and hash 63 bytes, which PostgreSQL (the local stack) takes as well.
_MAXIMUM_READABLE = 38
MAXIMUM_BATCH_ID = 255


def control_table(target: TableName, control_schema: str) -> TableName:
    """Name the control table of a target: readable, and told apart by a hash of the full name.

    Args:
        target: The table that is loaded.
        control_schema: Schema of the control tables.

    Example:
        >>> control_table(TableName("public", "Users agg"), "spark_dao_control").table
        'batches_users_agg_6175b411f3002433'
    """
    folded = [fold(part) for part in target]
    digest = hashlib.sha256("\0".join(folded).encode("utf-8")).hexdigest()[:16]
    readable = re.sub(r"[^a-z0-9]+", "_", folded[1]).strip("_")[:_MAXIMUM_READABLE]
    return TableName(control_schema, f"batches_{readable or 'table'}_{digest}")


def ensure_control_table(session: Session, control: TableName) -> None:
    """Make a control table, and its schema, where they do not exist; in transactions of its own.

    Args:
        session: A session without an open transaction; none is open afterwards.
        control: The control table.

    Raises:
        InterfaceError: It does not exist and cannot be made.
    """
    for attempt in ("first", "last"):
        try:
            _create_missing(session, control)
            return
        except ServerRefusal as refusal:
            session.rollback()
            # Another writer may have made it at the same moment, which the second look will find.
            if attempt == "last":
                raise InterfaceError(
                    f"cannot make the control table {control.sql}, which records committed batches: {refusal.reason}; "
                    f"create the schema and grant this user CREATE and USAGE on it, or set `control_schema`",
                    key="control_schema",
                ) from None


def _create_missing(session: Session, control: TableName) -> None:
    if find_table(session, control) is None:
        if not schema_exists(session, control.schema):
            session.execute(f"CREATE SCHEMA {quote_identifier(control.schema)}")
        columns = (
            f"batch_id VARCHAR({MAXIMUM_BATCH_ID}) NOT NULL, target VARCHAR(520) NOT NULL, mode VARCHAR(20) NOT NULL, "
            "loaded_rows BIGINT NOT NULL, committed_at TIMESTAMPTZ NOT NULL"
        )
        session.execute(f"CREATE TABLE {control.sql} ({columns})")
    session.commit()


def lock_control_table(session: Session, control: TableName) -> None:
    """Wait for every other load of the same target, as the first statement of a transaction.

    A lock takes no snapshot, so what is read afterwards includes what those loads committed (guide, "LOCK").
    """
    session.execute(f"LOCK TABLE {control.sql}")


def recorded_rows(session: Session, control: TableName, batch_id: str) -> int | None:
    """Return how many rows a committed batch changed, None where it has not been committed."""
    statement = " ".join(["SELECT max(loaded_rows) FROM", control.sql, "WHERE batch_id = %s"])
    rows = session.execute(statement, [batch_id])[0][0]
    return None if rows is None else int(rows)


def record_batch(
    session: Session, control: TableName, *, batch_id: str, target: TableName, mode: str, loaded_rows: int
) -> None:
    """Write a batch's row into the open transaction."""
    session.execute(
        " ".join(["INSERT INTO", control.sql, "VALUES (%s, %s, %s, %s, %s)"]),
        [batch_id, target.sql, mode, loaded_rows, datetime.datetime.now(datetime.timezone.utc)],
    )
