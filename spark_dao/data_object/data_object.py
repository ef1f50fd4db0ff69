"""A data object: a name in a store, with what the catalog and the caller say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import ValidationError

from spark_dao.catalog.declarations import ObjectDeclaration
from spark_dao.catalog.sources import check_name
from spark_dao.catalog.validation import catalog_error, known_keys
from spark_dao.errors import CatalogError, near_miss


class Store(Protocol):
    """What a data object, and routing a call on it, need to know of its store."""

    @property
    def name(self) -> str:
        """Name of the store."""

    @property
    def declared_only(self) -> bool:
        """Whether objects that nobody declared are refused."""

    @property
    def declared_objects(self) -> Mapping[str, ObjectDeclaration]:
        """The declared objects by name."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """Defaults for arguments of the interfaces' methods."""

    @property
    def interface_classes(self) -> Sequence[type]:
        """The interface classes, primary first."""

    @property
    def interfaces(self) -> Sequence[Any]:
        """The interface instances, primary first."""


class DataObject:
    """Something in a data store that has a name.

    Args:
        name: Its name inside the store.
        data_store: The store it lives in.
        properties: What the caller says of it; overlays what the catalog declares.

    Raises:
        CatalogError: The name is malformed, a property is wrong, or the store takes declared objects only.

    Example:
        >>> from spark_dao.data_store import DataStore
        >>> store = DataStore.declare("silver", {"interface_class": "FileSparkInterface",
        ...                                      "default_configs": {"root": "/data"},
        ...                                      "data_objects": {"users_clean": {"format": "orc"}}})
        >>> DataObject("users_clean", store).get("format")
        'orc'
        >>> DataObject("users_clean", store, format="csv").get("format")
        'csv'
    """

    def __init__(self, name: str, data_store: Store, **properties: Any) -> None:
        if isinstance(data_store, str):
            raise CatalogError(
                f"expected a data store, found the name `{data_store}`; say"
                f' `DataObject("{name}", DataStoreRegistry.get("{data_store}"))`, or give the name'
                f" `{data_store}.{name}` to the call",
                key="data_store",
            )
        self.name = check_name(name, what="object", store=data_store.name)
        self.data_store = data_store
        declaration = data_store.declared_objects.get(name)
        self.declared = declaration is not None
        if declaration is None and data_store.declared_only:
            raise CatalogError(
                f"no object `{name}` in store `{data_store.name}`, which takes declared objects only"
                f"{near_miss(name, data_store.declared_objects)}",
                store=data_store.name,
                data_object=name,
            )
        try:
            own = ObjectDeclaration.model_validate(properties).properties()
        except ValidationError as error:
            location = ("data_objects", name)
            raise catalog_error(error, known_keys(ObjectDeclaration), store=data_store.name, prefix=location) from None
        self.properties: Mapping[str, Any] = MappingProxyType(
            {**(declaration.properties() if declaration else {}), **own}
        )

    @property
    def full_name(self) -> str:
        """The name in the form `store.object`."""
        return f"{self.data_store.name}.{self.name}"

    def get(self, key: str, default: Any = None) -> Any:
        """Return a property, or the default where nobody said anything."""
        return self.properties.get(key, default)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.full_name!r})"


class TableObject(DataObject):
    """A data object that is a table of a warehouse or database."""


class StoreObject(DataObject):
    """Stands for a store itself, in actions that concern none of its objects.

    Args:
        data_store: The store.
    """

    def __init__(self, data_store: Store) -> None:
        self.name = ""
        self.data_store = data_store
        self.declared = False
        self.properties = MappingProxyType({})

    @property
    def full_name(self) -> str:
        """The store's name."""
        return self.data_store.name
