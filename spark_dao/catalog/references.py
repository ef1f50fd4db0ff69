"""References in a catalog (`{{env:NAME}}`, `{{file:/path}}`, `{{secret:name#key}}`), and hiding what they stand for.

The form is not `${…}` because Spark substitutes that itself in SQL text, and the value would reach its conf.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from spark_dao.errors import CatalogError, near_miss

_REFERENCE = re.compile(r"\{\{\s*(?P<kind>[^:{}]*):(?P<name>[^{}]*)\}\}")
_SECRET_KEY = re.compile(r"(?i)password|passwd|secret|token|access_?key|credential|private_?key")
HIDDEN = "*****"
_SECRETS_MANAGER = "spark_dao.interface_classes.secrets_manager"


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
    return _Resolution(store).resolve(value, key)


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


class _Resolution:
    """Resolves the references of one declaration; a secret that several of them name is read once."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._secrets: Any = None
        self._kinds: dict[str, Callable[[str], str]] = {
            "env": _from_environment,
            "file": _from_file,
            "secret": self._from_secrets_manager,
        }

    def resolve(self, value: Any, key: str) -> Any:
        if isinstance(value, str):
            return _REFERENCE.sub(lambda match: self._resolve(match, key), value)
        if isinstance(value, Mapping):
            return {name: self.resolve(inner, f"{key}.{name}" if key else str(name)) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.resolve(inner, key) for inner in value]
        return value

    def _resolve(self, match: re.Match[str], key: str) -> str:
        kind, name = match["kind"].strip(), match["name"].strip()
        if kind not in self._kinds:
            found = f"unknown reference `{match[0]}`{near_miss(kind, self._kinds)}"
            raise CatalogError(found, store=self._store, key=key)
        try:
            return self._kinds[kind](name)
        except CatalogError as error:
            error.store, error.key = self._store, key
            raise

    def _from_secrets_manager(self, name: str) -> str:
        if self._secrets is None:
            # By its name, as an interface class is found: the catalog itself knows no backend.
            self._secrets = importlib.import_module(_SECRETS_MANAGER).SecretsManager()
        return str(self._secrets.value(name))


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise CatalogError(f"environment variable `{name}` is not set; set it before the job starts")
    return os.environ[name]


def _from_file(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise CatalogError(f"secret file `{name}` cannot be read: {reason}") from None
