"""What of the S3 storage needs no server."""

from __future__ import annotations

import pickle
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_dao.errors import InterfaceError, PlanError
from spark_dao.interface_classes.s3.settings import S3ConnectionSettings
from spark_dao.interface_classes.s3.storage import S3Storage, split_uri
from spark_dao.plans import FileStorage

names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)


def storage(**settings):
    keys = {"aws_access_key_id": "me", "aws_secret_access_key": "hunter2"}
    return S3Storage(S3ConnectionSettings(**{"endpoint_url": "http://127.0.0.1:1", **keys, **settings}))


@given(st.lists(names, min_size=1, max_size=4))
def test_a_key_is_taken_from_a_uri_to_the_letter(segments):
    key = "/".join(segments)
    assert split_uri(f"s3a://silver/{key}") == split_uri(f"s3://silver/{key}/") == ("silver", key)


@pytest.mark.parametrize("uri", ["file:///x", "s3a:///x", "silver/x", "s3a://silver/a//b", "s3a://silver/../gold/x"])
def test_what_is_no_uri_of_a_file_in_s3_is_refused(uri):
    with pytest.raises(PlanError):
        storage().read_bytes(uri)


def test_it_is_a_file_storage_and_shows_no_secret():
    assert isinstance(storage(), FileStorage)
    assert "hunter2" not in repr(storage())


def test_a_storage_in_use_is_pickled_without_its_client():
    used = storage()
    assert used.client is used.client
    again = pickle.loads(pickle.dumps(used))
    assert again.settings == used.settings


def test_deleting_a_whole_bucket_is_refused_before_anything_is_sent():
    with pytest.raises(InterfaceError, match="whole bucket"):
        storage().delete_files(["s3a://silver/"])


def test_an_endpoint_where_nothing_listens_fails_at_once_and_names_it():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(InterfaceError) as failed:
            storage(endpoint_url=endpoint).list_files("s3a://silver/users")
        assert time.monotonic() - started < 10
    assert endpoint in str(failed.value)
    assert "`silver`" in str(failed.value)
    assert failed.value.key == "endpoint_url"
    assert "hunter2" not in str(failed.value)


def test_a_host_name_that_does_not_resolve_is_said(monkeypatch):
    with pytest.raises(InterfaceError, match=r"nowhere\.invalid.*endpoint_url"):
        storage(endpoint_url="http://nowhere.invalid").read_bytes("s3a://silver/users")


def test_missing_credentials_are_said(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    without = S3Storage(S3ConnectionSettings(endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(InterfaceError, match="no complete credentials"):
        without.list_files("s3a://silver/users")
