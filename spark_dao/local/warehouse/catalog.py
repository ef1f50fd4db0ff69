"""The tables, views and functions that make PostgreSQL's catalog look like Redshift's."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Mapping
from typing import Any

from spark_dao.local.warehouse.backend import Backend
from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.failures import ScanError
from spark_dao.local.warehouse.tokens import literal

_SCRIPTS = ("catalog.sql", "character_types.sql", "history.sql", "users.sql")
_LOCK = 7_215_004_101


def install(configuration: WarehouseConfiguration) -> None:
    """Create what is missing in the backend; run at every start of the proxy.

    Args:
        configuration: The proxy's settings.

    Raises:
        BackendFailure: PostgreSQL refused.
        BackendGone: PostgreSQL cannot be reached.
    """
    folder = importlib.resources.files(__package__)
    scripts = [folder.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS]
    backend = Backend.connect(configuration, {})
    try:
        backend.execute("SET client_min_messages = warning")
        backend.execute(f"BEGIN; SELECT pg_advisory_xact_lock({_LOCK});")
        backend.execute("SET LOCAL standard_conforming_strings = on")
        for script in scripts:
            backend.execute(script)
        backend.execute(f"SELECT spark_dao_warehouse.make_administrator({literal(configuration.user)})")
        backend.execute("COMMIT")
    finally:
        backend.close()


def record_attributes_sql(table: str, attributes: Mapping[str, Any]) -> str:
    """Return the statement that notes a table's distribution, sorting, encoding and keys.

    Args:
        table: The table's name, as the statement that created it spells it.
        attributes: What to note; keys that are there already are replaced.

    Example:
        >>> "regclass" in record_attributes_sql("t", {"diststyle": "EVEN"})
        True
    """
    noted = literal(json.dumps(dict(attributes)))
    return f"SELECT spark_dao_warehouse.note_attributes({literal(table)}::regclass, {noted})"


def copy_attributes_sql(parent: str, table: str) -> str:
    """Return the statement that gives a table the attributes of the one it was created LIKE.

    Args:
        parent: The other table's name, as the statement spells it.
        table: The table's name, as the statement spells it.
    """
    return f"SELECT spark_dao_warehouse.copy_attributes({literal(parent)}::regclass, {literal(table)}::regclass)"


def note_user_sql(name: str, secret: str) -> str:
    """Return the statement that notes what is kept of a user's password.

    Args:
        name: The user's name, folded.
        secret: What is kept.
    """
    return f"SELECT spark_dao_warehouse.note_user({literal(name)}, {literal(secret)})"


def load_errors_sql(error: ScanError, table: str) -> str:
    """Return the statement that notes a failed COPY for `stl_load_errors` and `sys_load_error_detail`.

    Args:
        error: What went wrong.
        table: The target's name, as the COPY spells it.
    """
    texts = ", ".join(literal(text) for text in (error.file_name, error.column_name, error.column_type))
    values = f"to_regclass({literal(table)}), {texts}, {error.number}, {literal(error.reason)}"
    return f"SELECT spark_dao_warehouse.note_load_error({values})"


def target_columns_sql(table: str) -> str:
    """Return the query for a table's columns: name, type OID, type modifier, is identity, is required.

    Args:
        table: The table's name, as a statement spells it.
    """
    return f"SELECT (spark_dao_warehouse.target_columns({literal(table)}::regclass)).*"
