"""Finding stores by name: within one DAO, and across the live ones."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Mapping
from typing import ClassVar

from spark_dao.catalog.declarations import StoreDeclaration
from spark_dao.catalog.sources import check_name
from spark_dao.data_store.data_store import DataStore
from spark_dao.errors import CatalogError, near_miss


class DataStores(Mapping[str, DataStore]):
    """The stores of one catalog, by name.

    Args:
        declarations: What the catalog says of each.
    """

    def __init__(self, declarations: Mapping[str, StoreDeclaration]) -> None:
        self._stores = {name: DataStore(name, declaration) for name, declaration in declarations.items()}

    def __getitem__(self, name: str) -> DataStore:
        if name not in self._stores:
            check_name(name, what="store")
            raise CatalogError(f"no store `{name}` in the catalog{near_miss(name, self._stores)}", store=name)
        return self._stores[name]

    def __contains__(self, name: object) -> bool:
        return name in self._stores

    def __iter__(self) -> Iterator[str]:
        return iter(self._stores)

    def __len__(self) -> int:
        return len(self._stores)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class DataStoreRegistry:
    """The stores of every live `DataAccessObject`, as pipelines of the original `dao` package find them.

    Example:
        >>> from spark_dao import DataAccessObject
        >>> dao = DataAccessObject({"bronze": {"interface_class": "FileSparkInterface",
        ...                                    "default_configs": {"root": "/data"}}})
        >>> DataStoreRegistry.get("bronze")
        DataStore('bronze', FileSparkInterface)
    """

    _live: ClassVar[weakref.WeakSet[DataStores]] = weakref.WeakSet()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def add(cls, stores: DataStores) -> None:
        """Make the stores of a new DAO known for as long as it lives."""
        with cls._lock:
            cls._live.add(stores)

    @classmethod
    def get(cls, name: str) -> DataStore:
        """Find a store by name.

        Args:
            name: Name of the store.

        Returns:
            The store of the DAO that declares it.

        Raises:
            CatalogError: No live DAO declares it, or two declare it differently.
        """
        with cls._lock:
            live = list(cls._live)
        found = [stores[name] for stores in live if name in stores]
        if not found:
            if not live:
                raise CatalogError(
                    f"no store `{name}`: no DataAccessObject is alive; make one first and keep it", store=name
                )
            known = {known for stores in live for known in stores}
            raise CatalogError(f"no live DataAccessObject has a store `{name}`{near_miss(name, known)}", store=name)
        if any(store.declaration != found[0].declaration for store in found[1:]):
            raise CatalogError(
                f"{len(found)} live DataAccessObjects declare the store differently; ask one of them: "
                f"`dao.store({name!r})`",
                store=name,
            )
        return found[0]
