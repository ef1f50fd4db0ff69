"""Tokens on their way through the JVM: which interface gave one, so that the same one takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from spark_dao.core.planner import Planner
from spark_dao.data_object import DataObject
from spark_dao.errors import PlanError, near_miss
from spark_dao.plans import Token


class Owned(NamedTuple):
    """A token and who gave it.

    Attributes:
        data_object: The object that was planned.
        interface: The interface instance, perhaps in another process than the one that planned.
        token: The interface's own token.
    """

    data_object: DataObject
    interface: Any
    token: Token


def wrap_token(interface: Any, token: Token) -> dict[str, Any]:
    """Note the interface class in a token.

    Example:
        >>> class Warehouse: ...
        >>> wrap_token(Warehouse(), {"batch": 1})
        {'interface_class': 'Warehouse', 'token': {'batch': 1}}
    """
    return {"interface_class": type(interface).__name__, "token": dict(token)}


def unwrap_token(planner: Planner, name: str, wrapped: Any) -> Owned:
    """Find the interface that gave a token.

    Raises:
        PlanError: It is no token, or the store has no such interface any more.
    """
    found = planner.data_object(name)
    if not isinstance(wrapped, Mapping) or not {"interface_class", "token"} <= wrapped.keys():
        raise PlanError("expected the token as the plan had it", data_object=name, key="token")
    return Owned(found, interface_named(found, wrapped["interface_class"]), wrapped["token"])


def interface_named(data_object: DataObject, name: str) -> Any:
    """Find a store's interface by the name of its class.

    Raises:
        PlanError: The catalog has changed and the store has no such interface any more.
    """
    store = data_object.data_store
    named = {type(interface).__name__: interface for interface in reversed(store.interfaces)}
    if name not in named:
        raise PlanError(f"the store has no interface `{name}` any more{near_miss(name, named)}", store=store.name)
    return named[name]
