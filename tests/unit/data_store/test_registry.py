from __future__ import annotations

import gc

import pytest

from spark_dao import CatalogError, DataAccessObject, DataStoreRegistry


def config(name, root="/data"):
    return {name: {"interface_class": "FileSparkInterface", "default_configs": {"root": root}}}


def test_a_store_is_found_while_its_dao_lives():
    dao = DataAccessObject(config("registry_a"))
    assert DataStoreRegistry.get("registry_a") is dao.store("registry_a")
    del dao
    gc.collect()
    with pytest.raises(CatalogError, match="registry_a"):
        DataStoreRegistry.get("registry_a")


def test_two_daos_that_agree_are_fine_and_two_that_differ_are_refused():
    daos = [DataAccessObject(config("registry_b")), DataAccessObject(config("registry_b"))]
    assert DataStoreRegistry.get("registry_b").name == "registry_b"
    daos.append(DataAccessObject(config("registry_b", root="/other")))
    with pytest.raises(CatalogError, match="declare the store differently"):
        DataStoreRegistry.get("registry_b")
    assert daos[2].store("registry_b").declaration.default_configs == {"root": "/other"}


def test_an_unknown_store_is_an_error_with_near_misses():
    dao = DataAccessObject(config("registry_silver"))
    with pytest.raises(CatalogError, match="did you mean `registry_silver`"):
        DataStoreRegistry.get("registry_silvr")
    with pytest.raises(CatalogError, match="no store `registry_silvr` in the catalog; did you mean `registry_silver`"):
        dao.store("registry_silvr")
