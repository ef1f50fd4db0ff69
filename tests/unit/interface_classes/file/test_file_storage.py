"""Both storages of files, on this machine's own file system."""

from __future__ import annotations

import pickle
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_dao.errors import InterfaceError, PlanError
from spark_dao.interface_classes.file.arrow_storage import ArrowStorage
from spark_dao.interface_classes.file.local_storage import LocalStorage, local_path
from spark_dao.plans import FileStorage, StagedFile

NAMES = [
    "part-0.parquet",
    "50% off #1.csv",
    "year=2025",
    "naïve 名前",
    'it\'s "quoted"',
    "a+b&c;d",
    "a%2Fb",
    "a:b",
    "a?[b]",
]
names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 200
)


@pytest.fixture(params=[LocalStorage, ArrowStorage])
def storage(request, tmp_path):
    return request.param(f"file://{tmp_path}")


@pytest.fixture
def root(tmp_path):
    return f"file://{tmp_path}"


def test_both_are_file_storages(storage):
    assert isinstance(storage, FileStorage)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_written_listed_read_moved_and_deleted(storage, root, name):
    path, moved = f"{root}/users/{name}", f"{root}/moved/{name}"
    storage.write_bytes(path, b"1")
    storage.write_bytes(path, b"23")
    assert storage.list_files(f"{root}/users") == [StagedFile(path, 2)]
    assert storage.read_bytes(path) == b"23"
    assert storage.arrow_filesystem().get_file_info(storage.arrow_path(path)).size == 2
    storage.move_file(path, moved)
    storage.move_file(path, moved)
    assert storage.read_bytes(path) is None
    assert storage.list_files(f"{root}/moved/") == [StagedFile(moved, 2)]
    storage.delete_files([moved, path])
    assert storage.list_files(root) == []


def test_what_does_not_exist_is_an_empty_listing(storage, root):
    assert storage.list_files(f"{root}/none") == []
    assert storage.names_in(f"{root}/none") == []
    assert storage.read_bytes(f"{root}/none/x") is None
    assert not storage.holds_files(f"{root}/none", hidden=True)


def test_listings_are_deep_sorted_and_include_hidden_files(storage, root):
    for key in ("b/2", "a/1", "_dao_journal/x.json", ".hidden"):
        storage.write_bytes(f"{root}/o/{key}", b"")
    found = [file.path.removeprefix(f"{root}/o/") for file in storage.list_files(f"{root}/o")]
    assert found == sorted(["b/2", "a/1", "_dao_journal/x.json", ".hidden"])
    assert storage.names_in(f"{root}/o") == [".hidden", "_dao_journal", "a", "b"]


def test_hidden_files_count_only_where_that_is_said(storage, root):
    storage.write_bytes(f"{root}/o/_SUCCESS", b"")
    assert not storage.holds_files(f"{root}/o")
    assert storage.holds_files(f"{root}/o", hidden=True)
    storage.write_bytes(f"{root}/o/_year=2025/part-0", b"")
    assert storage.holds_files(f"{root}/o")
    assert storage.holds_files(f"{root}/o/_year=2025/part-0")


def test_files_are_found_however_deep_and_folders_alone_are_none(storage, root):
    storage.write_bytes(f"{root}/o/year=2025/month=1/day=7/part-0", b"")
    storage.write_bytes(f"{root}/o/_dao_staging/batch/part-0", b"")
    assert storage.holds_files(f"{root}/o")
    storage.delete_files([f"{root}/o/year=2025/month=1/day=7/part-0"])
    assert not storage.holds_files(f"{root}/o")


def test_a_store_below_a_hidden_folder_still_shows_its_files(storage, root):
    storage.write_bytes(f"{root}/_work/o/part-0", b"")
    assert storage.holds_files(f"{root}/_work/o")


def test_moving_what_is_nowhere_is_an_error_and_moving_onto_itself_is_refused(storage, root):
    with pytest.raises(InterfaceError, match="neither exists"):
        storage.move_file(f"{root}/a", f"{root}/b")
    storage.write_bytes(f"{root}/a", b"x")
    with pytest.raises(InterfaceError, match="onto itself"):
        storage.move_file(f"{root}/a", f"{root}/a")
    assert storage.read_bytes(f"{root}/a") == b"x"


def test_a_move_replaces_the_target(storage, root):
    storage.write_bytes(f"{root}/a", b"new")
    storage.write_bytes(f"{root}/b", b"old")
    storage.move_file(f"{root}/a", f"{root}/b")
    assert storage.read_bytes(f"{root}/b") == b"new"


def test_storages_survive_pickling(storage, root):
    storage.write_bytes(f"{root}/a", b"x")
    assert pickle.loads(pickle.dumps(storage)).read_bytes(f"{root}/a") == b"x"


def test_a_uri_of_another_place_is_refused(storage):
    with pytest.raises((InterfaceError, PlanError)):
        storage.read_bytes("hdfs://namenode/x")
    with pytest.raises(PlanError):
        storage.read_bytes(f"{storage.root}/a/../b")


@given(names)
def test_a_local_uri_means_the_path_of_the_same_letters(name):
    assert local_path(f"file:///data/{name}").as_posix() == f"/data/{name}"


def test_replacing_a_file_removes_hadoops_checksum_of_the_old_content(tmp_path):
    storage = LocalStorage(f"file://{tmp_path}")
    for replace in (
        lambda: storage.write_bytes(f"file://{tmp_path}/part-0", b"new"),
        lambda: storage.move_file(f"file://{tmp_path}/source", f"file://{tmp_path}/part-0"),
    ):
        (tmp_path / "source").write_bytes(b"new")
        (tmp_path / "part-0").write_bytes(b"old")
        (tmp_path / ".part-0.crc").write_bytes(b"checksum of old")
        replace()
        assert not (tmp_path / ".part-0.crc").exists()
        assert (tmp_path / "part-0").read_bytes() == b"new"


def test_a_move_to_another_device_is_complete_before_the_source_goes(tmp_path):
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    with tempfile.TemporaryDirectory(dir=shared_memory) as folder:
        Path(folder, "a").write_bytes(b"x" * 100_000)
        LocalStorage(f"file://{tmp_path}").move_file(f"file://{folder}/a", f"file://{tmp_path}/o/a")
        assert (tmp_path / "o" / "a").read_bytes() == b"x" * 100_000
        assert list(Path(folder).iterdir()) == []
        assert [entry.name for entry in (tmp_path / "o").iterdir()] == ["a"]


def test_folders_that_become_empty_go_and_the_root_stays(tmp_path):
    storage = LocalStorage(f"file://{tmp_path}/root")
    storage.write_bytes(f"file://{tmp_path}/root/o/y=1/a", b"")
    storage.write_bytes(f"file://{tmp_path}/root/o/y=2/a", b"")
    storage.delete_files([f"file://{tmp_path}/root/o/y=1/a"])
    assert [folder.name for folder in (tmp_path / "root" / "o").iterdir()] == ["y=2"]
    storage.delete_files([f"file://{tmp_path}/root/o/y=2/a"])
    assert list((tmp_path / "root").iterdir()) == []


def test_a_failed_write_leaves_the_old_content_and_no_rest(tmp_path):
    storage = LocalStorage(f"file://{tmp_path}")
    (tmp_path / "folder" / "a").mkdir(parents=True)
    with pytest.raises(InterfaceError, match="could not write"):
        storage.write_bytes(f"file://{tmp_path}/folder/a", b"x")
    assert [entry.name for entry in (tmp_path / "folder").iterdir()] == ["a"]


def test_files_that_cannot_be_deleted_are_named(tmp_path):
    storage = LocalStorage(f"file://{tmp_path}")
    (tmp_path / "folder" / "a").mkdir(parents=True)
    (tmp_path / "gone").write_bytes(b"")
    with pytest.raises(InterfaceError, match=r"1 of 2 files could not be deleted: .*folder"):
        storage.delete_files([f"file://{tmp_path}/folder", f"file://{tmp_path}/gone"])
    assert not (tmp_path / "gone").exists()


def test_writers_at_once_leave_one_whole_content(tmp_path):
    storage = LocalStorage(f"file://{tmp_path}")
    contents = [bytes([number]) * 200_000 for number in range(8)]
    threads = [threading.Thread(target=storage.write_bytes, args=(f"file://{tmp_path}/x/a", data)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.read_bytes(f"file://{tmp_path}/x/a") in contents
    assert storage.names_in(f"file://{tmp_path}/x") == ["a"]


def test_a_file_system_that_pyarrow_does_not_know_is_one_clear_error():
    with pytest.raises(InterfaceError, match="pyarrow cannot open `ftp://host/data`"):
        ArrowStorage("ftp://host/data").list_files("ftp://host/data")
