"""A data store: its declaration, and the interfaces built from it when first needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from spark_dao.catalog.declarations import InterfaceDeclaration, ObjectDeclaration, StoreDeclaration
from spark_dao.catalog.declared_objects import DeclaredObjects
from spark_dao.catalog.sources import validate
from spark_dao.data_store.loading import build_interface, load_interface_class


class DataStore:
    """A named place where data lives, and how it is reached.

    Args:
        name: Name of the store.
        declaration: What the catalog says of it.

    Example:
        >>> store = DataStore.declare("silver", {"interface_class": "FileSparkInterface",
        ...                                      "default_configs": {"root": "/data"}})
        >>> store
        DataStore('silver', FileSparkInterface)
    """

    def __init__(self, name: str, declaration: StoreDeclaration) -> None:
        self.name = name
        self.declaration = declaration
        self._lock = threading.Lock()
        self._interfaces: list[Any] | None = None

    @classmethod
    def declare(cls, name: str, declaration: Mapping[str, Any]) -> DataStore:
        """Make a store from a declaration in the catalog's form.

        Raises:
            CatalogError: The declaration is wrong.
        """
        return cls(name, validate({name: declaration})[name])

    @property
    def declared_only(self) -> bool:
        """Whether objects that nobody declared are refused."""
        return self.declaration.declared_only

    @property
    def declared_objects(self) -> Mapping[str, ObjectDeclaration]:
        """The declared objects by name."""
        return self.declaration.data_objects

    def formats(self) -> set[str]:
        """Return the formats that the store and its declared objects name, in lower case.

        Example:
            >>> DataStore.declare("silver", {"interface_class": "FileSparkInterface",
            ...                              "default_configs": {"root": "/data"},
            ...                              "data_objects": {"users": {"format": "Delta"}}}).formats()
            {'delta'}
        """
        objects = self.declaration.data_objects
        # A catalog may declare a hundred thousand objects, which are not to be built for this.
        said = objects.values_of("format") if isinstance(objects, DeclaredObjects) else ()
        named = {self.properties.get("format"), *said}
        return {name.lower() for name in named if isinstance(name, str)}

    @property
    def properties(self) -> Mapping[str, Any]:
        """Defaults for arguments of the interfaces' methods."""
        return self.declaration.properties

    @property
    def interface_declarations(self) -> list[InterfaceDeclaration]:
        """The primary interface's declaration, then the additional ones."""
        return [self.declaration, *self.declaration.additional_interfaces]

    @cached_property
    def interface_classes(self) -> tuple[type, ...]:
        """The interface classes, primary first; nothing is constructed and no reference resolved.

        Raises:
            CatalogError: A class cannot be imported.
        """
        return tuple(load_interface_class(each, store=self.name) for each in self.interface_declarations)

    @property
    def interfaces(self) -> list[Any]:
        """The interface instances, primary first, built on first use.

        Raises:
            CatalogError: A class or one of its settings is wrong.
            InterfaceError: A class failed in its constructor.
        """
        with self._lock:
            if self._interfaces is None:
                self._interfaces = [build_interface(each, store=self.name) for each in self.interface_declarations]
            return self._interfaces

    def __repr__(self) -> str:
        return f"DataStore({self.name!r}, {self.declaration.interface_class})"
