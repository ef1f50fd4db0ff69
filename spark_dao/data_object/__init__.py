"""Data objects: the named things in a store that pipelines read and write."""

from spark_dao.data_object.data_object import DataObject, Store, TableObject

__all__ = ["DataObject", "Store", "TableObject"]
