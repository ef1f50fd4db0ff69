"""Reads one statement's tokens from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from spark_dao.local.warehouse.failures import syntax_error
from spark_dao.local.warehouse.tokens import Token, closing_parenthesis, object_name, tokenize

_END = Token("end", "end of input", 0, 0)


class TokenReader:
    """A position in a statement; the semicolons that may end it are left out.

    Args:
        sql: One statement.

    Example:
        >>> reader = TokenReader("COPY public.t FROM 's3://bucket/x'")
        >>> reader.expect("COPY"), reader.name(), reader.expect("FROM"), reader.string()
        (None, 'public.t', None, 's3://bucket/x')
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        tokens = tokenize(sql)
        while tokens and tokens[-1].text == ";":
            tokens.pop()
        self.tokens: Sequence[Token] = tokens
        self.position = 0

    @property
    def next(self) -> Token:
        """The next token; one of kind `end` behind the last."""
        return self.tokens[self.position] if self.position < len(self.tokens) else _END

    @property
    def at_end(self) -> bool:
        """Whether all tokens are read."""
        return self.position >= len(self.tokens)

    def take(self, *keywords: str) -> bool:
        """Step over a sequence of keywords, if it comes next.

        Args:
            keywords: Words in upper case.
        """
        following = self.tokens[self.position : self.position + len(keywords)]
        if [token.keyword for token in following] != list(keywords):
            return False
        self.position += len(keywords)
        return True

    def take_one_of(self, *keywords: str) -> str:
        """Step over one of some keywords and return it; empty where none comes next."""
        return next((keyword for keyword in keywords if self.take(keyword)), "")

    def expect(self, *keywords: str) -> None:
        """Step over a sequence of keywords.

        Raises:
            WarehouseError: 42601, something else comes next.
        """
        if not self.take(*keywords):
            raise syntax_error(self.next.text)

    def string(self) -> str:
        """Read a string literal.

        Raises:
            WarehouseError: 42601, none comes next.
        """
        token = self.next
        if token.kind not in ("string", "dollar"):
            raise syntax_error(token.text)
        self.position += 1
        return token.value

    def number(self) -> float:
        """Read a number.

        Raises:
            WarehouseError: 42601, none comes next.
        """
        token = self.next
        if token.kind != "number":
            raise syntax_error(token.text)
        self.position += 1
        return float(token.text)

    def name(self) -> str:
        """Read a (qualified) object name, as it stands there.

        Raises:
            WarehouseError: 42601, none comes next.
        """
        if not self.next.identifier:
            raise syntax_error(self.next.text)
        start = self.position
        self.position = object_name(self.tokens, start)
        return self.sql[self.tokens[start].start : self.tokens[self.position - 1].end]

    def parenthesised(self) -> Sequence[Token]:
        """Read what stands in parentheses and return the tokens between them.

        Raises:
            WarehouseError: 42601, no parenthesis comes next.
        """
        if self.next.text != "(":
            raise syntax_error(self.next.text)
        start, end = self.position, closing_parenthesis(self.tokens, self.position)
        self.position = end + 1
        return self.tokens[start + 1 : end]

    def unexpected(self) -> Exception:
        """Return the error for the next token."""
        return syntax_error(self.next.text)
