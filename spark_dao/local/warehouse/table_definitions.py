"""CREATE TABLE: what PostgreSQL does not know is taken out of the statement and noted in the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spark_dao.local.warehouse.catalog import copy_attributes_sql, record_attributes_sql
from spark_dao.local.warehouse.column_definitions import read_column
from spark_dao.local.warehouse.failures import not_supported, syntax_error
from spark_dao.local.warehouse.token_reader import TokenReader
from spark_dao.local.warehouse.tokens import Edit, Token, apply_edits, split_at_commas

_UNENFORCED = ("PRIMARY", "UNIQUE", "FOREIGN")


class TableDefinition:
    """One CREATE TABLE.

    Redshift takes PRIMARY KEY, UNIQUE and FOREIGN KEY without enforcing them (guide); the columns of a primary key are
    NOT NULL all the same.

    Args:
        sql: The statement.

    Attributes:
        rewritten: The statement for PostgreSQL.
        after: What to run behind it in the same transaction.

    Raises:
        WarehouseError: It uses what Redshift does not have.

    Example:
        >>> TableDefinition("CREATE TABLE t (a int ENCODE az64) DISTKEY (a)").rewritten.split()
        ['CREATE', 'TABLE', 't', '(a', 'int', ')']
    """

    def __init__(self, sql: str) -> None:
        self._reader = reader = TokenReader(sql)
        self._edits: list[Edit] = []
        self._attributes: dict[str, Any] = {}
        self._encodings: dict[str, str] = {}
        self._column_ends: dict[str, int] = {}
        self._parent = ""
        reader.expect("CREATE")
        reader.take("LOCAL")
        reader.take_one_of("TEMP", "TEMPORARY")
        reader.expect("TABLE")
        reader.take("IF", "NOT", "EXISTS")
        self.name = reader.name()
        if reader.next.text == "(":
            self._read_body(reader.parenthesised())
        while not reader.at_end and reader.next.keyword != "AS":
            self._read_table_attribute()
        self.rewritten = apply_edits(sql, self._edits)
        self.after = self._after()

    def _after(self) -> tuple[str, ...]:
        if self._encodings:
            self._attributes["encodings"] = self._encodings
        statements = [copy_attributes_sql(self._parent, self.name)] if self._parent else []
        if self._attributes:
            statements.append(record_attributes_sql(self.name, self._attributes))
        return tuple(statements)

    def _read_body(self, tokens: Sequence[Token]) -> None:
        items = split_at_commas(tokens)
        required: list[str] = []
        if all(len(item) == 1 for item in items):
            return  # the column names of CREATE TABLE … AS
        kept = [item for item in items if not self._is_unenforced(item, required)]
        for item in kept:
            if item and item[0].keyword == "LIKE":
                parent = item[
                    1 : next((i for i, token in enumerate(item) if token.keyword in _LIKE_OPTIONS), len(item))
                ]
                self._parent = "".join(token.text for token in parent)
            elif item and item[0].keyword in ("CHECK", "CONSTRAINT", "EXCLUDE"):
                raise not_supported("CHECK constraints are not supported")
            else:
                self._read_column(item)
        for name in required:
            if name in self._column_ends:
                self._edits.append(Edit(self._column_ends[name], self._column_ends[name], " NOT NULL"))
        if len(kept) < len(items):
            self._rewrite_list(items, kept)

    def _read_column(self, item: Sequence[Token]) -> None:
        column = read_column(item, self.name)
        self._edits += column.edits
        self._column_ends[column.name] = item[-1].end
        if column.encoding:
            self._encodings[column.name] = column.encoding
        if column.distkey:
            self._attributes |= {"diststyle": "KEY", "distkey": column.name}
        if column.sortkey:
            self._attributes |= {"sortkey": [column.name], "sortstyle": "COMPOUND"}
        if column.primary_key:
            self._attributes["primary_key"] = [column.name]

    def _is_unenforced(self, item: Sequence[Token], required: list[str]) -> bool:
        start = 2 if item and item[0].keyword == "CONSTRAINT" else 0
        if len(item) <= start or item[start].keyword not in _UNENFORCED:
            return False
        if item[start].keyword == "PRIMARY":
            required += [token.identifier for token in item[start + 2 :] if token.identifier]
            self._attributes["primary_key"] = list(required)
        return True

    def _rewrite_list(self, items: Sequence[Sequence[Token]], kept: Sequence[Sequence[Token]]) -> None:
        if not kept:
            raise syntax_error(")")
        # A constraint goes with the comma before it; the first of the list with the comma behind it.
        for index, item in enumerate(items):
            if item in kept:
                continue
            if any(other in kept for other in items[:index]):
                self._edits.append(Edit(items[index - 1][-1].end, item[-1].end))
            else:
                self._edits.append(Edit(item[0].start, items[index + 1][0].start))

    def _read_table_attribute(self) -> None:
        reader = self._reader
        start = reader.next.start
        if reader.take("DISTSTYLE"):
            self._attributes["diststyle"] = reader.take_one_of("EVEN", "KEY", "ALL", "AUTO")
        elif reader.take("DISTKEY"):
            self._attributes |= {"diststyle": "KEY", "distkey": _names(reader.parenthesised())[0]}
        elif style := reader.take_one_of("COMPOUND", "INTERLEAVED"):
            reader.expect("SORTKEY")
            self._attributes |= {"sortkey": _names(reader.parenthesised()), "sortstyle": style}
        elif reader.take("SORTKEY"):
            if not reader.take("AUTO"):
                self._attributes |= {"sortkey": _names(reader.parenthesised()), "sortstyle": "COMPOUND"}
        elif reader.take("ENCODE"):
            reader.expect("AUTO")
        elif reader.take("BACKUP"):
            self._attributes["backup"] = reader.take_one_of("YES", "NO") == "YES"
        elif reader.next.keyword in ("INHERITS", "PARTITION", "TABLESPACE", "ON"):
            raise not_supported(f"{reader.next.keyword} is not supported in CREATE TABLE")
        else:
            raise reader.unexpected()
        self._edits.append(Edit(start, reader.tokens[reader.position - 1].end))


_LIKE_OPTIONS = ("INCLUDING", "EXCLUDING")


def _names(tokens: Sequence[Token]) -> list[str]:
    names = [token.identifier for token in tokens if token.text != ","]
    if not names or not all(names):
        raise syntax_error(tokens[0].text if tokens else ")")
    return names
