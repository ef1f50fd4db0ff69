from __future__ import annotations

import pytest

from spark_dao import CatalogError, DataObject
from spark_dao.data_store import DataStore


def store(**more):
    objects = {"users_clean": {"format": "orc", "partition_by": ["year"]}}
    return DataStore.declare("silver", {"interface_class": "FileSparkInterface", "data_objects": objects, **more})


def test_what_the_caller_says_overlays_what_the_catalog_declares():
    users = DataObject("users_clean", store(), format="csv", owner="ann")
    assert users.properties == {"format": "csv", "partition_by": ["year"], "owner": "ann"}
    assert repr(users) == "DataObject('silver.users_clean')"


def test_an_object_that_nobody_declared_is_fine_unless_the_store_takes_declared_ones_only():
    assert DataObject("anything", store()).properties == {}
    with pytest.raises(CatalogError) as caught:
        DataObject("users_clan", store(declared_only=True))
    assert "no object `users_clan` in store `silver`" in str(caught.value)
    assert "did you mean `users_clean`?" in str(caught.value)


def test_a_misspelt_property_is_refused():
    with pytest.raises(CatalogError, match="did you mean `format`"):
        DataObject("users_clean", store(), fromat="csv")


@pytest.mark.parametrize("name", ["../x", "a/b", "a.b", "", "a b", "x'y", "-x"])
def test_a_malformed_name_is_refused(name):
    with pytest.raises(CatalogError, match="malformed object name"):
        DataObject(name, store())


def test_the_name_of_a_store_is_not_taken_for_the_store():
    with pytest.raises(CatalogError, match=r'DataObject\("users", DataStoreRegistry.get\("silver"\)\)'):
        DataObject("users", "silver")
