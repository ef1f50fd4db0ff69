"""The S3 side of COPY and UNLOAD."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pyarrow.fs
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.failures import WarehouseError, detail_block

_PART_BYTES = 8 << 20
_DELETE_LIMIT = 1000


class ObjectStorage:
    """Reads, lists and writes objects of one S3 server; safe for threads.

    Args:
        configuration: The proxy's settings.
    """

    def __init__(self, configuration: WarehouseConfiguration) -> None:
        self._client = boto3.client(
            "s3",
            endpoint_url=configuration.s3_endpoint,
            region_name=configuration.s3_region,
            aws_access_key_id=configuration.s3_access_key.get_secret_value(),
            aws_secret_access_key=configuration.s3_secret_key.get_secret_value(),
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=32,
                retries={"max_attempts": 3, "mode": "standard"},
                connect_timeout=5,
                proxies={},
            ),
        )
        self._configuration = configuration
        self._filesystem: Any = None
        self._lock = threading.Lock()

    def read_bytes(self, uri: str) -> bytes:
        """Read a whole (small) object.

        Raises:
            WarehouseError: It cannot be read.
        """
        bucket, key = split_uri(uri)
        try:
            content: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise storage_error(error) from error
        return content

    def size(self, uri: str) -> int | None:
        """Return an object's size in bytes, None where it does not exist.

        Raises:
            WarehouseError: S3 refused.
        """
        bucket, key = split_uri(uri)
        try:
            return int(self._client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket", "NotFound"):
                return None
            raise storage_error(error) from error
        except BotoCoreError as error:
            raise storage_error(error) from error

    def list_objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield URI and size of every object whose URI starts with a prefix.

        Raises:
            WarehouseError: S3 refused.
        """
        bucket, key = split_uri(prefix)
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
                for entry in page.get("Contents", []):
                    yield f"s3://{bucket}/{entry['Key']}", int(entry["Size"])
        except (ClientError, BotoCoreError) as error:
            raise storage_error(error) from error

    def delete(self, uris: Sequence[str]) -> None:
        """Delete objects.

        Raises:
            WarehouseError: One could not be deleted.
        """
        keys: dict[str, list[str]] = {}
        for uri in uris:
            bucket, key = split_uri(uri)
            keys.setdefault(bucket, []).append(key)
        for bucket, names in keys.items():
            for start in range(0, len(names), _DELETE_LIMIT):
                chunk = names[start : start + _DELETE_LIMIT]
                try:
                    answer = self._client.delete_objects(
                        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in chunk], "Quiet": True}
                    )
                except (ClientError, BotoCoreError) as error:
                    raise storage_error(error) from error
                if refused := answer.get("Errors"):
                    raise WarehouseError("XX000", f"S3 did not delete s3://{bucket}/{refused[0].get('Key')}")

    def open_input(self, uri: str) -> Any:
        """Open an object for random access by Arrow."""
        with self._lock:
            if self._filesystem is None:
                self._filesystem = self._arrow_filesystem()
        bucket, key = split_uri(uri)
        try:
            return self._filesystem.open_input_file(f"{bucket}/{key}")
        except OSError as error:
            raise WarehouseError("XX000", f"S3ServiceException: {error}") from error

    def create(self, uri: str) -> UploadStream:
        """Open an object for writing; nothing is visible before it is closed."""
        return UploadStream(self._client, uri)

    def write_bytes(self, uri: str, content: bytes) -> None:
        """Create or replace a (small) object.

        Raises:
            WarehouseError: S3 refused.
        """
        bucket, key = split_uri(uri)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=content)
        except (ClientError, BotoCoreError) as error:
            raise storage_error(error) from error

    def _arrow_filesystem(self) -> Any:
        scheme, _, host = self._configuration.s3_endpoint.partition("://")
        return pyarrow.fs.S3FileSystem(
            access_key=self._configuration.s3_access_key.get_secret_value(),
            secret_key=self._configuration.s3_secret_key.get_secret_value(),
            endpoint_override=host.rstrip("/"),
            scheme=scheme,
            region=self._configuration.s3_region,
        )


class UploadStream:
    """A file-like object that becomes one S3 object when it is closed, and nothing when it is aborted.

    Args:
        client: The boto3 client.
        uri: `s3://` URI of the object.
    """

    def __init__(self, client: Any, uri: str) -> None:
        self.uri = uri
        self.closed = False
        self.size = 0
        self._client = client
        self._bucket, self._key = split_uri(uri)
        self._buffer = bytearray()
        self._upload_id = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, data: Any) -> int:
        """Add bytes; a part goes to S3 when enough of them are there."""
        length = memoryview(data).nbytes
        self._buffer += data
        self.size += length
        if len(self._buffer) >= _PART_BYTES:
            self._send_part()
        return length

    def flush(self) -> None:
        """Do nothing: parts go out by size."""

    def tell(self) -> int:
        """Return the number of bytes written."""
        return self.size

    def close(self) -> None:
        """Do nothing: Arrow closes its sinks on errors too, and a partial object must not appear."""

    def complete(self) -> None:
        """Make the object visible.

        Raises:
            WarehouseError: S3 refused.
        """
        try:
            if self._upload_id:
                if self._buffer:
                    self._send_part()
                self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=self._upload_id,
                    MultipartUpload={"Parts": self._parts},
                )
            else:
                self._client.put_object(Bucket=self._bucket, Key=self._key, Body=bytes(self._buffer))
        except (ClientError, BotoCoreError) as error:
            raise storage_error(error) from error
        self._buffer.clear()
        self._upload_id = ""
        self.closed = True

    def abort(self) -> None:
        """Drop what was sent.

        Raises:
            WarehouseError: S3 refused.
        """
        upload, self._upload_id = self._upload_id, ""
        self._buffer.clear()
        self.closed = True
        if upload:
            try:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=upload)
            except (ClientError, BotoCoreError) as error:
                raise storage_error(error) from error

    def _send_part(self) -> None:
        try:
            if not self._upload_id:
                self._upload_id = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._key)["UploadId"]
            number = len(self._parts) + 1
            answer = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=bytes(self._buffer),
            )
        except (ClientError, BotoCoreError) as error:
            raise storage_error(error) from error
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
        self._buffer.clear()


def split_uri(uri: str) -> tuple[str, str]:
    """Split `s3://bucket/key`.

    Example:
        >>> split_uri("s3://bucket/a/b")
        ('bucket', 'a/b')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def storage_error(error: Exception) -> WarehouseError:
    """Put an S3 error into Redshift's words (source: the guide's "S3ServiceException errors"; XX000 is a guess).

    Example:
        >>> storage_error(ValueError("no")).message
        'S3ServiceException:no'
    """
    if not isinstance(error, ClientError):
        return WarehouseError("XX000", f"S3ServiceException:{error}")
    about = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
    text = f"S3ServiceException:{about.get('Message', '')},Status {status},Error {about.get('Code', '')}"
    return WarehouseError("XX000", text, detail_block(text, 8001, "Listing, reading or writing S3"))
