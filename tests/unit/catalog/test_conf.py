from __future__ import annotations

import pytest

from spark_dao.catalog import load_declarations, sources_from_conf
from spark_dao.errors import CatalogError

PREFIX = "spark.sql.catalog.dao."


def test_conf_is_the_last_overlay_of_the_files(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(
        "silver:\n  interface_class: FileSparkInterface\n  default_configs: {root: /data}\n"
        "  data_objects:\n    users: {format: parquet, partition_by: [a]}\n"
    )
    conf = {
        "spark.sql.catalog.dao": "io.sparkdao.DaoCatalog",
        PREFIX + "config": str(file),
        PREFIX + "store.silver.default_configs.root": "/other",
        PREFIX + "object.silver.users.format": "orc",
        PREFIX + "object.silver.users.partition_by": "year, month",
        PREFIX + "object.silver.users.spark_options.compression": "zlib",
        "spark.sql.catalog.dao2.config": "elsewhere.json",
    }
    store = load_declarations(sources_from_conf(conf))["silver"]
    assert store.default_configs == {"root": "/other"}
    assert store.data_objects["users"].properties() == {
        "format": "orc",
        "partition_by": ["year", "month"],
        "spark_options": {"compression": "zlib"},
    }


@pytest.mark.parametrize("key", ["stor.silver.x", "store.silver", "object.silver.users", "config.x", "root"])
def test_a_malformed_key_is_named(key):
    with pytest.raises(CatalogError) as caught:
        sources_from_conf({PREFIX + key: "v"})
    assert f"key `{PREFIX}{key}`: malformed key" in str(caught.value)


def test_a_key_with_a_value_and_keys_of_its_own_is_refused():
    conf = {PREFIX + "store.s.default_configs": "x", PREFIX + "store.s.default_configs.root": "/data"}
    with pytest.raises(CatalogError, match="is given a value and keys of its own"):
        sources_from_conf(conf)


def test_a_session_without_a_catalog_is_told_what_to_set():
    with pytest.raises(CatalogError, match=r"set `spark\.sql\.catalog\.dao\.config`"):
        sources_from_conf({"spark.master": "local"})
