from __future__ import annotations

import pytest

from spark_dao.errors import CommitError, InterfaceError
from spark_dao.interface_classes.file.local_storage import LocalStorage
from spark_dao.spark.publish import recover
from spark_dao.spark.resolver.purging import purge_files
from tests.unit.spark.resolver.client import Refused


def declared(root, **store):
    return {
        "silver": {
            "interface_class": "FileSparkInterface",
            "default_configs": {"root": root.as_uri()},
            "data_objects": {"lake": {"format": "delta"}, "days": {"path": "days-*"}},
            **store,
        }
    }


def put(root, *names):
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)


def test_purging_deletes_every_file_of_the_object_and_nothing_beside_it(clients, catalog, tmp_path):
    root = tmp_path / "silver"
    put(root, "users/k=1/a.parquet", "users/_SUCCESS", "users/.a.crc", "users_clean/b.parquet")
    client = clients(catalog(declared(root, allow_purge=True)))
    client.ask("purge", name="silver.users")
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["b.parquet"]
    assert client.ask("objects", store="silver")["objects"] == ["days", "lake", "users_clean"]


def test_a_store_that_does_not_allow_it_keeps_its_data(clients, catalog, tmp_path):
    put(tmp_path / "silver", "users/a.parquet")
    client = clients(catalog(declared(tmp_path / "silver")))
    with pytest.raises(Refused, match=r"silver\.users, key `allow_purge`: .*say `allow_purge: true`"):
        client.ask("purge", name="silver.users")
    assert (tmp_path / "silver" / "users" / "a.parquet").is_file()


def test_what_is_spread_over_several_folders_is_left_to_the_user(clients, catalog, tmp_path):
    put(tmp_path / "silver", "days-1/a.parquet", "days-2/a.parquet")
    client = clients(catalog(declared(tmp_path / "silver", allow_purge=True)))
    with pytest.raises(Refused, match="expected one folder to delete"):
        client.ask("purge", name="silver.days")
    assert len(list((tmp_path / "silver").rglob("*.parquet"))) == 2


class Breaking(LocalStorage):
    """Fails at the n-th deletion of a file."""

    def __init__(self, root, at):
        super().__init__(root)
        self.left = at

    def delete_files(self, paths):
        for path in paths:
            self.left -= 1
            if self.left == 0:
                raise InterfaceError("the disk is gone")
            super().delete_files([path])


def test_a_delta_table_is_an_older_version_of_itself_until_it_is_no_table(tmp_path):
    names = [f"lake/_delta_log/{number:020}.json" for number in range(3)]
    for step in range(1, 6):
        root = tmp_path / str(step)
        put(root, *names, "lake/part-0.parquet")
        storage = Breaking(root.as_uri(), step)
        with pytest.raises(InterfaceError) if step < 5 else pytest.MonkeyPatch.context():
            purge_files(storage, f"{root.as_uri()}/lake")
        versions = sorted(path.name for path in root.rglob("*.json"))
        assert versions == [name.rpartition("/")[2] for name in names[: max(4 - step, 0)]]
        assert bool(list(root.rglob("part-0.parquet"))) == (step < 5)


def test_plain_files_that_a_crash_left_are_deleted_by_the_next_write(tmp_path):
    put(tmp_path, "users/a.parquet", "users/b.parquet", "users/c.parquet")
    with pytest.raises(CommitError, match="the next write to it through dao does that"):
        purge_files(Breaking(tmp_path.as_uri(), 2), f"{tmp_path.as_uri()}/users")
    recover(LocalStorage(tmp_path.as_uri()), f"{tmp_path.as_uri()}/users")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
