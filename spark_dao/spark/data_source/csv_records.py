"""Cutting csv text into records by the rules of univocity's `CsvParser` with the settings that Spark gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Record = list[tuple[str, bool]]


@dataclass(frozen=True)
class Dialect:
    """The characters that matter.

    Attributes:
        sep: Between fields.
        quote: Around fields.
        escape: Before a quote inside a quoted field.
        multi_line: Whether a quoted field may hold line breaks.
    """

    sep: str = ","
    quote: str = '"'
    escape: str = "\\"
    multi_line: bool = False

    @property
    def escapable(self) -> str:
        """What an escape stands before to be one: a quote, or an escape that is no quote itself."""
        return self.quote if self.escape == self.quote else self.quote + self.escape


def records(text: str, dialect: Dialect) -> Iterator[Record]:
    r"""Cut text into records; empty lines are none, nor are blank ones where a line is a record.

    A quote that does not end its field makes the field end at the next separator, quotes included
    (`UnescapedQuoteHandling.STOP_AT_DELIMITER`); an escape before anything but a quote or itself stands for itself.

    Args:
        text: Whole lines.
        dialect: The characters that matter.

    Yields:
        The fields, each with whether it was quoted.

    Example:
        >>> [[value for value, _ in record] for record in records('1,"a \\"b\\"",\n2,"x"y"z,w\n', Dialect())]
        [['1', 'a "b"', ''], ['2', '"x"y"z', 'w']]
    """
    if dialect.multi_line:
        position = 0
        while position < len(text):
            record, position = _record(text, position, dialect)
            if not _is_blank(record):
                yield record
        return
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.strip():
            yield _record(line, 0, dialect)[0]


def _record(text: str, position: int, dialect: Dialect) -> tuple[Record, int]:
    fields: Record = []
    while True:
        if text.startswith(dialect.quote, position):
            value, position = _quoted(text, position, dialect)
            fields.append((value, True))
        else:
            end = _end_of_plain(text, position, dialect)
            fields.append((text[position:end], False))
            position = end
        if position < len(text) and text[position] == dialect.sep:
            position += 1
            continue
        if text.startswith("\r\n", position):
            return fields, position + 2
        return fields, position + 1


def _quoted(text: str, start: int, dialect: Dialect) -> tuple[str, int]:
    parts: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        following = text[position + 1 : position + 2]
        if character == dialect.escape and following and following in dialect.escapable:
            parts.append(following)
            position += 2
            continue
        if character == dialect.quote:
            run = position + 1
            while text.startswith(dialect.quote, run):
                run += 1
            after = run
            while after < len(text) and text[after] <= " " and text[after] not in (dialect.sep, "\n", "\r"):
                after += 1
            if after >= len(text) or text[after] in (dialect.sep, "\n", "\r"):
                # Of several quotes before a separator only the last one ends the field.
                return "".join(parts) + dialect.quote * (run - position - 1), after
            end = _end_of_plain(text, position, dialect)
            return f"{dialect.quote}{''.join(parts)}{text[position:end]}", end
        parts.append(character)
        position += 1
    return "".join(parts) or dialect.quote, position


def _end_of_plain(text: str, position: int, dialect: Dialect) -> int:
    ends = (text.find(character, position) for character in (dialect.sep, "\n", "\r"))
    return min((end for end in ends if end >= 0), default=len(text))


def _is_blank(record: Record) -> bool:
    return record == [("", False)]
