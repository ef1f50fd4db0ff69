"""Pydantic's complaints, turned into one CatalogError that never echoes a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from spark_dao.errors import CatalogError, near_miss


def known_keys(model: type[BaseModel]) -> list[str]:
    """List the keys that a model takes, as they are spelt in a catalog.

    Example:
        >>> from spark_dao.catalog.declarations import InterfaceDeclaration
        >>> known_keys(InterfaceDeclaration)
        ['interface_class', 'interface_class_location', 'default_configs']
    """
    return [field.alias or name for name, field in model.model_fields.items()]


def catalog_error(
    error: ValidationError, known: Iterable[str], *, store: str, prefix: Sequence[str] = ()
) -> CatalogError:
    """Turn a validation error into a CatalogError that names store, object and key.

    Args:
        error: What pydantic raised.
        known: Keys that would have been right where an unknown one stands.
        store: Name of the store.
        prefix: Where the validated value stands inside the store's declaration.

    Returns:
        The error to raise `from None`; values are left out since they may be secrets.
    """
    problems = sorted(
        error.errors(include_url=False, include_context=False, include_input=False),
        key=lambda problem: problem["type"] != "extra_forbidden",  # a misspelt key explains a missing one
    )
    first = problems[0]
    location = [*prefix, *(str(part) for part in first["loc"])]
    data_object = None
    if location[:1] == ["data_objects"] and len(location) > 1:
        data_object, location = location[1], location[2:]
    message = _message(first, location, known)
    if len(problems) > 1:
        others = sorted({".".join(str(part) for part in problem["loc"]) for problem in problems[1:]})
        message += f" (and wrong as well: {', '.join(f'`{other}`' for other in others)})"
    return CatalogError(message, store=store, data_object=data_object, key=".".join(location) or None)


def _message(problem: Any, location: Sequence[str], known: Iterable[str]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"unknown key{near_miss(location[-1], known)}"
    if kind == "missing":
        return "missing; add it"
    text = str(problem["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
