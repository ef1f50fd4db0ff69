"""ALTER TABLE: Redshift's forms, and the refusal of PostgreSQL's that Redshift does not have."""

from __future__ import annotations

from typing import Any

from spark_dao.local.warehouse.catalog import record_attributes_sql
from spark_dao.local.warehouse.column_definitions import read_column, type_edits
from spark_dao.local.warehouse.failures import WarehouseError, not_supported, syntax_error
from spark_dao.local.warehouse.token_reader import TokenReader
from spark_dao.local.warehouse.tokens import apply_edits, folded, outermost

_UNENFORCED = ("PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT")


def rewrite_alter_table(sql: str, *, in_transaction: bool) -> tuple[str, tuple[str, ...]]:
    """Put an ALTER TABLE into PostgreSQL's form.

    Args:
        sql: The statement.
        in_transaction: Whether a transaction block is open.

    Returns:
        The statement for PostgreSQL, and what to run behind it in the same transaction.

    Raises:
        WarehouseError: A form that Redshift does not have (source: the guide's ALTER TABLE page).

    Example:
        >>> rewrite_alter_table("ALTER TABLE t ADD COLUMN c text ENCODE zstd", in_transaction=False)[0]
        'ALTER TABLE t ADD COLUMN c varchar(256) '
    """
    reader = TokenReader(sql)
    reader.expect("ALTER", "TABLE")
    table = reader.name()
    # PostgreSQL has no ALTER TABLE that does nothing but this one.
    nothing = f"ALTER TABLE {table} RESET (fillfactor)"
    if reader.take("ADD"):
        return _add(reader, table, nothing)
    if reader.take("DROP", "CONSTRAINT"):
        return nothing, ()
    if reader.take("APPEND"):
        raise not_supported("ALTER TABLE APPEND is not carried out by the local warehouse")
    if not reader.take("ALTER"):
        return sql, ()
    attributes = _table_attributes(reader)
    if attributes is not None:
        return nothing, (record_attributes_sql(table, attributes),)
    reader.take("COLUMN")
    column = reader.name()
    if reader.take("ENCODE"):
        return nothing, ()
    if not reader.take("TYPE"):
        raise not_supported(f"ALTER COLUMN {reader.next.text} is not supported")
    return _widen(reader, column, in_transaction=in_transaction), ()


def _add(reader: TokenReader, table: str, nothing: str) -> tuple[str, tuple[str, ...]]:
    if reader.next.keyword in _UNENFORCED:
        return nothing, ()
    if reader.next.keyword == "CHECK":
        raise not_supported("CHECK constraints are not supported")
    reader.take("COLUMN")
    definition = reader.tokens[reader.position :]
    if any(token.text == "," for _, token in outermost(definition)):
        raise syntax_error(",")
    column = read_column(definition, table)
    if column.primary_key or column.distkey or column.sortkey:
        raise not_supported("a column that is added cannot be a primary, distribution or sort key")
    return apply_edits(reader.sql, column.edits), ()


def _table_attributes(reader: TokenReader) -> dict[str, Any] | None:
    if reader.take("DISTSTYLE"):
        style = reader.take_one_of("EVEN", "KEY", "ALL", "AUTO")
        key = folded(reader.name().strip('"')) if reader.take("DISTKEY") else None
        return {"diststyle": style, "distkey": key}
    if reader.take("DISTKEY"):
        return {"diststyle": "KEY", "distkey": folded(reader.name().strip('"'))}
    if reader.take("ENCODE", "AUTO"):
        return {"encodings": {}}
    style = reader.take_one_of("COMPOUND", "INTERLEAVED") or "COMPOUND"
    if not reader.take("SORTKEY"):
        return None
    if reader.take_one_of("NONE", "AUTO"):
        return {"sortkey": []}
    names = [token.identifier for token in reader.parenthesised() if token.text != ","]
    return {"sortkey": names, "sortstyle": style}


def _widen(reader: TokenReader, column: str, *, in_transaction: bool) -> str:
    kind = reader.tokens[reader.position :]
    if not kind or kind[0].keyword not in ("VARCHAR", "CHARACTER", "NVARCHAR"):
        raise not_supported(f'target data type for column "{column}" must be VARCHAR: only its size can be altered')
    if in_transaction:
        raise WarehouseError("25001", "ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
    return apply_edits(reader.sql, type_edits(kind, column))
