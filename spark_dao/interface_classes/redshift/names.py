"""Quoting of names and literals: the only place where text becomes part of a statement.

Rules: Amazon Redshift Database Developer Guide, "Names and identifiers" (127 bytes, folded to lower case even when
quoted unless `enable_case_sensitive_identifier` is on).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from spark_dao.errors import CatalogError, PlanError

MAXIMUM_NAME_BYTES = 127

_TABLE_PART = re.compile(r'"(?:[^"]|"")*"|[^".]+')


class TableName(NamedTuple):
    """A table's place in its database.

    Attributes:
        schema: Schema name, unquoted.
        table: Table name, unquoted.
    """

    schema: str
    table: str

    @property
    def sql(self) -> str:
        """The name as a statement spells it.

        Example:
            >>> TableName("public", 'odd "name" here').sql
            '"public"."odd ""name"" here"'
        """
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.table)}"


def name_fault(name: str) -> str | None:
    """Say why Redshift cannot take a name, None when it can.

    Args:
        name: A schema's, table's or column's name, unquoted.

    Example:
        >>> name_fault("user id") is None
        True
        >>> name_fault("")
        'it is empty'
    """
    if not name:
        return "it is empty"
    if "\0" in name:
        return "it contains a NUL character"
    try:
        length = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if length > MAXIMUM_NAME_BYTES:
        return f"it has {length} bytes, Redshift takes at most {MAXIMUM_NAME_BYTES}"
    return None


def quote_identifier(name: str) -> str:
    """Quote a name for use in a statement.

    Args:
        name: The name, unquoted.

    Raises:
        PlanError: Redshift cannot take the name.

    Example:
        >>> print(quote_identifier('a "b" c'))
        "a ""b"" c"
    """
    fault = name_fault(name)
    if fault is not None:
        raise PlanError(f"the name {name!r} cannot be used in Redshift: {fault}; rename it")
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def quote_literal(text: str) -> str:
    r"""Quote a string literal for a statement.

    A backslash is refused rather than escaped: Redshift reads it as an escape in some places and not in others, so no
    spelling of it is safe everywhere.

    Args:
        text: The value.

    Raises:
        PlanError: The value contains a NUL character or a backslash.

    Example:
        >>> quote_literal("it's")
        "'it''s'"
    """
    if "\0" in text or "\\" in text:
        raise PlanError(f"the value {text!r} contains a NUL character or a backslash; use one without")
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def joined(*parts: str) -> str:
    """Join the parts of a statement: keywords, and what the functions of this module quoted.

    Example:
        >>> joined("SELECT count(*) FROM", TableName("public", "t").sql)
        'SELECT count(*) FROM "public"."t"'
    """
    return " ".join(parts)


def quote_unload_query(query: str) -> str:
    r"""Quote a whole query as UNLOAD's first argument, where both quotes and backslashes are escapes.

    Args:
        query: The SELECT statement.

    Raises:
        PlanError: The query contains a NUL character.

    Example:
        >>> print(quote_unload_query("SELECT 'x' AS \"a\\b\""))
        'SELECT ''x'' AS "a\\b"'
    """
    if "\0" in query:
        raise PlanError("the query contains a NUL character; remove it")
    doubled = query.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def parse_table_name(text: str, default_schema: str) -> TableName:
    """Read `table`, `schema.table`, or either with parts in double quotes.

    Args:
        text: The name as the catalog says it.
        default_schema: The store's schema, for a name without one.

    Raises:
        CatalogError: The text is not one or two names.

    Example:
        >>> parse_table_name("marts.users", "public")
        TableName(schema='marts', table='users')
        >>> parse_table_name('"a.b"', "public")
        TableName(schema='public', table='a.b')
    """
    parts: list[str] = []
    position = 0
    while (match := _TABLE_PART.match(text, position)) is not None:
        found = match.group()
        parts.append(found[1:-1].replace('""', '"') if found.startswith('"') else found)
        position = match.end()
        if text[position : position + 1] != ".":
            break
        position += 1
    if position != len(text) or text.endswith(".") or len(parts) not in {1, 2}:
        raise CatalogError(
            f"expected `table` or `schema.table` (parts that contain dots or quotes in double quotes), found {text!r}",
            key="table",
        )
    return checked_table_name(TableName(parts[0], parts[1]) if len(parts) == 2 else TableName(default_schema, parts[0]))


def checked_table_name(name: TableName) -> TableName:
    """Return the name when Redshift can take both of its parts.

    Raises:
        CatalogError: It cannot.
    """
    for part in name:
        fault = name_fault(part)
        if fault is not None:
            raise CatalogError(f"the table name {part!r} cannot be used in Redshift: {fault}", key="table")
    return name


def fold(name: str) -> str:
    """Fold a name as Redshift compares it: ASCII letters in lower case, no others (guide, "Names and identifiers").

    Example:
        >>> fold("UserID")
        'userid'
    """
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def column_name_faults(names: Iterable[str]) -> list[str]:
    """List what is wrong with the names of a table's columns, one sentence each.

    Example:
        >>> column_name_faults(["id", "ID"])
        ['`id` and `ID` are one name to Redshift, which folds case']
    """
    faults: list[str] = []
    seen: dict[str, str] = {}
    for name in names:
        fault = name_fault(name)
        if fault is not None:
            faults.append(f"`{name}`: {fault}")
        earlier = seen.setdefault(fold(name), name)
        if earlier != name:
            faults.append(f"`{earlier}` and `{name}` are one name to Redshift, which folds case")
    return faults
