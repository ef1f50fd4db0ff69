"""References in a catalog (`{{env:NAME}}`, `{{file:/path}}`), and hiding what they stand for.

The form is not `${…}` because Spark substitutes that itself in SQL text, and the value would reach its conf.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from spark_dao.errors import CatalogError, near_miss

_REFERENCE = re.compile(r"\{\{\s*(?P<kind>[^:{}]*):(?P<name>[^{}]*)\}\}")
_SECRET_KEY = re.compile(r"(?i)password|passwd|secret|token|access_?key|credential|private_?key")
HIDDEN = "*****"


def resolve_references(value: Any, *, store: str, key: str = "") -> Any:
    """Replace every reference inside a value of a store's declaration.

    Args:
        value: A string, or a list or mapping of such.
        store: Name of the store, for the error.
        key: Where the value stands, for the error.

    Raises:
        CatalogError: A reference's kind is unknown, or what it names is not there.

    Example:
        >>> os.environ["SPARK_DAO_EXAMPLE"] = "9.9.9.9"
        >>> resolve_references({"host": "{{env:SPARK_DAO_EXAMPLE}}"}, store="gold")
        {'host': '9.9.9.9'}
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _resolve(match, store, key), value)
    if isinstance(value, Mapping):
        return {
            name: resolve_references(inner, store=store, key=f"{key}.{name}" if key else str(name))
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [resolve_references(inner, store=store, key=key) for inner in value]
    return value


def redact(configs: Mapping[str, Any]) -> dict[str, Any]:
    """Copy settings with every literal secret hidden; references show themselves, not their value.

    Example:
        >>> redact({"user": "ann", "password": "hunter2", "aws_secret_access_key": "{{env:KEY}}"})
        {'user': 'ann', 'password': '*****', 'aws_secret_access_key': '{{env:KEY}}'}
    """
    shown: dict[str, Any] = {}
    for key, value in configs.items():
        if isinstance(value, Mapping):
            shown[key] = redact(value)
        elif is_literal_secret(key, value):
            shown[key] = HIDDEN
        else:
            shown[key] = value
    return shown


def scrub(text: str, configs: Mapping[str, Any]) -> str:
    """Blot out of a text every resolved value that stands under a secret's key.

    Example:
        >>> scrub("login of ann with hunter2 failed", {"user": "ann", "password": "hunter2"})
        'login of ann with ***** failed'
    """
    for key, value in configs.items():
        if isinstance(value, Mapping):
            text = scrub(text, value)
        elif _SECRET_KEY.search(key) and value:
            text = text.replace(str(value), HIDDEN)
    return text


def is_literal_secret(key: str, value: Any) -> bool:
    """Tell whether a setting holds a secret itself instead of a reference to it."""
    return bool(_SECRET_KEY.search(key)) and value is not None and not _is_reference(value)


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value.strip()) is not None


def _resolve(match: re.Match[str], store: str, key: str) -> str:
    kind, name = match["kind"].strip(), match["name"].strip()
    resolver = _KINDS.get(kind)
    if resolver is None:
        raise CatalogError(f"unknown reference `{match[0]}`{near_miss(kind, _KINDS)}", store=store, key=key)
    return resolver(name, store, key)


def _from_environment(name: str, store: str, key: str) -> str:
    if name not in os.environ:
        raise CatalogError(
            f"environment variable `{name}` is not set; set it before the job starts", store=store, key=key
        )
    return os.environ[name]


def _from_file(name: str, store: str, key: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise CatalogError(f"secret file `{name}` cannot be read: {reason}", store=store, key=key) from None


_KINDS: Mapping[str, Callable[[str, str, str], str]] = {"env": _from_environment, "file": _from_file}
