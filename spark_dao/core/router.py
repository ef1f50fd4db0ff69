"""From a call to the one interface method that answers it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spark_dao.core.annotations import Unsatisfied, adapt, describe
from spark_dao.core.candidates import Candidate, Kind, actions_of, candidates
from spark_dao.data_object import DataObject, Store
from spark_dao.errors import RouteError, near_miss

_OBJECT = "data_object"
_NEAR = 0.7
# Where a plan takes any option, what is as near to a parameter is taken for a slip (`maxColumns` is no `columns`).
_SLIP = 0.83


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a candidate takes a call.

    Attributes:
        candidate: The method.
        arguments: The keyword arguments it would be called with.
        origins: Where each argument comes from: `call`, `object` or `store`; what is missing keeps its default.
        named: How many parameters are matched by name.
        distance: How far the object's class is from the one that the method asks for.
        refused: Why it does not fit, None where it does.
    """

    candidate: Candidate
    arguments: Mapping[str, Any]
    origins: Mapping[str, str]
    named: int = 0
    distance: int = 0
    refused: str | None = None


def route(
    action: str,
    data_object: DataObject,
    arguments: Mapping[str, Any],
    *,
    interface_class: str | None = None,
    kinds: Iterable[Kind] = ("plan", "direct"),
) -> Fit:
    """Choose the method that answers a call.

    Args:
        action: Name of the action.
        data_object: The object concerned.
        arguments: Keyword arguments of the call.
        interface_class: Restrict the choice to the interface class of this name.
        kinds: Which kinds of answers are wanted.

    Returns:
        The best fit: the more specific data-object type, then the more parameters matched by name, then the primary
        interface, then the order of declaration.

    Raises:
        RouteError: Nothing fits; the message lists every candidate and why it was refused.
    """
    fits = weigh(action, data_object, arguments, interface_class=interface_class, kinds=kinds)
    chosen = best(fits)
    if chosen is None:
        raise _no_fit(action, data_object, arguments, fits)
    return chosen


def route_named(
    action: str,
    name: str,
    data_object: DataObject,
    arguments: Mapping[str, Any],
    *,
    interface_class: str | None = None,
) -> Fit:
    """Choose the method that answers an action under a name: `sql` of `run` is `run_sql`; see `route`."""
    fits = weigh(action, data_object, arguments, interface_class=interface_class, kinds=["direct"])
    named = [fit for fit in fits if fit.candidate.name in {f"{action}_{name}", name}]
    chosen = best(named)
    if chosen is not None:
        return chosen
    if named:
        raise _no_fit(action, data_object, arguments, named)
    known = {fit.candidate.name.removeprefix(f"{action}_") for fit in fits}
    raise RouteError(
        f"the store has nothing named `{name}` to {action}{near_miss(name, known)}",
        store=data_object.data_store.name,
        data_object=data_object.name,
    )


def best(fits: Iterable[Fit]) -> Fit | None:
    """Choose among weighed candidates, None where all are refused."""
    accepted = [fit for fit in fits if fit.refused is None]
    if not accepted:
        return None
    return min(accepted, key=lambda fit: (fit.distance, -fit.named, fit.candidate.position, fit.candidate.order))


def weigh(
    action: str,
    data_object: DataObject,
    arguments: Mapping[str, Any],
    *,
    interface_class: str | None = None,
    kinds: Iterable[Kind] = ("plan", "direct"),
) -> list[Fit]:
    """Say of every candidate for a call how it takes it; see `route`."""
    interfaces = data_object.data_store.interfaces
    if interface_class is not None:
        names = [type(interface).__name__ for interface in interfaces]
        interfaces = [interface for interface in interfaces if type(interface).__name__ == interface_class]
        if not interfaces:
            raise RouteError(
                f"the store has no interface class `{interface_class}`{near_miss(interface_class, names)}",
                store=data_object.data_store.name,
                key="dao_interface_class",
            )
    return [_fit(candidate, data_object, arguments) for candidate in candidates(action, interfaces, kinds)]


def _fit(candidate: Candidate, data_object: DataObject, given: Mapping[str, Any]) -> Fit:
    parameters = candidate.signature.parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    named = {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    arguments = dict(given)
    origins = dict.fromkeys(given, "call")
    if _OBJECT in named or not takes_any:
        arguments[_OBJECT], origins[_OBJECT] = data_object, "call"
    _fill(arguments, origins, named, candidate.never_filled, data_object)
    reasons = [
        *_unaccepted(arguments, named, candidate.kind, takes_any),
        *_missing(arguments, named),
        *_adapt_all(arguments, candidate.hints),
        *_unmet(arguments, candidate.conditions),
    ]
    return Fit(
        candidate=candidate,
        arguments=arguments,
        origins=origins,
        named=sum(name in named for name in arguments),
        distance=_distance(data_object, candidate.hints.get(_OBJECT)),
        refused="; ".join(reasons) or None,
    )


def _fill(
    arguments: dict[str, Any],
    origins: dict[str, str],
    named: Mapping[str, inspect.Parameter],
    never: frozenset[str],
    data_object: DataObject,
) -> None:
    sources = (("object", data_object.properties), ("store", data_object.data_store.properties))
    for name in named:
        if name in arguments or name in never:
            continue
        for origin, properties in sources:
            if properties.get(name) is not None:
                arguments[name], origins[name] = properties[name], origin
                break


def _unaccepted(arguments: Mapping[str, Any], named: Mapping[str, Any], kind: Kind, takes_any: bool) -> list[str]:
    if takes_any and kind == "direct":
        return []
    known = [name for name in named if name != _OBJECT]
    cutoff = _SLIP if takes_any else _NEAR
    hints = {name: near_miss(name, known, cutoff) for name in arguments if name not in named}
    return [f"does not accept `{name}`{hint}" for name, hint in hints.items() if not takes_any or "did you" in hint]


def _missing(arguments: Mapping[str, Any], named: Mapping[str, inspect.Parameter]) -> list[str]:
    return [
        f"needs `{name}`"
        for name, parameter in named.items()
        if parameter.default is parameter.empty and name not in arguments
    ]


def _adapt_all(arguments: dict[str, Any], hints: Mapping[str, Any]) -> list[str]:
    reasons = []
    for name, value in arguments.items():
        if name not in hints:
            continue
        try:
            arguments[name] = adapt(value, hints[name])
        except Unsatisfied:
            reasons.append(f"`{name}` must be {describe(hints[name])}, not {type(value).__name__}")
    return reasons


def _unmet(arguments: Mapping[str, Any], conditions: Mapping[str, Any]) -> list[str]:
    return [f"only when `{name}` is {wanted!r}" for name, wanted in conditions.items() if arguments.get(name) != wanted]


def _distance(data_object: DataObject, wanted: Any) -> int:
    lineage = type(data_object).__mro__
    return lineage.index(wanted) if isinstance(wanted, type) and wanted in lineage else len(lineage)


def _no_fit(action: str, data_object: DataObject, arguments: Mapping[str, Any], fits: Iterable[Fit]) -> RouteError:
    store: Store = data_object.data_store
    call = f"{action}({', '.join(f'{name}=…' for name in arguments)})"
    lines = [f"  {fit.candidate.label}{_shown(fit.candidate.signature)}: {fit.refused}" for fit in fits]
    message = "\n".join([f"no method fits {call}", *lines]) if lines else _no_candidate(action, store, arguments)
    return RouteError(message, store=store.name, data_object=data_object.name)


def _no_candidate(action: str, store: Store, arguments: Mapping[str, Any]) -> str:
    names = ", ".join(f"`{interface.__name__}`" for interface in store.interface_classes)
    others = candidates(action, store.interfaces)
    if not others:
        known = {known for interface in store.interface_classes for known in actions_of(interface)}
        return f"{names} cannot {action}{near_miss(action, known)}"
    if all(other.kind == "plan" for other in others):
        kind = type(arguments.get("data"))
        return (
            f"{names} can {action} a Spark DataFrame only, found {kind.__module__}.{kind.__qualname__}; make one with "
            "`spark.createDataFrame(…)`"
        )
    methods = ", ".join(f"`{other.label}{_shown(other.signature)}`" for other in others)
    return f"{names} cannot {action} by Spark, having no `plan_{action}`; there is {methods}"


def _shown(signature: inspect.Signature) -> str:
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
