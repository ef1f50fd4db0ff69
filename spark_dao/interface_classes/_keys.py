"""Keys: where something lies inside a store, checked so that it cannot lead out of it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from spark_dao.errors import PlanError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_GLOB = re.compile(r"([\\{}\[\]*?])")
_ESCAPED = re.compile(r"\\(.)")
_TRAVERSALS = (".", "..")
_MOST_DECODINGS = 4


def literal_key(key: str) -> str:
    """Return a key as it is, if every segment of it names something (Hadoop's `Path` drops or follows the others).

    Args:
        key: Segments joined by `/`, without a slash at either end.

    Raises:
        PlanError: The key is empty, or has an empty segment (S3 and file systems disagree on what that is), `.`,
            `..`, or a control character.

    Example:
        >>> literal_key("users raw/region=a%2Fb/50%.csv")
        'users raw/region=a%2Fb/50%.csv'
    """
    if not key:
        raise PlanError("expected a key, found an empty one")
    if _CONTROL.search(key):
        raise PlanError(f"{key!r} has a control character; remove it")
    for segment in key.split("/"):
        if not segment:
            raise PlanError(f"`{key}` has an empty segment (`//`, or a slash at an end); remove it")
        if segment in _TRAVERSALS:
            raise PlanError(f"`{key}` has the segment `{segment}`, which could lead out of the store; remove it")
    return key


def checked_key(key: str) -> str:
    """Return a key that somebody typed, if it cannot lead out of its folder, not even where somebody decodes it.

    Args:
        key: Segments joined by `/`, without a slash at either end; may hold Hadoop globs.

    Raises:
        PlanError: As `literal_key`, and for percent-encoded or escaped forms of `..`, and for braces around a slash
            (Hadoop's `GlobExpander` makes several paths of them before it looks at `..`).

    Example:
        >>> checked_key("users_raw/2025-*/users.{csv,txt}")
        'users_raw/2025-*/users.{csv,txt}'
        >>> checked_key("users/%2e%2e/secrets")
        Traceback (most recent call last):
        spark_dao.errors.PlanError: `users/%2e%2e/secrets` has the segment `%2e%2e`, which stands for '..'; remove it
    """
    for segment in literal_key(key).split("/"):
        meant = _fully_decoded(_ESCAPED.sub(r"\1", segment))
        if any(part in _TRAVERSALS for part in re.split(r"[/\\]", meant)) or "\0" in meant:
            raise PlanError(f"`{key}` has the segment `{segment}`, which stands for {meant!r}; remove it")
        unescaped = _ESCAPED.sub("", segment)
        if unescaped.count("{") != unescaped.count("}"):
            raise PlanError(
                f"`{key}` has a brace that is not closed before the next `/`; close it, or escape it as `\\{{`"
            )
    return key


def escape_glob(key: str) -> str:
    r"""Write a key so that Hadoop's globbing takes it literally (Hadoop's `GlobPattern`).

    Example:
        >>> escape_glob("users[1]")
        'users\\[1\\]'
    """
    return _GLOB.sub(r"\\\1", key)


def has_glob(key: str) -> bool:
    """Tell whether Spark takes a key for a glob (`SparkHadoopUtil.isGlobPath`)."""
    return _GLOB.search(key) is not None


def before_glob(key: str) -> str:
    """Return the folders of a key that hold no glob.

    Example:
        >>> before_glob("users_raw/2025-*/users.csv")
        'users_raw'
    """
    literal: list[str] = []
    for segment in key.split("/"):
        if has_glob(segment):
            break
        literal.append(segment)
    return "/".join(literal)


def _fully_decoded(segment: str) -> str:
    for _ in range(_MOST_DECODINGS):
        decoded = unquote(segment)
        if decoded == segment:
            break
        segment = decoded
    return segment


def is_hidden(key: str) -> bool:
    """Tell whether Spark passes over a file (`InMemoryFileIndex.shouldFilterOutPathName`).

    Args:
        key: Where the file lies, relative to the folder that is read.

    Example:
        >>> [is_hidden(key) for key in ("_SUCCESS", "_delta_log/0.json", "_year=2025/part-0", ".part-0.crc", "part-0")]
        [True, True, False, True, False]
    """
    return any(
        segment.startswith(".") or (segment.startswith("_") and "=" not in segment) for segment in key.split("/")
    )
