"""What is measured before it is uploaded."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.s3.uploads import file_name, opened_upload

CONTENT = b"id,name\n1,Ann\n" * 1000


def assert_is_content(upload):
    assert upload.bytes == len(CONTENT)
    assert upload.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert upload.stream.read() == CONTENT


def test_bytes_and_paths_are_measured(tmp_path):
    (tmp_path / "users.csv").write_bytes(CONTENT)
    for data in (CONTENT, tmp_path / "users.csv"):
        with opened_upload(data) as upload:
            assert_is_content(upload)


def test_an_open_file_is_taken_from_its_beginning_and_left_open(tmp_path):
    (tmp_path / "users.csv").write_bytes(CONTENT)
    with (tmp_path / "users.csv").open("rb") as stream:
        stream.readline()
        with opened_upload(stream) as upload:
            assert_is_content(upload)
        assert not stream.closed


def test_a_pipe_is_taken_whole():
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        stream.write(CONTENT)
    with os.fdopen(reading, "rb") as stream, opened_upload(stream) as upload:
        assert_is_content(upload)


def test_text_is_refused_with_the_way_out():
    with pytest.raises(InterfaceError, match='"rb"'), opened_upload(io.StringIO("text")):
        pass


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InterfaceError, match=r"none\.csv`: No such file"), opened_upload(tmp_path / "none.csv"):
        pass


def test_the_name_comes_from_the_path_or_the_open_file(tmp_path):
    (tmp_path / "users.csv").touch()
    with (tmp_path / "users.csv").open("rb") as stream:
        assert file_name(stream) == "users.csv"
    with os.fdopen(os.open(tmp_path / "users.csv", os.O_RDONLY), "rb") as stream:
        assert file_name(stream) is None
    assert file_name(Path("folder/events.json")) == "events.json"
    assert file_name(io.BytesIO()) is None
