"""Where the objects of a store of files lie, and which paths are inside the store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from spark_dao.data_object import DataObject
from spark_dao.errors import PlanError
from spark_dao.interface_classes._keys import checked_key, escape_glob, has_glob

_URI = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/]*))?(?P<path>/.*)?", re.DOTALL)


@dataclass(frozen=True)
class FileRoot:
    """The folder that a store is confined to.

    A *key* is where something lies below it. Nothing is ever percent-decoded: neither S3 nor Hadoop's `Path` does.

    Args:
        scheme: Scheme that plans use.
        authority: Bucket, name node, container; empty for `file`.
        folder: Path below the authority, without a slash at either end; may be empty.
        aliases: Other schemes that mean the same.

    Example:
        >>> root = FileRoot("s3a", "my-company-silver", "datasets", aliases=("s3",))
        >>> root.uri("users_clean")
        's3a://my-company-silver/datasets/users_clean'
        >>> root.key_of_uri("s3://my-company-silver/datasets/users_clean/")
        'users_clean'
    """

    scheme: str
    authority: str
    folder: str
    aliases: tuple[str, ...] = ()

    def uri(self, key: str = "") -> str:
        """Spell a key as the URI that files have."""
        return self._spell(self.folder, key)

    def glob_uri(self, key: str) -> str:
        """Spell a key as the URI that Spark reads; the key may hold globs, the store's own folder is literal."""
        return self._spell(escape_glob(self.folder), key)

    def location(self, data_object: DataObject) -> str:
        """Return the key of an object: its `path`, else its `key`, else its name.

        A `path` or `key` without scheme is relative to the store's root.

        Raises:
            PlanError: It lies outside the store.
        """
        for name in ("path", "key"):
            declared = data_object.get(name)
            if declared is not None:
                try:
                    return self._key(declared, below="")
                except PlanError as error:
                    error.key = error.key or name
                    raise
        return checked_key(data_object.name)

    def resolve(self, data_object: DataObject, path: str | None) -> str:
        """Return the key that a caller's path means.

        Args:
            data_object: The object concerned.
            path: A URI inside the store, or a path relative to the object's own location; None for the location.

        Raises:
            PlanError: It lies outside the store.
        """
        location = self.location(data_object)
        if path is None:
            return location
        try:
            return self._key(path, below=location)
        except PlanError as error:
            error.key = error.key or "path"
            raise

    def key_of_uri(self, uri: str) -> str:
        """Return the key of a URI.

        Raises:
            PlanError: The URI lies outside the store, or is the store itself.
        """
        found = _URI.fullmatch(uri)
        if found is None:
            raise PlanError(f"expected a URI below `{self.uri()}`, found `{uri}`")
        if found["scheme"].lower() not in (self.scheme, *self.aliases) or (found["authority"] or "") != self.authority:
            raise self._outside(uri)
        full = (found["path"] or "").removeprefix("/").removesuffix("/")
        if full == self.folder:
            raise PlanError(f"`{uri}` is the whole store; name something below it")
        if not self.folder:
            return checked_key(full)
        if not full.startswith(f"{self.folder}/"):
            raise self._outside(uri)
        return checked_key(full[len(self.folder) + 1 :])

    def _key(self, path: Any, *, below: str) -> str:
        if not isinstance(path, str):
            raise PlanError(f"expected a string, found {type(path).__name__}")
        if _has_scheme(path):
            return self.key_of_uri(path)
        if path.startswith("/"):
            if self.scheme == "file":
                return self.key_of_uri(f"file://{path}")
            raise PlanError(
                f"`{path}` starts with a slash; give a full URI (`{self.uri('…')}`) or a path relative to the "
                f"{'object' if below else 'store'}"
            )
        relative = checked_key(path.removesuffix("/"))
        return f"{below}/{relative}" if below else relative

    def _outside(self, uri: str) -> PlanError:
        return PlanError(f"`{uri}` lies outside the store, which is `{self.uri()}`; give a path below that")

    def _spell(self, folder: str, key: str) -> str:
        return "/".join(part for part in (f"{self.scheme}://{self.authority}", folder, key) if part)


def refuse_glob(key: str) -> str:
    """Return a key that is to be written, if it is no glob.

    Raises:
        PlanError: It holds a character that reading it back would take for a glob.
    """
    if has_glob(key):
        raise PlanError(
            f"cannot write to `{key}`: one of {{ }} [ ] * ? \\ makes it a pattern that Spark reads as several paths; "
            "choose another path"
        )
    return key


def _has_scheme(path: str) -> bool:
    # Object and file names may hold a colon; only what comes before a slash that follows at once is a scheme.
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", path) is not None
