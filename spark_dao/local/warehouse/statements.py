"""What becomes of each statement on its way to PostgreSQL: passed on, rewritten, carried out here, or refused.

A statement that needs no change passes as it is, and the common ones are looked at by two regular expressions only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from spark_dao.local.warehouse.alter_table import rewrite_alter_table
from spark_dao.local.warehouse.copy_action import CopyAction
from spark_dao.local.warehouse.copy_statement import parse_copy
from spark_dao.local.warehouse.failures import WarehouseError, not_supported, syntax_error
from spark_dao.local.warehouse.merge import rewrite_merge
from spark_dao.local.warehouse.refusals import refuse
from spark_dao.local.warehouse.services import Services
from spark_dao.local.warehouse.session_settings import REDSHIFT_SETTINGS
from spark_dao.local.warehouse.table_definitions import TableDefinition
from spark_dao.local.warehouse.token_reader import TokenReader
from spark_dao.local.warehouse.tokens import Edit, Token, apply_edits, folded, outermost, tokenize, word_set
from spark_dao.local.warehouse.unload_action import UnloadAction
from spark_dao.local.warehouse.unload_statement import parse_unload
from spark_dao.local.warehouse.users import rewrite_user
from spark_dao.local.warehouse.write_locks import write_target

_FIRST_WORD = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*\(*\s*(\w*)", re.DOTALL)
_MAYBE_EDITED = re.compile(r'"[^"]*[A-Z]|"[^"]{64}|[\w$]{64}|[^\x00-\x7f]|(?i:\(\s*max\s*\)|\bjson_serialize\b)')
_LONGEST_NAME, _LONGEST_LOCAL_NAME = 127, 63
_REFUSED_OBJECTS = word_set(
    """INDEX UNIQUE SEQUENCE TRIGGER CONSTRAINT RULE TYPE DOMAIN EXTENSION TABLESPACE AGGREGATE OPERATOR COLLATION
    CONVERSION CAST FOREIGN SERVER EVENT POLICY PUBLICATION SUBSCRIPTION STATISTICS UNLOGGED ACCESS TRANSFORM"""
)
_WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY")
_TRUE = ("true", "on", "1", "yes")


@dataclass(frozen=True)
class Prepared:
    """A statement, ready for the backend.

    Args:
        sql: What PostgreSQL parses.
        action: What the proxy does in place of the Execute, None to let PostgreSQL execute.
        after: What to run behind it in the same transaction, once it succeeded.
        commits: It commits the transaction block that is open, if one is.
        writes: The table that it writes to, as the statement spells it; empty for none.
        received: The statement as the client sent it.
        keyword: Its first word, in upper case.
    """

    sql: str
    action: CopyAction | UnloadAction | None = None
    after: tuple[str, ...] = ()
    commits: bool = False
    writes: str = ""
    received: str = ""
    keyword: str = ""

    @property
    def passes(self) -> bool:
        """Whether PostgreSQL does all of it, once the table that it writes to is locked."""
        return self.action is None and not (self.after or self.commits)


class StatementPreparer:
    """Decides for the statements of one session.

    Names are folded to lower case, quoted ones too, until the session sets `enable_case_sensitive_identifier` (guide).

    Args:
        services: What all sessions share.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._case_sensitive = False
        self._handlers: dict[str, Callable[[str, bool], Prepared]] = {
            "COPY": self._copy,
            "UNLOAD": self._unload,
            "CREATE": self._create,
            "ALTER": self._alter,
            "TRUNCATE": self._truncate,
            "MERGE": self._merge,
            "DELETE": self._delete,
            "WITH": self._with,
            "SET": self._set,
            "SHOW": self._setting,
            "RESET": self._reset,
            "VACUUM": self._vacuum,
            "ANALYZE": self._analyze,
        }

    def prepare(self, sql: str, *, in_transaction: bool) -> Prepared:
        """Decide what becomes of a statement.

        Args:
            sql: One statement.
            in_transaction: Whether a transaction block is open.

        Raises:
            WarehouseError: Redshift would refuse it, or it is not emulated.
        """
        received, word = sql, _first_word(sql)
        if _MAYBE_EDITED.search(sql):
            sql = self._with_edited_words(sql)
        refuse(sql, word)
        handler = self._handlers.get(word)
        prepared = handler(sql, in_transaction) if handler else Prepared(sql)
        writes = write_target(sql) if word in _WRITES else ""
        return replace(prepared, received=received, keyword=word, writes=writes)

    def _with_edited_words(self, sql: str) -> str:
        edits = []
        tokens = tokenize(sql)
        for index, token in enumerate(tokens):
            if token.kind not in ("quoted", "word"):
                continue
            _check_length(token)
            if token.kind == "quoted" and not self._case_sensitive and token.text != folded(token.text):
                edits.append(Edit(token.start, token.end, folded(token.text)))
            elif (
                token.keyword == "MAX" and index > 1 and tokens[index - 2].keyword in ("VARCHAR", "VARYING", "NVARCHAR")
            ):
                edits.append(Edit(token.start, token.end, "65535"))
            elif token.keyword == "JSON_SERIALIZE":
                # A keyword in PostgreSQL, a function in Redshift.
                edits.append(Edit(token.start, token.end, '"json_serialize"'))
        return apply_edits(sql, edits)

    def _copy(self, sql: str, in_transaction: bool) -> Prepared:
        action = CopyAction(parse_copy(sql), self._services)
        return Prepared(action.sql, action)

    def _unload(self, sql: str, in_transaction: bool) -> Prepared:
        statement = parse_unload(sql)
        query = self.prepare(statement.query, in_transaction=in_transaction)
        if not query.passes or _first_word(statement.query) not in ("SELECT", "WITH"):
            raise WarehouseError("42601", "UNLOAD needs a SELECT")
        action = UnloadAction(statement.with_query(query.sql), self._services)
        return Prepared(action.sql, action)

    def _create(self, sql: str, in_transaction: bool) -> Prepared:
        reader = TokenReader(sql)
        reader.expect("CREATE")
        reader.take("OR", "REPLACE")
        reader.take("LOCAL")
        reader.take_one_of("TEMP", "TEMPORARY")
        kind = reader.next.keyword
        if kind == "TABLE":
            definition = TableDefinition(sql)
            return Prepared(definition.rewritten, after=definition.after)
        if kind == "USER":
            rewritten, after = rewrite_user(sql)
            return Prepared(rewritten, after=after)
        if kind in _REFUSED_OBJECTS:
            raise not_supported(f'SQL command "CREATE {kind} ..." not supported on Redshift tables.')
        if kind == "EXTERNAL":
            raise not_supported("external schemas and tables are not emulated by the local warehouse")
        tail = reader.tokens[-4:]
        if kind == "VIEW" and [token.keyword for token in tail] == ["WITH", "NO", "SCHEMA", "BINDING"]:
            return Prepared(sql[: tail[0].start])
        return Prepared(sql)

    def _alter(self, sql: str, in_transaction: bool) -> Prepared:
        kind = TokenReader(sql).tokens[1:2]
        if not kind or kind[0].keyword not in ("TABLE", "USER"):
            return Prepared(sql)
        if kind[0].keyword == "USER":
            rewritten, after = rewrite_user(sql)
        else:
            rewritten, after = rewrite_alter_table(sql, in_transaction=in_transaction)
        return Prepared(rewritten, after=after)

    def _truncate(self, sql: str, in_transaction: bool) -> Prepared:
        # TRUNCATE commits the transaction in which it runs (guide); PostgreSQL would let it be rolled back.
        return Prepared(sql, commits=True)

    def _merge(self, sql: str, in_transaction: bool) -> Prepared:
        return Prepared(rewrite_merge(sql))

    def _delete(self, sql: str, in_transaction: bool) -> Prepared:
        # Redshift's FROM may be left out (guide, DELETE).
        first, second = tokenize(sql)[:2] if sql.split(None, 2)[1:] else (None, None)
        if first and second and second.keyword != "FROM":
            return Prepared(f"{sql[: first.end]} FROM{sql[first.end :]}")
        return Prepared(sql)

    def _with(self, sql: str, in_transaction: bool) -> Prepared:
        # Guide: a MERGE has no WITH; a statement that changes rows is no table expression.
        for index, token in outermost(tokens := tokenize(sql)):
            if token.keyword == "MERGE" and tokens[index + 1].keyword == "INTO":
                raise syntax_error(token.text)
        return Prepared(sql)

    def _set(self, sql: str, in_transaction: bool) -> Prepared:
        prepared = self._setting(sql, in_transaction)
        tokens = tokenize(sql)
        if any(token.identifier == "enable_case_sensitive_identifier" for token in tokens):
            self._case_sensitive = tokens[-1].value.lower() in _TRUE
        return prepared

    def _reset(self, sql: str, in_transaction: bool) -> Prepared:
        if any(token.identifier in ("all", "enable_case_sensitive_identifier") for token in tokenize(sql)[1:2]):
            self._case_sensitive = False
        return self._setting(sql, in_transaction)

    def _setting(self, sql: str, in_transaction: bool) -> Prepared:
        edits = [
            Edit(token.start, token.start, "redshift.")
            for token in tokenize(sql)[1:3]
            if token.identifier in REDSHIFT_SETTINGS
        ]
        return Prepared(apply_edits(sql, edits))

    def _vacuum(self, sql: str, in_transaction: bool) -> Prepared:
        reader = TokenReader(sql)
        reader.expect("VACUUM")
        if not reader.take_one_of("FULL", "REINDEX", "RECLUSTER"):
            reader.take("SORT", "ONLY")
            reader.take("DELETE", "ONLY")
        return Prepared(f"VACUUM {reader.name()}" if reader.next.identifier else "VACUUM")

    def _analyze(self, sql: str, in_transaction: bool) -> Prepared:
        reader = TokenReader(sql)
        if [token.keyword for token in reader.tokens[-2:]] in (["PREDICATE", "COLUMNS"], ["ALL", "COLUMNS"]):
            return Prepared(sql[: reader.tokens[-2].start])
        return Prepared(sql)


def _first_word(sql: str) -> str:
    match = _FIRST_WORD.match(sql)
    return match.group(1).upper() if match else ""


def _check_length(token: Token) -> None:
    length = len(token.identifier.encode("utf-8"))
    if length > _LONGEST_NAME:
        raise WarehouseError("42622", f"a name has at most {_LONGEST_NAME} bytes, this one {length}: {token.text}")
    if length > _LONGEST_LOCAL_NAME:
        raise not_supported(
            f"the local warehouse holds names of at most {_LONGEST_LOCAL_NAME} bytes, this one has {length}: "
            f"{token.text}",
            hint=f"Redshift takes {_LONGEST_NAME}.",
        )
