"""What an interface class may say of its methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])
_ACTION = "__spark_dao_action__"
_CONDITIONS = "__spark_dao_conditions__"


def register(action: str) -> Callable[[_Function], _Function]:
    """Make a method answer an action whatever its name is.

    Args:
        action: `read`, `write`, `upsert`, `delete`, `run`, `list`, `count`, `move`, `copy`, …

    Example:
        >>> class Sensors:
        ...     @register("read")
        ...     def sample(self, data_object): ...
        >>> action_of(Sensors.sample)
        'read'
    """

    def mark(function: _Function) -> _Function:
        setattr(function, _ACTION, action)
        return function

    return mark


def when(conditions: Mapping[str, Any]) -> Callable[[_Function], _Function]:
    """Narrow a method to calls whose arguments have the given values.

    Args:
        conditions: Argument names and the values they must have, given by the caller or filled in.

    Example:
        >>> class Files:
        ...     @when({"format": "csv"})
        ...     def read_csv(self, data_object, format): ...
        >>> conditions_of(Files.read_csv)
        {'format': 'csv'}
    """

    def mark(function: _Function) -> _Function:
        setattr(function, _CONDITIONS, dict(conditions))
        return function

    return mark


def action_of(function: Callable[..., Any]) -> str | None:
    """Return the action that `register` gave a method."""
    action: str | None = getattr(function, _ACTION, None)
    return action


def conditions_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the conditions that `when` gave a method."""
    conditions: Mapping[str, Any] = getattr(function, _CONDITIONS, {})
    return conditions
