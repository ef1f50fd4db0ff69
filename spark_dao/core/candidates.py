"""The methods of a store's interfaces that could answer an action."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from spark_dao.core.decorators import action_of, conditions_of

ACTIONS = ("read_stream", "write_stream", "read", "write", "upsert", "delete", "run", "list", "count", "move", "copy")
_PLAN_ACTIONS = {"plan_read": ("read", "read_stream", "count"), "plan_write": ("write", "write_stream", "upsert")}
Kind = Literal["plan", "direct"]
_ANYBODY = object()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One method that answers an action.

    Attributes:
        interface: The interface instance.
        position: Where its class stands among the store's interfaces, 0 for the primary one.
        order: Where the method stands in its class.
        name: Name of the method.
        kind: `plan` where the method answers with a plan for Spark, `direct` where it does the work itself.
    """

    interface: Any
    position: int
    order: int
    name: str
    kind: Kind

    @property
    def function(self) -> Callable[..., Any]:
        """The bound method."""
        function: Callable[..., Any] = getattr(self.interface, self.name)
        return function

    @property
    def label(self) -> str:
        """`Class.method`, for messages."""
        return f"{type(self.interface).__name__}.{self.name}"

    @property
    def signature(self) -> inspect.Signature:
        """Parameters of the method, without `self`."""
        function = self.function
        unbound = getattr(function, "__func__", None)
        return _signature(function, False) if unbound is None else _signature(unbound, True)

    @property
    def hints(self) -> Mapping[str, Any]:
        """Resolved annotations of the method."""
        return _hints(getattr(type(self.interface), self.name))

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What `@when` says."""
        return conditions_of(self.function)

    @property
    def never_filled(self) -> frozenset[str]:
        """Parameters that properties of the object or store never fill in."""
        excluded: Mapping[str, Iterable[str]] = getattr(self.interface, "enrichment_exclude", {})
        return frozenset(excluded.get(self.name, ()))


def candidates(action: str, interfaces: Iterable[Any], kinds: Iterable[Kind] = ("plan", "direct")) -> list[Candidate]:
    """List the methods that answer an action, in the order of their declaration.

    Args:
        action: Name of the action.
        interfaces: The store's interfaces, primary first.
        kinds: Which kinds of answers are wanted.
    """
    wanted = frozenset(kinds)
    return [
        Candidate(interface=interface, position=position, order=order, name=name, kind=kind)
        for position, interface in enumerate(interfaces)
        for order, (name, kind) in enumerate(_methods(interface.__class__, action))
        if kind in wanted
    ]


def actions_of(interface_class: type) -> list[str]:
    """List the actions that a class answers.

    Example:
        >>> class Files:
        ...     def plan_read(self, data_object): ...
        ...     def list_files(self, data_object): ...
        >>> actions_of(Files)
        ['count', 'list', 'read', 'read_stream']
    """
    registered = {action_of(function) for _, function in _public(interface_class)} - {None}
    known = {*ACTIONS, *(action for action in registered if action)}
    return sorted(action for action in known if _methods(interface_class, action))


@functools.lru_cache(maxsize=512)
def _methods(interface_class: type, action: str) -> tuple[tuple[str, Kind], ...]:
    return tuple(_find_methods(interface_class, action))


def _find_methods(interface_class: type, action: str) -> Iterator[tuple[str, Kind]]:
    for name, function in _public(interface_class):
        if name in _PLAN_ACTIONS:
            if action in _PLAN_ACTIONS[name]:
                yield name, "plan"
        elif (action_of(function) or _action_named(name)) == action:
            yield name, "direct"


def _action_named(name: str) -> str | None:
    return next((action for action in ACTIONS if name == action or name.startswith(f"{action}_")), None)


def _public(interface_class: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    seen: set[str] = set()
    for base in reversed(interface_class.__mro__):
        for name in vars(base):
            function = getattr(interface_class, name)
            if not name.startswith("_") and name not in seen and inspect.isroutine(function):
                seen.add(name)
                yield name, function


@functools.lru_cache(maxsize=512)
def _signature(function: Callable[..., Any], is_bound: bool) -> inspect.Signature:
    # Kept by the function alone, since a bound method would keep its interface alive.
    return inspect.signature(types.MethodType(function, _ANYBODY) if is_bound else function)


@functools.lru_cache(maxsize=512)
def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError):
        return {}
