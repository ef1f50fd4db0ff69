"""What the warehouse's tests drive it with: redshift-connector, S3 with Parquet in it, and bare frames."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import struct
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import redshift_connector

from spark_dao.local.warehouse import wire

ROLE = "arn:aws:iam::000000000000:role/spark-dao-local"
BUCKET = "spark-dao-temp"


class Warehouse:
    """One running stack, seen from a test."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        settings = {key.removeprefix("SPARK_DAO_LOCAL_"): value for key, value in environment.items()}
        self.address = (settings["WAREHOUSE_HOST"], int(settings["WAREHOUSE_PORT"]))
        self.user = settings["WAREHOUSE_USER"]
        self.password = settings["WAREHOUSE_PASSWORD"]
        self.database = settings["WAREHOUSE_DATABASE"]
        self.s3 = boto3.client(
            "s3",
            endpoint_url=settings["S3_ENDPOINT"],
            aws_access_key_id=settings["S3_ACCESS_KEY"],
            aws_secret_access_key=settings["S3_SECRET_KEY"],
            region_name="us-east-1",
        )

    def connect(self, **changes: Any) -> Any:
        arguments = {
            "host": self.address[0],
            "port": self.address[1],
            "user": self.user,
            "password": self.password,
            "database": self.database,
            "ssl": False,
        }
        return redshift_connector.connect(**{**arguments, **changes})

    def uri(self, key: str = "") -> str:
        return f"s3://{BUCKET}/warehouse-tests/{uuid.uuid4().hex}/{key}"

    def put(self, uri: str, content: bytes) -> int:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.s3.put_object(Bucket=bucket, Key=key, Body=content)
        return len(content)

    def put_parquet(self, table: pa.Table, **options: Any) -> dict[str, Any]:
        buffer = io.BytesIO()
        pq.write_table(table, buffer, **options)
        uri = self.uri("part-0.parquet")
        return {
            "url": uri,
            "mandatory": True,
            "meta": {"content_length": self.put(uri, buffer.getvalue())},
        }

    def put_manifest(self, *entries: dict[str, Any]) -> str:
        uri = self.uri("manifest")
        self.put(uri, json.dumps({"entries": entries}).encode())
        return uri

    def copy(self, target: str, *tables: pa.Table, options: str = "", **parquet: Any) -> str:
        manifest = self.put_manifest(*(self.put_parquet(table, **parquet) for table in tables))
        return copy_sql(target, manifest, options)

    def keys(self, prefix: str) -> list[str]:
        bucket, _, key = prefix.removeprefix("s3://").partition("/")
        entries = self.s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
        return [entry["Key"].removeprefix(key) for entry in entries]

    def unfinished_uploads(self) -> list[str]:
        return [upload["Key"] for upload in self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def read_parquet(self, prefix: str) -> pa.Table:
        names = [name for name in self.keys(prefix) if name.endswith(".parquet")]
        files = [pq.read_table(io.BytesIO(self.get(prefix + name)), coerce_int96_timestamp_unit="us") for name in names]
        return pa.concat_tables(files)


class FrameClient:
    """Speaks the wire protocol frame by frame, as drivers other than redshift-connector do."""

    def __init__(self, warehouse: Warehouse, **parameters: str) -> None:
        self.socket = socket.create_connection(warehouse.address, timeout=30)
        self._buffer = wire.MessageBuffer()
        self.key = b""
        self.socket.sendall(wire.startup_packet({"user": warehouse.user, "database": warehouse.database, **parameters}))
        request = self.next()
        assert request.kind == b"R", wire.read_fields(request.payload)
        inner = hashlib.md5((warehouse.password + warehouse.user).encode()).hexdigest()
        answer = "md5" + hashlib.md5(inner.encode() + request.payload[4:8]).hexdigest()
        self.send(wire.message(b"p", wire.cstring(answer)))
        for message in self.until(b"Z"):
            if message.kind == b"K":
                self.key = message.payload

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def next(self) -> wire.Message:
        while (message := self._buffer.take()) is None:
            data = self.socket.recv(1 << 16)
            assert data, "the warehouse hung up"
            self._buffer.feed(data)
        return message

    def until(self, kind: bytes) -> list[wire.Message]:
        messages = [self.next()]
        while messages[-1].kind != kind:
            messages.append(self.next())
        return messages

    def query(self, sql: str) -> list[wire.Message]:
        self.send(wire.message(b"Q", wire.cstring(sql)))
        return self.until(b"Z")

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> FrameClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def copy_sql(target: str, source: str, options: str = "", *, manifest: bool = True) -> str:
    kind = "MANIFEST" if manifest else ""
    return f"COPY {target} FROM '{source}' IAM_ROLE '{ROLE}' FORMAT AS PARQUET {kind} {options}"


def unload_sql(query: str, prefix: str, options: str = "") -> str:
    escaped = query.replace("\\", "\\\\").replace("'", "''")
    return f"UNLOAD ('{escaped}') TO '{prefix}' IAM_ROLE '{ROLE}' FORMAT AS PARQUET {options}"


def kinds(messages: list[wire.Message]) -> str:
    return b"".join(message.kind for message in messages).decode()


def rows(messages: list[wire.Message]) -> list[tuple[str | None, ...]]:
    return [wire.read_data_row(message.payload) for message in messages if message.kind == b"D"]


def tags(messages: list[wire.Message]) -> list[str]:
    return [wire.read_cstring(message.payload)[0] for message in messages if message.kind == b"C"]


def error_code(messages: list[wire.Message]) -> str:
    return next(wire.read_fields(message.payload)["C"] for message in messages if message.kind == b"E")


def execute_frames(statement: str = "", portal: str = "") -> bytes:
    return wire.bind_message(statement, portal) + wire.execute_message(portal)


def hang_up_hard(connection: socket.socket) -> None:
    # A reset, as from a client that was killed.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
