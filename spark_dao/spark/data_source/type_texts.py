"""Types as DDL spells them, in the one spelling that `DataType.simpleString` has: planning workers lack Spark's parser.

Source of the names: Spark's `DataTypeAstBuilder.visitPrimitiveDataType`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SYNONYMS = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "dec": "decimal",
    "numeric": "decimal",
    "character": "char",
    "timestamp_ltz": "timestamp",
}
_TOKEN = re.compile(r"\s*(`(?:[^`]|``)+`|'[^']*'|\"[^\"]*\"|[^\s`'\"<>(),:]+|[<>(),:])")


def simple_type(ddl: str) -> str:
    """Return the `simpleString` of the type that a text begins with, whatever follows it (NOT NULL, COMMENT).

    Example:
        >>> [simple_type(text) for text in ("BIGINT NOT NULL", "Dec(10, 2)", "DECIMAL", "MAP<STRING,ARRAY<Long>>")]
        ['bigint', 'decimal(10,2)', 'decimal(10,0)', 'map<string,array<bigint>>']
        >>> simple_type("STRUCT<`a b`: INT NOT NULL COMMENT 'x, y', c STRING>")
        'struct<a b:int,c:string>'
        >>> simple_type("INTERVAL DAY TO SECOND")
        'interval day to second'
    """
    return _Tokens(_TOKEN.findall(ddl)).take_type()


class _Tokens:
    def __init__(self, tokens: list[str]) -> None:
        self._left = tokens[::-1]

    def take_type(self) -> str:
        name = self._take().lower()
        name = _SYNONYMS.get(name, name)
        if name == "struct" and self._next_is("<"):
            return f"struct<{','.join(self._inside(self._take_field))}>"
        if name in {"array", "map"} and self._next_is("<"):
            return f"{name}<{','.join(self._inside(self.take_type))}>"
        if name == "interval":
            words = [name]
            while self._left and self._left[-1].lower() in {"year", "month", "day", "hour", "minute", "second", "to"}:
                words.append(self._take().lower())
            return " ".join(words)
        if self._next_is("("):
            return f"{name}({','.join(self._inside(self._take))})"
        return "decimal(10,0)" if name == "decimal" else name

    def _take_field(self) -> str:
        name = self._take()
        name = name[1:-1].replace("``", "`") if name.startswith("`") else name
        if self._next_is(":"):
            self._take()
        return f"{name}:{self.take_type()}"

    def _inside(self, take: Callable[[], str]) -> list[str]:
        closing = {"<": ">", "(": ")"}[self._take()]
        parts = []
        while self._left and not self._next_is(closing):
            parts.append(take())
            while self._left and not self._next_is(",") and not self._next_is(closing):
                self._take()
            if self._next_is(","):
                self._take()
        self._take()
        return parts

    def _next_is(self, token: str) -> bool:
        return bool(self._left) and self._left[-1] == token

    def _take(self) -> str:
        return self._left.pop() if self._left else ""
