"""Where declarations come from: dicts, JSON and YAML files, later ones laid over earlier ones key by key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spark_dao.catalog.declarations import InterfaceDeclaration, StoreDeclaration
from spark_dao.catalog.validation import catalog_error, known_keys
from spark_dao.errors import CatalogError

CatalogSource = Mapping[str, Any] | str | Path
_NAME = re.compile(r"\w[\w-]*")
_IGNORED = {"$schema"}


def load_declarations(sources: CatalogSource | Sequence[CatalogSource]) -> dict[str, StoreDeclaration]:
    """Read, overlay and validate a catalog.

    Args:
        sources: A dict, a path to a JSON or YAML file, or several of these; later ones overlay earlier ones.

    Returns:
        The stores by name.

    Raises:
        CatalogError: A file is missing or malformed, or a declaration is wrong; names store, object and key.

    Example:
        >>> stores = load_declarations({"silver": {"interface_class": "FileSparkInterface",
        ...                                        "default_configs": {"root": "file:///data/silver"}}})
        >>> stores["silver"].default_configs
        {'root': 'file:///data/silver'}
    """
    return validate(merge_sources(sources))


def merge_sources(sources: CatalogSource | Sequence[CatalogSource]) -> dict[str, Any]:
    """Lay the sources over each other without validating the result.

    Example:
        >>> merge_sources([{"a": {"properties": {"x": 1, "y": True}}}, {"a": {"properties": {"y": False}}}])
        {'a': {'properties': {'x': 1, 'y': False}}}
    """
    merged: dict[str, Any] = {}
    for source in [sources] if isinstance(sources, (Mapping, str, Path)) else sources:
        merged = _overlay(merged, source if isinstance(source, Mapping) else _read_file(Path(source)))
    return {name: value for name, value in merged.items() if name not in _IGNORED}


def validate(raw: Mapping[str, Any]) -> dict[str, StoreDeclaration]:
    """Check merged declarations; see `load_declarations`."""
    stores: dict[str, StoreDeclaration] = {}
    for name, declaration in raw.items():
        check_name(name, what="store")
        if not isinstance(declaration, Mapping):
            raise CatalogError(
                f"expected a mapping with `interface_class`, found {type(declaration).__name__}", store=name
            )
        try:
            stores[name] = StoreDeclaration.model_validate(dict(declaration))
        except ValidationError as error:
            known = {*known_keys(StoreDeclaration), *known_keys(InterfaceDeclaration)}
            raise catalog_error(error, known, store=name) from None
        for data_object in stores[name].data_objects:
            check_name(data_object, what="object", store=name)
    return stores


def check_name(name: object, *, what: str, store: str | None = None) -> str:
    """Refuse a store or object name that could not be written as `store.object` or used as a folder.

    Raises:
        CatalogError: The name is not made of letters, digits, `_` and `-`.

    Example:
        >>> check_name("users_clean", what="object")
        'users_clean'
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise CatalogError(
        f"malformed {what} name {name!r}: a name is made of letters, digits, `_` and `-`, and starts with no `-`",
        store=store,
    )


def split_name(name: str) -> tuple[str, str]:
    """Split `store.object` into its two parts.

    Raises:
        CatalogError: The name has not exactly two well-formed parts.

    Example:
        >>> split_name("silver.users_clean")
        ('silver', 'users_clean')
    """
    parts = name.split(".")
    if len(parts) != 2:
        raise CatalogError(f"malformed name {name!r}: expected `store.object`, as in `silver.users_clean`")
    return check_name(parts[0], what="store"), check_name(parts[1], what="object", store=parts[0])


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        lower = merged.get(key)
        merged[key] = _overlay(lower, value) if isinstance(lower, Mapping) and isinstance(value, Mapping) else value
    return merged


def _read_file(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CatalogError(
            f"catalog file `{path}` does not exist (looked in `{Path.cwd()}`); correct the path"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"catalog file `{path}` cannot be read: {error}") from None
    parsed = _parse_yaml(path, text) if path.suffix in {".yaml", ".yml"} else _parse_json(path, text)
    if not isinstance(parsed, Mapping):
        raise CatalogError(f"catalog file `{path}`: expected a mapping of stores, found {type(parsed).__name__}")
    return parsed


def _parse_json(path: Path, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(path, pairs))
    except json.JSONDecodeError as error:
        raise CatalogError(
            f"catalog file `{path}` is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None


def _parse_yaml(path: Path, text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise CatalogError(f"catalog file `{path}` is not valid YAML: {problem}{where}") from None


def _unique(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise CatalogError(f"catalog file `{path}` says the key twice; keep one", key=twice)
    return unique
