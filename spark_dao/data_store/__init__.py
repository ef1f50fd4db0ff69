"""Data stores: named places that interface classes reach."""

from spark_dao.data_store.data_store import DataStore
from spark_dao.data_store.registry import DataStoreRegistry, DataStores

__all__ = ["DataStore", "DataStoreRegistry", "DataStores"]
