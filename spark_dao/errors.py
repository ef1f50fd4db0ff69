"""The exceptions of spark_dao, drawn in one place.

SparkDaoError
 ├── CatalogError    what the catalog says is missing, malformed or contradictory
 ├── RouteError      no interface method fits the call
 ├── InterfaceError  a backend refused, could not be reached, or an interface class is faulty
 ├── PlanError       Spark cannot carry out what was planned
 └── CommitError     staged data could not be made visible; the old data stands unless the message says otherwise
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SparkDaoError(Exception):
    """The root of every error that spark_dao raises on purpose.

    Args:
        message: What was expected, what was found, and what to do.
        store: Name of the data store concerned.
        data_object: Name of the data object concerned.
        key: The configuration key or argument concerned.

    Example:
        >>> str(SparkDaoError("no such table", store="gold", data_object="users_agg"))
        'gold.users_agg: no such table'
        >>> str(SparkDaoError("expected a string, found 3", store="gold", key="host"))
        'store `gold`, key `host`: expected a string, found 3'
    """

    def __init__(
        self, message: str, *, store: str | None = None, data_object: str | None = None, key: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.store = store
        self.data_object = data_object
        self.key = key

    def __str__(self) -> str:
        if self.store and self.data_object:
            where = [f"{self.store}.{self.data_object}"]
        elif self.store:
            where = [f"store `{self.store}`"]
        elif self.data_object:
            where = [f"object `{self.data_object}`"]
        else:
            where = []
        if self.key:
            where.append(f"key `{self.key}`")
        return f"{', '.join(where)}: {self.message}" if where else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.store, self.data_object, self.key)


def _rebuild(
    kind: type[SparkDaoError], message: str, store: str | None, data_object: str | None, key: str | None
) -> SparkDaoError:
    return kind(message, store=store, data_object=data_object, key=key)


class CatalogError(SparkDaoError):
    """The catalog is missing something, malformed, or contradicts itself."""


class RouteError(SparkDaoError):
    """No method of the store's interface classes fits the call."""


class InterfaceError(SparkDaoError):
    """A backend refused or could not be reached, or an interface class is faulty."""


class PlanError(SparkDaoError):
    """Spark cannot carry out what was asked or planned."""


class CommitError(SparkDaoError):
    """Staged data could not be made visible."""


def near_miss(word: str, known: Iterable[str], cutoff: float = 0.7) -> str:
    """Suggest the known word nearest to a misspelt one, as the end of a message.

    Args:
        word: What was given.
        known: The words that would have been right.
        cutoff: How alike two words must be to count as near, from 0 to 1 (`difflib.get_close_matches`).

    Returns:
        `"; did you mean `x`?"`, or the sorted choices when none is near, or an empty string when there are none.

    Example:
        >>> near_miss("fromat", ["format", "path"])
        '; did you mean `format`?'
        >>> near_miss("zzz", ["b", "a"])
        '; known: `a`, `b`'
    """
    choices = sorted(known)
    spelt = {choice.lower(): choice for choice in reversed(choices)}
    near = difflib.get_close_matches(word.lower(), spelt, n=1, cutoff=cutoff)
    if near:
        return f"; did you mean `{spelt[near[0]]}`?"
    if not choices:
        return ""
    shown = ", ".join(f"`{choice}`" for choice in choices[:10])
    return f"; known: {shown}{', …' if len(choices) > 10 else ''}"
