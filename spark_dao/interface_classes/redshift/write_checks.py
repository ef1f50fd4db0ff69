"""What is checked of a write before anything is staged."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift.control import MAXIMUM_BATCH_ID
from spark_dao.interface_classes.redshift.metadata import Table
from spark_dao.interface_classes.redshift.names import fold
from spark_dao.interface_classes.redshift.types import misfits
from spark_dao.plans import SchemaField


def check_existing(existing: Table, schema: Sequence[SchemaField], mode: str) -> None:
    """Check that an existing table takes the data.

    Args:
        existing: The table.
        schema: The data's columns.
        mode: `append`, `overwrite` or `errorifexists`.

    Raises:
        PlanError: The mode forbids it, it is a view, a column is unknown, or a type does not fit.
    """
    name = existing.name.sql
    if mode == "errorifexists":
        raise PlanError(f"table {name} exists already; choose the mode `append`, `overwrite` or `ignore`", key="mode")
    check_is_table(existing)
    stored = {fold(column.name) for column in existing.columns}
    unknown = [field.name for field in schema if fold(field.name) not in stored]
    if unknown:
        raise PlanError(
            f"table {name} has no column {', '.join(f'`{column}`' for column in unknown)}; say `add_new_columns`, add "
            "it with ALTER TABLE, or leave it out of the data"
        )
    wrong = misfits(existing.columns, schema)
    if wrong:
        raise PlanError(f"the data does not fit table {name}: {'; '.join(wrong)}; cast it, or change the table")


def check_is_table(existing: Table) -> None:
    """Check that rows can be put into a table or deleted from it.

    Raises:
        PlanError: It is a view or another thing to read from.
    """
    if existing.kind != "table":
        raise PlanError(
            f"{existing.name.sql} is a {existing.kind}, whose rows cannot be changed; name a table", key="table"
        )


def checked_batch_id(batch_id: str | None) -> str:
    """Return the caller's batch id, or a fresh one.

    Raises:
        PlanError: It has no bytes, too many, or a NUL character.

    Example:
        >>> checked_batch_id("2025-01-07")
        '2025-01-07'
    """
    if batch_id is None:
        return uuid.uuid4().hex
    if not batch_id or "\0" in batch_id or len(batch_id.encode("utf-8")) > MAXIMUM_BATCH_ID:
        raise PlanError(f"expected a batch id of 1 to {MAXIMUM_BATCH_ID} bytes without NUL characters", key="batch_id")
    return batch_id
