"""Each way in which a store in S3 can be wrong is one clear error, within seconds, without a secret."""

from __future__ import annotations

import socket
import time

import pytest

from spark_dao.data_object import DataObject
from spark_dao.data_store import DataStore
from spark_dao.errors import InterfaceError
from spark_dao.plans import SchemaField

SECRET = "hunter2-is-secret"


@pytest.fixture(scope="module")
def connection(local_stack):
    environment = local_stack.environment()
    return {
        "bucket": "spark-dao-silver",
        "endpoint_url": environment["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": environment["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }


def attempts(interface_class, settings):
    store = DataStore.declare("silver", {"interface_class": interface_class, "default_configs": settings})
    interface, users = store.interfaces[0], DataObject("users", store)
    yield lambda: interface.plan_read(users, format="csv")
    yield lambda: interface.storage("").list_files(f"s3a://{settings['bucket']}/users")
    yield lambda: interface.storage("").write_bytes(f"s3a://{settings['bucket']}/users/x", b"x")
    if interface_class == "S3Boto3Interface":
        yield lambda: interface.read(users)
        yield lambda: interface.read(users, path="x.csv")
        yield lambda: interface.write(users, data=b"x", path="x.csv")
        yield lambda: interface.write(users, data=b"x" * 10_000_000, path="x.csv", if_changed=True)
        yield lambda: interface.delete(users, path="x/")
    else:
        fields = (SchemaField("id", "long"),)
        yield lambda: interface.plan_write(users, schema=fields, mode="append", format="delta")


@pytest.mark.parametrize("interface_class", ["S3SparkInterface", "S3Boto3Interface"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bucket": "no-such-bucket"}, r"no bucket `no-such-bucket` at http://127\.0\.0\.1.*create it"),
        ({"aws_access_key_id": "nobody"}, r"`spark-dao-silver` at http://127.*check .*credential|`aws_access_key_id`"),
        (
            {"aws_secret_access_key": SECRET},
            r"`spark-dao-silver` at http://127.*check .*credential|`aws_secret_access_key`",
        ),
    ],
)
def test_a_wrong_bucket_or_credential_is_said(connection, interface_class, wrong, message):
    for attempt in attempts(interface_class, connection | wrong):
        started = time.monotonic()
        with pytest.raises(InterfaceError, match=message) as failed:
            attempt()
        assert time.monotonic() - started < 5
        assert SECRET not in f"{failed.value} {failed.value!r} {failed.value.__cause__}"


@pytest.mark.parametrize("interface_class", ["S3SparkInterface", "S3Boto3Interface"])
def test_an_endpoint_where_nothing_listens_is_said(connection, interface_class):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for attempt in attempts(interface_class, connection | {"endpoint_url": endpoint}):
            started = time.monotonic()
            with pytest.raises(InterfaceError, match=f"no usable answer from .* at {endpoint}.*`endpoint_url`"):
                attempt()
            assert time.monotonic() - started < 10


def test_an_endpoint_that_speaks_another_protocol_is_said(connection):
    endpoint = connection["endpoint_url"].replace("http:", "https:")
    for attempt in attempts("S3Boto3Interface", connection | {"endpoint_url": endpoint}):
        with pytest.raises(InterfaceError, match=r"SSLError.*`endpoint_url`"):
            attempt()
