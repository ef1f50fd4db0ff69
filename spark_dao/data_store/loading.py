"""From the name of an interface class in a catalog to an instance of it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from spark_dao.catalog.declarations import InterfaceDeclaration
from spark_dao.catalog.references import resolve_references, scrub
from spark_dao.catalog.validation import catalog_error, known_keys
from spark_dao.errors import CatalogError, InterfaceError, SparkDaoError, near_miss

ENTRY_POINT_GROUP = "spark_dao.interface_classes"
_OWN_PACKAGE = "spark_dao"


def load_interface_class(declaration: InterfaceDeclaration, *, store: str) -> type:
    """Import the class that a declaration names.

    The location is imported as written; only where that very module does not exist is `interface_classes.…` looked
    for inside spark_dao, which keeps catalogs of the original `dao` package valid.

    Args:
        declaration: Class name and location.
        store: Name of the store, for errors.

    Raises:
        CatalogError: The module or class does not exist, or cannot be imported.

    Example:
        >>> load_interface_class(InterfaceDeclaration(interface_class="FileSparkInterface"), store="silver").__name__
        'FileSparkInterface'
    """
    name, location = declaration.interface_class, declaration.interface_class_location
    if location is None:
        return _announced_class(name, store)
    found = getattr(_import_location(location, store), name, None)
    if not inspect.isclass(found):
        module = _import_location(location, store)
        classes = [other for other, value in vars(module).items() if inspect.isclass(value)]
        raise CatalogError(
            f"module `{module.__name__}` has no class `{name}`{near_miss(name, classes)}",
            store=store,
            key="interface_class",
        )
    return found


def build_interface(declaration: InterfaceDeclaration, *, store: str) -> Any:
    """Construct the interface that a declaration describes, its references resolved.

    Raises:
        CatalogError: A setting is unknown, missing, of the wrong type, or refers to something that is not there.
        InterfaceError: The class failed in its constructor.
    """
    interface_class = load_interface_class(declaration, store=store)
    _check_settings(interface_class, declaration.default_configs, store)
    configs = resolve_references(declaration.default_configs, store=store, key="default_configs")
    try:
        return interface_class(**configs)
    except ValidationError as error:
        model = getattr(interface_class, "settings_model", None)
        known = known_keys(model) if model is not None else ()
        raise catalog_error(error, known, store=store, prefix=("default_configs",)) from None
    except SparkDaoError as error:
        error.store = error.store or store
        raise
    except Exception as error:
        raise InterfaceError(
            f"`{interface_class.__name__}` could not be constructed: {type(error).__name__}: "
            f"{scrub(str(error), configs)}; check `default_configs`",
            store=store,
            key="default_configs",
        ) from None


def _announced_class(name: str, store: str) -> type:
    announced = {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}
    entry = announced.get(name)
    if entry is None:
        raise CatalogError(
            f"no package announces the interface class `{name}`{near_miss(name, announced)}; "
            "for a class of your own, give `interface_class_location`",
            store=store,
            key="interface_class",
        )
    try:
        found = entry.load()
    except (ImportError, AttributeError) as error:
        raise CatalogError(
            f"interface class `{name}` ({entry.value}) cannot be imported: {error}", store=store, key="interface_class"
        ) from error
    return _as_class(found, name, store)


def _as_class(found: Any, name: str, store: str) -> type:
    if isinstance(found, type):
        return found
    raise CatalogError(f"`{name}` is a {type(found).__name__}, not a class", store=store, key="interface_class")


def _import_location(location: str, store: str) -> ModuleType:
    try:
        return importlib.import_module(location)
    except ModuleNotFoundError as error:
        if not _is_part(error.name, location):
            raise _cannot_import(location, error, store) from error
    except Exception as error:
        raise _cannot_import(location, error, store) from error
    own_location = f"{_OWN_PACKAGE}.{location}"
    if location.startswith("interface_classes."):
        try:
            return importlib.import_module(own_location)
        except ModuleNotFoundError as error:
            if not _is_part(error.name, own_location):
                raise _cannot_import(own_location, error, store) from error
    raise CatalogError(
        f"module `{location}` does not exist; put its folder on PYTHONPATH (or ship it with --py-files), "
        "or correct the location",
        store=store,
        key="interface_class_location",
    )


def _is_part(name: str | None, location: str) -> bool:
    return name is not None and (location == name or location.startswith(f"{name}."))


def _cannot_import(location: str, error: Exception, store: str) -> CatalogError:
    return CatalogError(
        f"module `{location}` cannot be imported: {type(error).__name__}: {error}",
        store=store,
        key="interface_class_location",
    )


def _check_settings(interface_class: type, configs: Mapping[str, Any], store: str) -> None:
    parameters = [
        parameter for parameter in inspect.signature(interface_class).parameters.values() if parameter.name != "self"
    ]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
    for key in configs:
        if key not in known:
            raise CatalogError(
                f"`{interface_class.__name__}` takes no such setting{near_miss(key, known)}",
                store=store,
                key=f"default_configs.{key}",
            )
    for parameter in parameters:
        if parameter.name in known and parameter.default is parameter.empty and parameter.name not in configs:
            raise CatalogError(
                f"missing; `{interface_class.__name__}` needs it", store=store, key=f"default_configs.{parameter.name}"
            )
