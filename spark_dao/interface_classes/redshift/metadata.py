"""What the warehouse says about its tables.

Read from `pg_catalog`, which the Redshift guide documents for users ("System catalog tables"); names are compared
folded, and the stored spelling is what statements then use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spark_dao.errors import CatalogError, InterfaceError, near_miss
from spark_dao.interface_classes.redshift.connection import ServerRefusal, Session
from spark_dao.interface_classes.redshift.names import TableName, fold
from spark_dao.interface_classes.redshift.types import SUPER, Column

_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}
_PROBE = "spark_dao_query"

_COLUMNS = """
SELECT n.nspname, c.relname, c.relkind, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE lower(n.nspname) = lower(%s) AND lower(c.relname) = lower(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY n.nspname, c.relname, a.attnum
"""
_TABLES = """
SELECT c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE lower(n.nspname) = lower(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY c.relname
"""
_TEMPORARY_COLUMNS = """
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""


class Table(NamedTuple):
    """A table or view that exists.

    Attributes:
        name: Its stored name.
        kind: `table`, `view`, …
        columns: Its columns in their order.
    """

    name: TableName
    kind: str
    columns: tuple[Column, ...]


def find_table(session: Session, name: TableName) -> Table | None:
    """Look a table or view up, None where there is none.

    Where two names differ in case only, the one spelled as asked for wins, then the folded one.
    """
    found: dict[TableName, Table] = {}
    for schema, table, kind, column, column_type in session.execute(_COLUMNS, [name.schema, name.table]):
        stored = TableName(_text(schema), _text(table))
        if [fold(part) for part in stored] != [fold(part) for part in name]:
            continue
        earlier = found.get(stored, Table(stored, _KINDS[_text(kind)], ()))
        columns = () if column is None else (Column(_text(column), _type(column_type)),)
        found[stored] = earlier._replace(columns=earlier.columns + columns)
    folded = TableName(fold(name.schema), fold(name.table))
    return found.get(name) or found.get(folded) or next(iter(found.values()), None)


def existing_table(session: Session, name: TableName) -> Table:
    """Look a table or view up that must exist.

    Raises:
        CatalogError: It does not; the message suggests near misses.
    """
    table = find_table(session, name)
    if table is None:
        known = list_tables(session, name.schema)
        raise CatalogError(
            f"no table or view {name.sql} in the warehouse{near_miss(name.table, known)}; write it first, or correct "
            "`table`",
            key="table",
        )
    return table


def list_tables(session: Session, schema: str) -> list[str]:
    """List the tables and views of a schema, sorted."""
    return [_text(row[0]) for row in session.execute(_TABLES, [schema])]


def schema_exists(session: Session, schema: str) -> bool:
    """Say whether a schema exists."""
    statement = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE lower(nspname) = lower(%s)"
    return bool(session.execute(statement, [schema])[0][0])


def query_columns(session: Session, query: str) -> Sequence[Column]:
    """Find out a query's columns without running it in full.

    The columns are read from an empty temporary table made from the query, since the driver tells type numbers without
    precision or length. The transaction is rolled back. That `regclass` finds a temporary table first is a guess for
    Redshift, from PostgreSQL's search path.

    Raises:
        InterfaceError: The warehouse refuses the query.
    """
    statement = " ".join(["CREATE TEMPORARY TABLE", _PROBE, "AS SELECT * FROM", derived_table(query), "LIMIT 0"])
    try:
        session.execute(statement)
    except ServerRefusal as refusal:
        raise InterfaceError(
            f"the declared query cannot be read: {refusal.reason} [{refusal.code}]; expected one SELECT whose columns "
            "have names of their own",
            key="query",
        ) from None
    try:
        return [Column(_text(row[0]), _type(row[1])) for row in session.execute(_TEMPORARY_COLUMNS, [_PROBE])]
    finally:
        session.rollback()


def derived_table(query: str) -> str:
    r"""Write a query as a table to select from; a comment at its end cannot swallow what follows.

    Example:
        >>> derived_table("SELECT 1 AS one -- the loneliest")
        '(\nSELECT 1 AS one -- the loneliest\n) AS source'
    """
    return f"(\n{query.strip().rstrip(';')}\n) AS source"


def _type(value: object) -> str:
    # PostgreSQL (the local stack) holds a SUPER as its own jsonb.
    found = _text(value)
    return SUPER if found == "jsonb" else found


def _text(value: object) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
