r"""Redshift SQL cut into tokens, with their places, so that a statement can be changed without touching the rest of it.

A literal's backslash is an escape (sources: the guide's LIKE page, `'%start\\_%'`; jOOQ#10628;
datafusion-sqlparser-rs#1801); comments do not nest (a guess).
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<string>[eE]?'[^'\\]*(?:(?:\\.|'')[^'\\]*)*(?:'|\Z))
  | (?P<dollar>\$(?P<tag>[^\W\d]\w*|)\$.*?\$(?P=tag)\$)
  | (?P<quoted>"[^"]*(?:""[^"]*)*(?:"|\Z))
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z_\x80-\U0010ffff\d$]*|\#\w+)
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<symbol>::|<>|!=|<=|>=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"''|\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_OPENING, _CLOSING = ("(", "["), (")", "]")


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: `word`, `quoted`, `string`, `dollar`, `number` or `symbol`.
        text: As it stands in the statement.
        start: Offset of its first character.
        end: Offset behind its last character.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def keyword(self) -> str:
        """The word in upper case; empty for anything that is no bare word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def identifier(self) -> str:
        """The name it spells, as Redshift folds it (lower case, quoted or not); empty for anything else."""
        if self.kind == "word":
            return folded(self.text)
        return folded(self.text[1:-1].replace('""', '"')) if self.kind == "quoted" else ""

    @property
    def value(self) -> str:
        """The content of a string literal; the text of anything else."""
        if self.kind == "dollar":
            opening = self.text.index("$", 1) + 1
            return self.text[opening:-opening]
        return unescape(self.text.lstrip("eE")[1:-1]) if self.kind == "string" else self.text


class Edit(NamedTuple):
    """One change of a statement's text.

    Attributes:
        start: Where the replaced text starts.
        end: Where it ends.
        text: What comes in its place.
    """

    start: int
    end: int
    text: str = ""


def folded(name: str) -> str:
    """Fold a name: ASCII letters only, quoted or not (guide, "Names and identifiers").

    Example:
        >>> folded("ÁRBOL")
        'Árbol'
    """
    return name.translate(_ASCII_LOWER)


def tokenize(sql: str) -> list[Token]:
    r"""Cut SQL into tokens, white space and comments left out.

    Args:
        sql: One or several statements.

    Example:
        >>> [token.text for token in tokenize('SELECT \'it\'\'s\', "A" -- all')]
        ['SELECT', "'it''s'", ',', '"A"']
    """
    return [
        Token(match.lastgroup or "symbol", match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(sql)
        if match.lastgroup != "space"
    ]


def statements(sql: str) -> list[str]:
    """Split SQL at the semicolons between statements.

    Example:
        >>> statements("select ';'; select 2;")
        ["select ';'", 'select 2']
    """
    if ";" not in sql:
        return [sql] if sql.strip() else []
    parts, start = [], 0
    for token in tokenize(sql):
        if token.text == ";":
            parts.append(sql[start : token.start].strip())
            start = token.end
    parts.append(sql[start:].strip())
    return [part for part in parts if part]


def apply_edits(sql: str, edits: Iterable[Edit]) -> str:
    """Return the statement with its edits made.

    Example:
        >>> apply_edits("a text b", [Edit(2, 6, "varchar(256)")])
        'a varchar(256) b'
    """
    parts, position = [], 0
    for edit in sorted(edits):
        parts += [sql[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, sql[position:]])


def unescape(content: str) -> str:
    """Resolve doubled quotes and backslash escapes of a literal's content.

    Example:
        >>> unescape("a''b" + chr(92) + "'c")
        "a'b'c"
    """

    def resolve(match: re.Match[str]) -> str:
        escape = match.group(1)
        if escape is None:
            return "'"
        if escape[0] in "01234567":
            return chr(int(escape, 8))
        if escape[0] == "x" and len(escape) > 1:
            return chr(int(escape[1:], 16))
        return _ESCAPED.get(escape, escape)

    return _ESCAPE.sub(resolve, content)


def literal(text: str) -> str:
    """Quote a string for PostgreSQL, whatever the session's setting of standard_conforming_strings.

    Example:
        >>> literal("it's")
        "E'it''s'"
    """
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def quote_identifier(name: str) -> str:
    """Quote a name.

    Example:
        >>> quote_identifier('a"b')
        '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text.

    Example:
        >>> sorted(word_set("b a"))
        ['a', 'b']
    """
    return frozenset(text.split())


def closing_parenthesis(tokens: Sequence[Token], opening: int) -> int:
    """Return the index of the token that closes the parenthesis at an index; the last token where none does."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].text in _OPENING:
            depth += 1
        elif tokens[index].text in _CLOSING:
            depth -= 1
            if not depth:
                return index
    return len(tokens) - 1


def outermost(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Yield the tokens outside any parentheses, with their indexes."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.text in _CLOSING:
            depth -= 1
        elif not depth and token.text not in _OPENING:
            yield index, token
        if token.text in _OPENING:
            depth += 1


def split_at_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split tokens at their outermost commas.

    Example:
        >>> [[token.text for token in part] for part in split_at_commas(tokenize("a int, b decimal(1, 2)"))]
        [['a', 'int'], ['b', 'decimal', '(', '1', ',', '2', ')']]
    """
    commas = [index for index, token in outermost(tokens) if token.text == ","]
    bounds = [-1, *commas, len(tokens)]
    return [list(tokens[left + 1 : right]) for left, right in itertools.pairwise(bounds)]


def object_name(tokens: Sequence[Token], start: int) -> int:
    """Return the index behind a (qualified) object name that starts at an index."""
    index = start + 1
    while index + 1 < len(tokens) and tokens[index].text == ".":
        index += 2
    return index
