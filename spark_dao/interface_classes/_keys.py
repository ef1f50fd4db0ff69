"""Keys: where something lies inside a store, checked so that it cannot lead out of it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from spark_dao.errors import PlanError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_GLOB = re.compile(r"([\\{}\[\]*?])")
_MOST_DECODINGS = 4


def checked_key(key: str) -> str:
    """Return a key as it is, if it names one place below a folder and nothing else.

    Refused: an empty key, empty segments (`a//b`: S3 and file systems disagree on what that is), `.` and `..`, control
    characters, and percent-encoded forms of those, since whoever decodes the key would leave the folder.

    Args:
        key: Segments joined by `/`, without a slash at either end.

    Raises:
        PlanError: The key is one of those.

    Example:
        >>> checked_key("users raw/2025-01-07/50%.csv")
        'users raw/2025-01-07/50%.csv'
        >>> checked_key("users/../secrets")
        Traceback (most recent call last):
        spark_dao.errors.PlanError: `users/../secrets` has the segment `..`, which could lead out of the store
    """
    if not key:
        raise PlanError("expected a key, found an empty one")
    if _CONTROL.search(key):
        raise PlanError(f"{key!r} has a control character; remove it")
    for segment in key.split("/"):
        if not segment:
            raise PlanError(f"`{key}` has an empty segment (`//`, or a slash at an end); remove it")
        if segment in (".", ".."):
            raise PlanError(f"`{key}` has the segment `{segment}`, which could lead out of the store")
        decoded = _fully_decoded(segment)
        if decoded != segment and (decoded in ("", ".", "..") or "/" in decoded or _CONTROL.search(decoded)):
            raise PlanError(
                f"`{key}` has the segment `{segment}`, which decodes to `{decoded!r}`; write keys undecoded"
            )
    return key


def escape_glob(key: str) -> str:
    r"""Write a key so that Hadoop's globbing takes it literally (Hadoop's `GlobPattern`).

    Example:
        >>> escape_glob("users[1]")
        'users\\[1\\]'
    """
    return _GLOB.sub(r"\\\1", key)


def before_glob(key: str) -> str:
    """Return the folders of a key that hold no glob.

    Example:
        >>> before_glob("users_raw/2025-*/users.csv")
        'users_raw'
    """
    literal: list[str] = []
    for segment in key.split("/"):
        if _GLOB.search(segment):
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
