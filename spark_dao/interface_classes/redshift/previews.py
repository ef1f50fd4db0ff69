"""The SQL that a call would send, for `dao.explain`; the warehouse's catalog is looked at, nothing else is run."""

from __future__ import annotations

from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.control import control_table
from spark_dao.interface_classes.redshift.copy_load import copy_statement
from spark_dao.interface_classes.redshift.keyed_rows import (
    create_staging,
    delete_statement,
    insert_statement,
    merge_statement,
)
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.manifest import MANIFEST_NAME
from spark_dao.interface_classes.redshift.metadata import find_table
from spark_dao.interface_classes.redshift.names import joined
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.table_definition import add_column_statements, create_statements


def load_statements(settings: RedshiftSettings, load: Load) -> list[str]:
    """List what `commit_load` would send, apart from the look-ups; the staging folder is a new one each time.

    Args:
        settings: The warehouse.
        load: What to load where.
    """
    with connected(settings) as session:
        exists = find_table(session, load.target) is not None
    control = control_table(load.target, settings.control_schema)
    copy = copy_statement(load, f"{load.staging}/{MANIFEST_NAME}", settings.role_clause())
    lock = joined("LOCK TABLE", control.sql)
    create = [] if exists else create_statements(load)
    if load.mode == "upsert":
        before = [create_staging(load), copy, "COMMIT", lock, *([f"LOCK TABLE {load.target.sql}"] if exists else [])]
        change = [*create, merge_statement(load) if exists else insert_statement(load)]
    elif load.mode == "delete":
        before, change = [create_staging(load), copy, "COMMIT", lock], [delete_statement(load)]
    else:
        empty = [joined("DELETE FROM", load.target.sql)] if exists and load.mode == "overwrite" else []
        before, change = [lock], [*create, *empty, copy]
    record = joined("INSERT INTO", control.sql, "VALUES (%s, %s, %s, %s, %s)")
    widened = [part for statement in add_column_statements(load) for part in (statement, "COMMIT")]
    return [*widened, *before, *load.pre_statements, *change, *load.post_statements, record, "COMMIT"]
