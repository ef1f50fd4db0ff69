"""Column definitions of CREATE TABLE and ALTER TABLE: from Redshift's types and attributes to PostgreSQL's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from spark_dao.local.warehouse.failures import WarehouseError, not_supported, syntax_error
from spark_dao.local.warehouse.tokens import Edit, Token, closing_parenthesis, word_set

_LONGEST_VARCHAR = 65535
_DEFAULT_VARCHAR = 256
_MOST_DIGITS = 38
_DEFAULT_DIGITS = 18
_VARCHAR_NAMES = frozenset({"VARCHAR", "NVARCHAR"})
_CHAR_NAMES = frozenset({"CHAR", "CHARACTER", "NCHAR", "BPCHAR"})
_DECIMAL_NAMES = frozenset({"DECIMAL", "NUMERIC", "DEC"})
_UNSUPPORTED = word_set(
    """SERIAL BIGSERIAL SMALLSERIAL SERIAL2 SERIAL4 SERIAL8 UUID JSON JSONB BYTEA XML MONEY INET CIDR MACADDR MACADDR8
    BIT HSTORE POINT LINE LSEG BOX PATH POLYGON CIRCLE TSVECTOR TSQUERY INT4RANGE INT8RANGE NUMRANGE TSRANGE TSTZRANGE
    DATERANGE OID PG_LSN TXID_SNAPSHOT STRING"""
)
_NOT_EMULATED = frozenset({"GEOMETRY", "GEOGRAPHY", "HLLSKETCH"})


@dataclass
class ColumnAttributes:
    """What one column definition says that PostgreSQL does not keep.

    Args:
        name: The column's name, folded.
        distkey: It is the distribution key.
        sortkey: It is the sort key.
        primary_key: It is the primary key, which is not enforced.
        encoding: Its compression encoding, empty where none is declared.
        edits: Changes to the statement.
    """

    name: str
    distkey: bool = False
    sortkey: bool = False
    primary_key: bool = False
    encoding: str = ""
    edits: list[Edit] = field(default_factory=list)


def read_column(tokens: Sequence[Token], table: str) -> ColumnAttributes:
    """Read one column definition.

    Args:
        tokens: The definition: name, type, attributes.
        table: The table's name, for error messages.

    Raises:
        WarehouseError: A type or constraint that Redshift does not have.
    """
    if len(tokens) < 2:
        raise syntax_error(tokens[0].text if tokens else ")")
    column = ColumnAttributes(tokens[0].identifier)
    position = 1 + _read_type(tokens[1:], column, f"{table}.{column.name}")
    while position < len(tokens):
        position = _read_attribute(tokens, position, column)
    return column


def type_edits(tokens: Sequence[Token], column: str) -> list[Edit]:
    """Return the changes that make PostgreSQL's type out of Redshift's.

    Args:
        tokens: The type's tokens.
        column: The column's name, for error messages.

    Raises:
        WarehouseError: 0A000, Redshift has no such type; 22023 or 42601, a length or precision is out of bounds.
    """
    found = ColumnAttributes(column)
    _read_type(tokens, found, column)
    return found.edits


def _read_type(tokens: Sequence[Token], column: ColumnAttributes, qualified: str) -> int:
    # Defaults and bounds: the guide's "Data types"; the error texts are those of public reports where they exist.
    first, name = tokens[0], tokens[0].keyword
    words = 1
    if name in ("CHARACTER", "NCHAR", "CHAR", "BINARY") and len(tokens) > 1 and tokens[1].keyword == "VARYING":
        name, words = ("VARBYTE" if name == "BINARY" else "VARCHAR"), 2
    elif name == "DOUBLE" and len(tokens) > 1 and tokens[1].keyword == "PRECISION":
        words = 2
    if name in _UNSUPPORTED:
        raise not_supported(f'Column "{qualified}" has unsupported type "{name.lower()}".')
    if name in _NOT_EMULATED:
        raise not_supported(f'Column "{qualified}": the local warehouse does not emulate the type {name}')
    arguments: Sequence[Token] = ()
    end = words
    if end < len(tokens) and tokens[end].text == "(":
        closing = closing_parenthesis(tokens, end)
        arguments = tokens[end + 1 : closing]
        end = closing + 1
    if replaced := _replacement(name, arguments, qualified):
        column.edits.append(Edit(first.start, tokens[end - 1].end, replaced))
    if end < len(tokens) and (tokens[end].text == "[" or tokens[end].keyword == "ARRAY"):
        raise not_supported(f'Column "{qualified}" has unsupported type "{first.text.lower()}[]".')
    return end


def _replacement(name: str, arguments: Sequence[Token], qualified: str) -> str:
    if name == "TEXT":
        return f"varchar({_DEFAULT_VARCHAR})"
    if name in _VARCHAR_NAMES:
        if arguments and arguments[0].keyword == "MAX":
            return f"varchar({_LONGEST_VARCHAR})"
        return f"varchar({_bounded(arguments, _DEFAULT_VARCHAR, _LONGEST_VARCHAR, qualified)})"
    if name in _CHAR_NAMES:
        default = _DEFAULT_VARCHAR if name == "BPCHAR" else 1
        return f"char({_bounded(arguments, default, 4096, qualified)})"
    if name in _DECIMAL_NAMES:
        digits = _bounded(arguments, _DEFAULT_DIGITS, _MOST_DIGITS, qualified)
        scale = arguments[2].text if len(arguments) > 2 else "0"
        return f"numeric({digits},{scale})"
    if name in ("VARBYTE", "VARBINARY"):
        return "bytea"
    return ""


def _bounded(arguments: Sequence[Token], default: int, most: int, qualified: str) -> int:
    if not arguments:
        return default
    if arguments[0].kind != "number" or not arguments[0].text.isdigit():
        raise syntax_error(arguments[0].text)
    value = int(arguments[0].text)
    if not 0 < value <= most:
        raise WarehouseError("22023", f'Column "{qualified}": length or precision {value} must be between 1 and {most}')
    return value


def _read_attribute(tokens: Sequence[Token], position: int, column: ColumnAttributes) -> int:
    """Read one attribute behind the type; return the position behind it."""
    token = tokens[position]
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    keyword, end = token.keyword, position + 1
    if keyword == "ENCODE" and following:
        column.encoding, end = following.identifier, position + 2
    elif keyword == "DISTKEY":
        column.distkey = True
    elif keyword == "SORTKEY":
        column.sortkey = True
    elif keyword == "PRIMARY":
        column.primary_key, end = True, position + 2
        column.edits.append(Edit(token.start, tokens[position + 1].end, "NOT NULL"))
        return end
    elif keyword == "REFERENCES":
        end = _behind_reference(tokens, position)
    elif keyword == "COLLATE" and following and following.keyword in ("CASE_SENSITIVE", "CS"):
        end = position + 2
    elif keyword == "IDENTITY":
        return _read_identity(tokens, position, column, "GENERATED ALWAYS AS IDENTITY")
    elif keyword == "GENERATED":
        while end < len(tokens) and tokens[end].keyword != "IDENTITY":
            end += 1
        return _read_identity(tokens, end, column, "", start=position)
    elif keyword == "CHECK":
        raise not_supported("CHECK constraints are not supported")
    elif keyword != "UNIQUE":
        return _behind_kept(tokens, position)
    column.edits.append(Edit(token.start, tokens[end - 1].end))
    return end


def _read_identity(
    tokens: Sequence[Token], position: int, column: ColumnAttributes, kind: str, start: int | None = None
) -> int:
    # IDENTITY(seed, step) refuses given values, GENERATED BY DEFAULT AS IDENTITY takes them (guide, CREATE TABLE).
    opening = position + 1
    if opening >= len(tokens) or tokens[opening].text != "(":
        raise syntax_error(tokens[min(opening, len(tokens) - 1)].text)
    closing = closing_parenthesis(tokens, opening)
    numbers = [token.text for token in tokens[opening + 1 : closing] if token.text != ","]
    if len(numbers) != 2:
        raise syntax_error(tokens[closing].text)
    first = tokens[position if start is None else start]
    kind = kind or "GENERATED BY DEFAULT AS IDENTITY"
    text = f"{kind} (START WITH {numbers[0]} INCREMENT BY {numbers[1]})"
    column.edits.append(Edit(first.start, tokens[closing].end, text))
    return closing + 1


def _behind_reference(tokens: Sequence[Token], position: int) -> int:
    end = position + 2
    while end + 1 < len(tokens) and tokens[end].text == ".":
        end += 2
    if end < len(tokens) and tokens[end].text == "(":
        end = closing_parenthesis(tokens, end) + 1
    return end


def _behind_kept(tokens: Sequence[Token], position: int) -> int:
    # DEFAULT's expression may hold parentheses with any words in them.
    if tokens[position].text == "(":
        return closing_parenthesis(tokens, position) + 1
    return position + 1
