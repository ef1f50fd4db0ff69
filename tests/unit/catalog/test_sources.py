from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_dao.catalog import load_declarations, merge_sources, split_name
from spark_dao.errors import CatalogError

STORE = {"interface_class": "FileSparkInterface", "default_configs": {"root": "/data"}}


def test_the_original_form_is_valid_word_for_word():
    stores = load_declarations(
        {
            "bronze": {
                "interface_class": "S3Boto3Interface",
                "interface_class_location": "interface_classes.s3.s3_boto3",
                "default_configs": {"bucket": "my-company-bronze"},
            },
            "silver": {
                "interface_class": "S3SparkInterface",
                "interface_class_location": "interface_classes.s3.spark",
                "default_configs": {"bucket": "my-company-silver", "prefix": "datasets"},
                "data_objects": {
                    "users_clean": {
                        "format": "parquet",
                        "partition_by": ["year", "month", "day"],
                        "primary_keys": ["id"],
                        "write_mode": "overwrite",
                    }
                },
            },
        }
    )
    assert [each.__name__ for each in _classes(stores)] == ["S3Boto3Interface", "S3SparkInterface"]
    assert stores["silver"].data_objects["users_clean"].properties()["partition_by"] == ["year", "month", "day"]


def _classes(stores):
    from spark_dao.data_store import DataStores

    return [DataStores(stores)[name].interface_classes[0] for name in stores]


def test_json_and_yaml_files_say_the_same(tmp_path):
    (tmp_path / "c.json").write_text(json.dumps({"silver": STORE}))
    (tmp_path / "c.yaml").write_text(
        "silver:\n  interface_class: FileSparkInterface\n  default_configs:\n    root: /data\n"
    )
    assert load_declarations(tmp_path / "c.json") == load_declarations(str(tmp_path / "c.yaml"))


def test_later_sources_overlay_earlier_ones_key_by_key_and_falsy_values_count(tmp_path):
    (tmp_path / "below.json").write_text(
        json.dumps({"a": {**STORE, "declared_only": True, "properties": {"x": 1, "y": 2}}})
    )
    merged = merge_sources([tmp_path / "below.json", {"a": {"declared_only": False, "properties": {"y": 0}}}])
    assert merged["a"]["declared_only"] is False
    assert merged["a"]["properties"] == {"x": 1, "y": 0}
    assert merged["a"]["default_configs"] == {"root": "/data"}


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_overlaying_a_source_with_itself_changes_nothing(source):
    once = merge_sources(source)
    assert merge_sources([source, source]) == once


def test_the_schema_key_of_editors_is_passed_over():
    assert list(load_declarations({"$schema": "./catalog.schema.json", "silver": STORE})) == ["silver"]


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ({"interface_clas": "X"}, "store `s`, key `interface_clas`: unknown key; did you mean `interface_class`?"),
        ({**STORE, "data_objects": {"u": {"fromat": "csv"}}}, "s.u: unknown key `fromat`; did you mean `format`?"),
        ({**STORE, "data_objects": {"u": {"format": 3}}}, "s.u, key `format`: input should be a valid string"),
        ({**STORE, "data_objects": {"u": {"write_mode": "upsert"}}}, "s.u, key `write_mode`: input should be"),
        ({**STORE, "declared_only": "perhaps"}, "store `s`, key `declared_only`: input should be a valid boolean"),
        ({"default_configs": {}}, "store `s`, key `interface_class`: missing; add it"),
        ("S3", "store `s`: expected a mapping with `interface_class`, found str"),
    ],
)
def test_a_wrong_declaration_is_one_error_that_names_store_object_and_key(declaration, message):
    with pytest.raises(CatalogError) as caught:
        load_declarations({"s": declaration})
    assert str(caught.value).startswith(message)


def test_a_validation_error_never_echoes_the_value():
    with pytest.raises(CatalogError) as caught:
        load_declarations({"s": {**STORE, "additional_interfaces": "hunter2-secret"}})
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_objects_keep_properties_of_their_own():
    stores = load_declarations({"s": {**STORE, "data_objects": {"u": {"owner": "ann", "retention_days": 30}}}})
    assert stores["s"].data_objects["u"].properties() == {"owner": "ann", "retention_days": 30}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("c.json", "{", "is not valid JSON: "),
        ("c.json", '{"a": {}, "a": {}}', "says the key twice"),
        ("c.json", "[]", "expected a mapping of stores, found list"),
        ("c.yaml", "a: [", "is not valid YAML: "),
    ],
)
def test_a_malformed_file_is_named_with_the_place(tmp_path, file, text, message):
    (tmp_path / file).write_text(text)
    with pytest.raises(CatalogError) as caught:
        load_declarations(tmp_path / file)
    assert message in str(caught.value)
    assert file in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CatalogError, match=r"nope\.json` does not exist"):
        load_declarations(tmp_path / "nope.json")


@pytest.mark.parametrize(
    "name",
    ["", "a", "a.b.c", "a.b.c.d", "a.", ".b", "a.'b'", 'a."b"', "a.b;drop", "../a.b", "a.b c", "a./b", "a.-b", "a.b\n"],
)
def test_a_malformed_name_is_refused(name):
    with pytest.raises(CatalogError, match="malformed"):
        split_name(name)


@given(st.text())
def test_a_name_is_split_in_two_or_refused(name):
    try:
        store, data_object = split_name(name)
    except CatalogError:
        return
    assert f"{store}.{data_object}" == name
    assert not set("/\\'\"`; ") & set(name)
