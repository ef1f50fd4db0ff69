"""Files in a real S3 server by S3Boto3Interface and S3Storage."""

from __future__ import annotations

import io
import os
import pickle
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from spark_dao.core.dao import DataAccessObject
from spark_dao.data_object import DataObject
from spark_dao.errors import CatalogError, InterfaceError, PlanError
from spark_dao.interface_classes.s3.s3_boto3 import CHECKSUM, WrittenFile
from spark_dao.interface_classes.s3.settings import S3ConnectionSettings
from spark_dao.interface_classes.s3.storage import S3Storage

BUCKET = "spark-dao-bronze"
LARGE = os.urandom(9 * 1024 * 1024) + b"end"


@pytest.fixture(scope="module")
def connection(local_stack):
    environment = local_stack.environment()
    return {
        "endpoint_url": environment["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": environment["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }


@pytest.fixture(scope="module")
def storage(connection):
    return S3Storage(S3ConnectionSettings(**connection))


@pytest.fixture
def prefix():
    return f"test {uuid.uuid4().hex[:8]}"


@pytest.fixture
def dao(connection, prefix):
    return DataAccessObject(
        {
            "bronze": {
                "interface_class": "S3Boto3Interface",
                "interface_class_location": "interface_classes.s3.s3_boto3",
                "default_configs": {"bucket": BUCKET, "prefix": prefix, **connection},
                "data_objects": {"users_raw": {"format": "csv"}},
            }
        }
    )


@pytest.fixture
def users(dao):
    return DataObject("users_raw", dao.store("bronze"))


def test_an_open_file_keeps_its_name_below_a_path_that_ends_with_a_slash(dao, users, prefix, tmp_path):
    (tmp_path / "users.csv").write_bytes(b"id\n1\n")
    with (tmp_path / "users.csv").open("rb") as stream:
        written = dao.write(data_object=users, data=stream, path=f"s3://{BUCKET}/{prefix}/users_raw/2025-01-07/")
    assert written == WrittenFile(f"s3a://{BUCKET}/{prefix}/users_raw/2025-01-07/users.csv", 5, True)
    assert dao.read(data_object=users, path=written.path) == b"id\n1\n"
    assert dao.read(data_object=users, path="2025-01-07/users.csv") == b"id\n1\n"
    assert dao.read(data_object=users, path="2025-01-07/") == b"id\n1\n"
    assert dao.read(data_object=users) == b"id\n1\n"
    assert dao.write(data_object=users, data=tmp_path / "users.csv").path.endswith("/users_raw/users.csv")


@pytest.mark.parametrize(
    "name", ["50% off.csv", "a#b?.csv", "naïve 名前.csv", 'it\'s "quoted".csv', "a+b&c;d", "[x]*", "a%2Fb"]
)
def test_a_file_of_any_name_comes_back(dao, users, name):
    dao.write(data_object=users, data=name.encode(), path=f"odd/{name}")
    assert dao.read(data_object=users, path=f"odd/{name}") == name.encode()
    assert [file.path.rsplit("/", 1)[1] for file in dao.list(users)] == [name]
    assert dao.delete(users, path=f"odd/{name}") == 1


def test_a_large_stream_goes_up_in_parts_and_comes_back_whole(dao, users, storage):
    class Pipe(io.RawIOBase):
        name = "large.bin"
        rest = io.BytesIO(LARGE)

        def readable(self):
            return True

        def readinto(self, buffer):
            return self.rest.readinto(buffer)

    written = dao.write(data_object=users, data=Pipe())
    attributes = storage.attributes(written.path)
    assert attributes.etag.strip('"').endswith("-2")
    assert attributes.bytes == len(LARGE)
    assert dao.read(data_object=users) == LARGE


def test_a_stream_that_breaks_leaves_the_old_file(dao, users):
    class Broken(io.RawIOBase):
        sent = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.sent += len(buffer)
            if self.sent > 20 * 1024 * 1024:
                raise OSError("the source broke")
            return len(buffer)

    dao.write(data_object=users, data=b"old", path="x")
    with pytest.raises(InterfaceError, match="the source broke"):
        dao.write(data_object=users, data=Broken(), path="x")
    assert dao.read(data_object=users, path="x") == b"old"


def test_only_what_changed_is_uploaded_again(dao, users, storage):
    def write(data):
        return dao.write(data_object=users, data=data, path="a.csv", if_changed=True).changed

    assert [write(b"one"), write(b"one"), write(b"two"), write(b"two")] == [True, False, True, False]
    assert dao.write(data_object=users, data=b"two", path="a.csv").changed
    path = dao.list(users)[0].path
    storage.write_bytes(path, b"two")
    assert CHECKSUM not in storage.attributes(path).metadata
    assert [write(b"two"), write(b"two")] == [True, False]


def test_several_files_without_a_path_are_listed(dao, users):
    for number in range(12):
        dao.write(data_object=users, data=b"x", path=f"{number:02}.csv")
    with pytest.raises(InterfaceError) as refused:
        dao.read(data_object=users)
    message = str(refused.value)
    assert "found 12" in message
    assert "09.csv (1 bytes)" in message
    assert "10.csv" not in message
    assert "and 2 more" in message


def test_a_missing_file_is_one_clear_error_with_the_nearest_name(dao, users):
    dao.write(data_object=users, data=b"x", path="day/users.csv")
    with pytest.raises(CatalogError, match=r"no file `s3a://.*/day/user\.csv`.*did you mean `users\.csv`"):
        dao.read(data_object=users, path="day/user.csv")
    with pytest.raises(CatalogError, match="is a folder"):
        dao.read(data_object=users, path="day")
    with pytest.raises(CatalogError, match="there is no file"):
        dao.read(data_object=DataObject("nobody", dao.store("bronze")))


def test_a_path_outside_the_store_is_refused_and_nothing_is_written(dao, users, storage, prefix):
    for path in (f"s3://{BUCKET}/elsewhere/", "s3://spark-dao-silver/x", "../x", f"s3://{BUCKET}/{prefix}/a//b"):
        with pytest.raises(PlanError):
            dao.write(data_object=users, data=b"x", path=path)
    assert storage.list_files(f"s3a://{BUCKET}/elsewhere") == []


def test_bytes_without_a_name_need_a_path(dao, users):
    for path in (None, "day/"):
        with pytest.raises(InterfaceError, match="no file name"):
            dao.write(data_object=users, data=b"x", **({} if path is None else {"path": path}))


def test_deleting_a_folder_takes_its_slash_and_says_how_many(dao, users):
    for name in ("a", "b/c"):
        dao.write(data_object=users, data=b"x", path=f"day/{name}")
    dao.write(data_object=users, data=b"x", path="days")
    with pytest.raises(InterfaceError, match="end the path with `/`"):
        dao.delete(users, path="day")
    assert [dao.delete(users, path="day/"), dao.delete(users, path="day/"), dao.delete(users, path="none")] == [2, 0, 0]
    assert [file.path.rsplit("/", 1)[1] for file in dao.list(users)] == ["days"]


def test_deleting_more_files_than_one_request_takes(storage, prefix):
    folder = f"s3a://{BUCKET}/{prefix}/many"
    paths = [f"{folder}/{number:04} %#" for number in range(2500)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda path: storage.write_bytes(path, b""), paths))
    assert [file.path for file in storage.list_files(folder)] == paths
    storage.delete_files([*paths, f"{folder}/never was"])
    assert storage.list_files(folder) == []


def test_moves_are_verified_repeatable_and_keep_what_was_noted(storage, prefix):
    source, target = f"s3a://{BUCKET}/{prefix}/a 1%#", f"s3a://{BUCKET}/{prefix}/to/b 名"
    storage.upload(source, io.BytesIO(LARGE), metadata={CHECKSUM: "abc"})
    storage.move_file(source, target)
    storage.move_file(source, target)
    assert storage.attributes(source) is None
    assert storage.attributes(target).bytes == len(LARGE)
    assert storage.attributes(target).metadata == {CHECKSUM: "abc"}
    with pytest.raises(InterfaceError, match="neither exists"):
        storage.move_file(source, f"{target}2")
    with pytest.raises(InterfaceError, match="onto itself"):
        storage.move_file(target, target.replace("s3a:", "s3:"))


def test_many_moves_at_once_share_one_client(storage, prefix):
    folder = f"s3a://{BUCKET}/{prefix}"
    for number in range(20):
        storage.write_bytes(f"{folder}/from/{number:02}", b"x")
    pickle.loads(pickle.dumps(storage)).move_files(
        [(f"{folder}/from/{n:02}", f"{folder}/to/{n:02}") for n in range(20)]
    )
    assert storage.list_files(f"{folder}/from") == []
    assert len(storage.list_files(f"{folder}/to")) == 20


def test_a_folder_is_not_confused_with_names_that_begin_alike(storage, prefix):
    folder = f"s3a://{BUCKET}/{prefix}"
    for key in ("users", "users-old/x", "users_raw/x", "users/_SUCCESS"):
        storage.write_bytes(f"{folder}/{key}", b"")
    assert [file.path for file in storage.list_files(f"{folder}/users")] == [f"{folder}/users/_SUCCESS"]
    assert storage.holds_files(f"{folder}/users")
    assert not storage.holds_files(f"{folder}/user", hidden=True)
    assert storage.names_in(folder) == ["users", "users-old", "users_raw"]


def test_files_are_found_behind_hidden_ones_whatever_page_they_are_on(storage, prefix):
    folder = f"s3a://{BUCKET}/{prefix}/users"
    for number in range(5):
        storage.write_bytes(f"{folder}/_hidden_{number}", b"")
    assert not storage.holds_files(folder)
    assert storage.holds_files(folder, hidden=True)
    storage.write_bytes(f"{folder}/part-0", b"")
    assert storage.holds_files(folder)
    assert len(list(storage.iterate_files(folder, first_page=2))) == 6


def test_pyarrow_reaches_the_same_files(storage, prefix):
    path = f"s3a://{BUCKET}/{prefix}/50% #1 名"
    storage.write_bytes(path, b"x" * 100)
    filesystem = storage.arrow_filesystem()
    with filesystem.open_input_stream(storage.arrow_path(path)) as stream:
        assert stream.read() == b"x" * 100
    with filesystem.open_output_stream(storage.arrow_path(f"{path}2")) as stream:
        stream.write(b"y")
    assert storage.read_bytes(f"{path}2") == b"y"
