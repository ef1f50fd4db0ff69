"""The declared objects of a store: all checked when the catalog is loaded, each built when it is asked for.

A catalog may declare a hundred thousand objects, of which a job uses three.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidatorFunctionWrapHandler

from spark_dao.catalog.object_declaration import OBJECT_KEYS, ObjectDeclaration, WriteMode, unknown_key

_MODES = frozenset(get_args(WriteMode))
_TYPES = frozenset({"DataObject", "TableObject"})
_OPTION_TYPES = frozenset({str, bool, int, float})


class DeclaredObjects(Mapping[str, ObjectDeclaration]):
    """Declarations by name.

    Args:
        plain: Declarations as they were written, known to be valid.
        built: Declarations that pydantic has validated.

    Example:
        >>> DeclaredObjects({"users": {"format": "orc"}}, {})["users"].format
        'orc'
    """

    def __init__(self, plain: Mapping[str, Mapping[str, Any]], built: Mapping[str, ObjectDeclaration]) -> None:
        self._plain = plain
        self._built = dict(built)

    def __getitem__(self, name: str) -> ObjectDeclaration:
        found = self._built.get(name)
        if found is None:
            found = self._built[name] = ObjectDeclaration.model_validate(self._plain[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._plain or name in self._built

    def __iter__(self) -> Iterator[str]:
        yield from self._plain
        yield from (name for name in list(self._built) if name not in self._plain)

    def __len__(self) -> int:
        return len(self._plain.keys() | self._built.keys())

    def values_of(self, key: str) -> Iterator[Any]:
        """Yield what the objects say under a key, without building any of them.

        Example:
            >>> list(DeclaredObjects({"users": {"format": "orc"}, "days": {}}, {}).values_of("format"))
            ['orc']
        """
        built = (declared.properties() for name, declared in self._built.items() if name not in self._plain)
        yield from (said[key] for said in (*self._plain.values(), *built) if said.get(key) is not None)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} objects)"


def validate_lazily(value: Any, validate: ValidatorFunctionWrapHandler) -> DeclaredObjects:
    """Validate the objects of a store (a pydantic wrap validator); what is not plainly right is left to pydantic.

    Args:
        value: The objects as they were written.
        validate: Pydantic's own validation, whose errors are the ones that a user sees.
    """
    if isinstance(value, DeclaredObjects) or not isinstance(value, Mapping):
        return value if isinstance(value, DeclaredObjects) else DeclaredObjects({}, validate(value))
    plain = {name: dict(said) for name, said in value.items() if type(name) is str and _is_plainly_right(said)}
    others = {name: said for name, said in value.items() if name not in plain} if len(plain) < len(value) else {}
    return DeclaredObjects(plain, validate(others))


def _is_plainly_right(said: Any) -> bool:
    if type(said) is not dict:
        return False
    for key, value in said.items():
        check = _CHECKS.get(key)
        if check is None:
            if type(key) is not str or not _is_own_key(key):
                return False
        elif value is not None and not check(value):
            return False
    return True


@functools.lru_cache(maxsize=4096)
def _is_own_key(key: str) -> bool:
    return unknown_key(key) is None


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_columns(value: Any) -> bool:
    return type(value) is str or (type(value) is list and all(type(column) is str for column in value))


def _is_options(value: Any) -> bool:
    return type(value) is dict and all(
        type(key) is str and type(option) in _OPTION_TYPES for key, option in value.items()
    )


def _is_mode(value: Any) -> bool:
    return type(value) is str and value in _MODES


def _is_type(value: Any) -> bool:
    return type(value) is str and value in _TYPES


_CHECKS = dict.fromkeys(OBJECT_KEYS, _is_text) | {
    "partition_by": _is_columns,
    "primary_keys": _is_columns,
    "spark_options": _is_options,
    "write_mode": _is_mode,
    "type": _is_type,
}
