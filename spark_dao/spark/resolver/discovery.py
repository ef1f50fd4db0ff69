"""The objects that are in a store although nobody declared them."""

from __future__ import annotations

import inspect
from typing import Any

from spark_dao.catalog.sources import check_name
from spark_dao.data_store import DataStore
from spark_dao.errors import CatalogError, InterfaceError, SparkDaoError


def discovered_objects(store: DataStore) -> set[str]:
    """Ask those interfaces of a store that have `list_objects() -> list[str]` what there is.

    Names that `store.object` cannot spell are left out, since nothing could be done with them.

    Raises:
        InterfaceError: The store cannot be reached, or an interface class answers with something else than names.

    Example:
        >>> discovered_objects(DataStore.declare("x", {"interface_class": "FileSparkInterface",
        ...                                            "default_configs": {"root": "/nothing/here"}}))
        set()
    """
    names: set[str] = set()
    for interface in store.interfaces:
        if _lists_objects(interface):
            names.update(_names(store, interface))
    return names


def _lists_objects(interface: Any) -> bool:
    # A method of that name that needs arguments is an action of its class, as every `list…` is.
    method = getattr(interface, "list_objects", None)
    if not callable(method):
        return False
    try:
        inspect.signature(method).bind()
    except TypeError:
        return False
    return True


def _names(store: DataStore, interface: Any) -> set[str]:
    label = f"{type(interface).__name__}.list_objects"
    try:
        found = list(interface.list_objects())
    except SparkDaoError as error:
        error.store = error.store or store.name
        raise
    except Exception as error:
        raise InterfaceError(f"`{label}` failed with {type(error).__name__}: {error}", store=store.name) from error
    if not all(isinstance(name, str) for name in found):
        raise InterfaceError(f"`{label}` must return names, returned {found[:3]!r}", store=store.name)
    return {name for name in found if _can_be_spelt(name)}


def _can_be_spelt(name: str) -> bool:
    try:
        check_name(name, what="object")
    except CatalogError:
        return False
    return True
