"""Data objects: the named things in a store that pipelines read and write."""

from spark_dao.data_object.data_object import DataObject, Store, StoreObject, TableObject

__all__ = ["DataObject", "Store", "StoreObject", "TableObject"]
