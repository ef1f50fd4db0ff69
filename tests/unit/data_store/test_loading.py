from __future__ import annotations

import sys

import pytest

from spark_dao.data_store import DataStore
from spark_dao.errors import CatalogError, InterfaceError, SparkDaoError

SOURCE = """
class Shelf:
    def __init__(self, root, password=None, depth=1):
        if root == "broken":
            raise ValueError(f"cannot open with {password}")
        self.root = root
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "my_interfaces").mkdir()
    (tmp_path / "my_interfaces" / "shelf.py").write_text(SOURCE)
    (tmp_path / "my_interfaces" / "needy.py").write_text("import a_library_that_is_not_there\n")
    (tmp_path / "my_interfaces" / "crash.py").write_text("1 / 0\n")
    (tmp_path / "interface_classes").mkdir()
    (tmp_path / "interface_classes" / "mine.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [name for name in sys.modules if name.startswith(("my_interfaces", "interface_classes"))]:
        del sys.modules[name]


def store(location, name="Shelf", **configs):
    return DataStore.declare(
        "s", {"interface_class": name, "interface_class_location": location, "default_configs": configs}
    )


def test_a_class_of_the_users_own_is_imported_as_written(module):
    assert store("my_interfaces.shelf", root="/x").interfaces[0].root == "/x"


def test_an_interface_classes_package_of_the_users_own_comes_before_ours(module):
    assert store("interface_classes.mine", root="/x").interfaces[0].root == "/x"
    assert store("interface_classes.file.spark", "FileSparkInterface").interface_classes[0].__module__ == (
        "spark_dao.interface_classes.file.spark"
    )


@pytest.mark.parametrize(
    ("location", "name", "message"),
    [
        ("my_interfaces.shel", "Shelf", "module `my_interfaces.shel` does not exist; put its folder on PYTHONPATH"),
        ("my_interfaces.shelf", "Shel", "module `my_interfaces.shelf` has no class `Shel`; did you mean `Shelf`?"),
        ("my_interfaces.needy", "X", "ModuleNotFoundError: No module named 'a_library_that_is_not_there'"),
        ("my_interfaces.crash", "X", "cannot be imported: ZeroDivisionError"),
        ("interface_classes.s4.spark", "X", "module `interface_classes.s4.spark` does not exist"),
        (
            None,
            "S3SparkInterfac",
            "no package announces the interface class `S3SparkInterfac`; did you mean `S3SparkInterface`?",
        ),
    ],
)
def test_what_cannot_be_imported_is_one_clear_error(module, location, name, message):
    with pytest.raises(CatalogError) as caught:
        _ = store(location, name).interfaces
    assert message in str(caught.value)
    assert str(caught.value).startswith("store `s`, key `interface_class")


@pytest.mark.parametrize(
    ("configs", "message"),
    [
        ({"rot": "/x"}, "store `s`, key `default_configs.rot`: `Shelf` takes no such setting; did you mean `root`?"),
        ({}, "store `s`, key `default_configs.root`: missing; `Shelf` needs it"),
        ({"root": "{{env:NOT_SET_HERE}}"}, "store `s`, key `default_configs.root`: environment variable"),
    ],
)
def test_a_wrong_setting_is_named(module, configs, message):
    with pytest.raises(CatalogError) as caught:
        _ = store("my_interfaces.shelf", **configs).interfaces
    assert str(caught.value).startswith(message)


def test_a_failing_constructor_shows_no_secret(module):
    with pytest.raises(InterfaceError) as caught:
        _ = store("my_interfaces.shelf", root="broken", password="hunter2").interfaces
    chain = [caught.value, caught.value.__cause__]
    assert "cannot open with *****" in str(caught.value)
    assert not any("hunter2" in str(error) for error in chain)


def test_a_class_that_ships_with_spark_dao_needs_no_location():
    shipped = DataStore.declare("s", {"interface_class": "FileSparkInterface", "default_configs": {"root": "/data"}})
    assert type(shipped.interfaces[0]).__name__ == "FileSparkInterface"


def test_an_unknown_setting_of_a_shipped_class_is_named_with_a_suggestion():
    shipped = DataStore.declare(
        "s", {"interface_class": "S3SparkInterface", "default_configs": {"bucket": "my-bucket", "endpoint": "x"}}
    )
    with pytest.raises(SparkDaoError) as caught:
        _ = shipped.interfaces
    assert str(caught.value).startswith("store `s`, key `default_configs.endpoint`: ")
    assert "did you mean `endpoint_url`" in str(caught.value)
