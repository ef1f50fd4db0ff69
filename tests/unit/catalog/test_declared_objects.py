"""Objects that are built only when asked for are checked as if they were built at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from spark_dao.catalog import load_declarations
from spark_dao.catalog.object_declaration import OBJECT_KEYS, ObjectDeclaration
from spark_dao.errors import CatalogError

STORE = {"interface_class": "FileSparkInterface"}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(["append", "overwrite", "DataObject", "a, b", ""]),
    st.lists(st.one_of(st.text(max_size=3), st.integers()), max_size=2),
    st.dictionaries(st.text(max_size=3), st.one_of(st.text(max_size=3), st.booleans(), st.none()), max_size=2),
)
KEYS = st.one_of(st.sampled_from(sorted(OBJECT_KEYS)), st.sampled_from(["owner", "fromat", "schema_", "pathh"]))


@given(said=st.one_of(st.dictionaries(KEYS, VALUES, max_size=4), st.text(max_size=3), st.none()))
def test_each_object_is_accepted_and_read_as_pydantic_alone_would(said):
    try:
        expected = TypeAdapter(ObjectDeclaration).validate_python(said).properties()
    except ValidationError:
        with pytest.raises(CatalogError):
            load_declarations({"s": {**STORE, "data_objects": {"good": {"format": "orc"}, "it": said}}})
    else:
        objects = load_declarations({"s": {**STORE, "data_objects": {"it": said}}})["s"].data_objects
        assert objects["it"].properties() == expected
        assert list(objects) == ["it"]


def test_a_wrong_object_among_right_ones_is_named():
    objects = {"good": {"format": "orc"}, "bad": {"write_mode": "upsert"}}
    with pytest.raises(CatalogError, match=r"s\.bad, key `write_mode`"):
        load_declarations({"s": {**STORE, "data_objects": objects}})


def test_stores_that_say_the_same_are_equal():
    said = {"s": {**STORE, "data_objects": {"users": {"partition_by": "a, b"}}}}
    assert load_declarations(said) == load_declarations(said)
    assert load_declarations(said) != load_declarations({"s": STORE})
