"""Whether a value satisfies a parameter's annotation, and what it becomes.

Options that come through `format("dao")` or SQL are strings, so a string that spells a number, a boolean or a list is
taken for one where the annotation asks for that.
"""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

_FILE_TYPES = (typing.IO, typing.BinaryIO, typing.TextIO)
_WORDS = {"true": True, "false": False}


class Unsatisfied(Exception):
    """A value does not satisfy an annotation."""


def adapt(value: Any, annotation: Any) -> Any:
    """Return the value as the annotation wants it.

    Args:
        value: What the caller gave.
        annotation: The parameter's annotation, resolved by `typing.get_type_hints`.

    Raises:
        Unsatisfied: The value is of another kind.

    Example:
        >>> adapt("true", bool | None), adapt("year,month", list[str]), adapt(3, float)
        (True, ['year', 'month'], 3)
    """
    if _is_instance(value, annotation):
        return value
    if isinstance(value, str):
        for choice in _choices(annotation):
            parsed = _parse(value, choice)
            if parsed is not _NOTHING:
                return parsed
    raise Unsatisfied


def describe(annotation: Any) -> str:
    """Spell an annotation for a message.

    Example:
        >>> describe(int), describe(str | None)
        ('int', 'str | None')
    """
    if annotation is type(None):
        return "None"
    if _is_union(annotation):
        return " | ".join(describe(choice) for choice in get_args(annotation))
    if get_origin(annotation) is None and isinstance(annotation, type):
        return annotation.__name__
    return str(annotation).replace("typing.", "").replace("collections.abc.", "")


_NOTHING = object()


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _choices(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if _is_union(annotation) else (annotation,)


def _is_instance(value: Any, annotation: Any) -> bool:
    if annotation is Any or annotation is object:
        return True
    if annotation is None or annotation is type(None):
        return value is None
    if _is_union(annotation):
        return any(_is_instance(value, choice) for choice in get_args(annotation))
    origin = get_origin(annotation)
    if origin is Literal:
        return value in get_args(annotation)
    if annotation in _FILE_TYPES or origin in _FILE_TYPES:
        return hasattr(value, "read")
    if origin is not None:
        return _is_instance_of_generic(value, origin, get_args(annotation))
    if not isinstance(annotation, type):
        return True
    if annotation is float and isinstance(value, int) and not isinstance(value, bool):
        return True
    if annotation is int and isinstance(value, bool):
        return False
    try:
        return isinstance(value, annotation)
    except TypeError:
        return True


def _is_instance_of_generic(value: Any, origin: Any, arguments: tuple[Any, ...]) -> bool:
    if not isinstance(origin, type) or not isinstance(value, origin):
        return not isinstance(origin, type)
    if isinstance(value, (str, bytes)):
        return False
    if isinstance(value, Mapping) and len(arguments) == 2:
        return all(
            _is_instance(key, arguments[0]) and _is_instance(inner, arguments[1]) for key, inner in value.items()
        )
    if isinstance(value, (list, tuple, set, frozenset)) and arguments:
        element = arguments[0]
        return all(_is_instance(inner, element) for inner in value)
    return True


def _parse(text: str, annotation: Any) -> Any:
    if annotation is bool:
        return _WORDS.get(text.strip().lower(), _NOTHING)
    if annotation in (int, float):
        return _parse_number(text, annotation)
    origin = get_origin(annotation)
    if origin in (list, tuple, Sequence, collections.abc.Iterable) and get_args(annotation)[:1] == (str,):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return tuple(parts) if origin is tuple else parts
    return _NOTHING


def _parse_number(text: str, number: Callable[[str], Any]) -> Any:
    try:
        return number(text)
    except ValueError:
        return _NOTHING
