"""Files in S3, as publishing staged output needs them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple

from spark_dao.errors import InterfaceError, PlanError
from spark_dao.interface_classes._arrow import arrow_filesystems
from spark_dao.interface_classes._keys import is_hidden, literal_key
from spark_dao.interface_classes.s3.failures import is_missing_file, translated_failures
from spark_dao.interface_classes.s3.settings import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS, S3ConnectionSettings
from spark_dao.plans import StagedFile

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MOST_KEYS_PER_DELETE = 1000
MOST_KEYS_PER_PAGE = 1000
# A folder that Spark wrote has `_SUCCESS` and then what it reads.
_KEYS_THAT_DECIDE = 2
_MEBIBYTE = 1024 * 1024
_COPY_IN_PARTS_FROM = 64 * _MEBIBYTE
_UPLOAD_IN_PARTS_FROM = 8 * _MEBIBYTE
_MOVES_AT_ONCE = 8
_URI = re.compile(r"s3a?://(?P<bucket>[^/]+)(?:/(?P<key>.*))?", re.DOTALL)


class Attributes(NamedTuple):
    """What S3 says of one file.

    Attributes:
        bytes: Size in bytes.
        etag: Entity tag.
        metadata: What the uploader noted.
    """

    bytes: int
    etag: str
    metadata: dict[str, str]


def split_uri(uri: str) -> tuple[str, str]:
    """Split `s3a://bucket/key` (or `s3://…`) into bucket and key; nothing is decoded.

    Raises:
        PlanError: It is no such URI.

    Example:
        >>> split_uri("s3a://silver/datasets/50% off.csv")
        ('silver', 'datasets/50% off.csv')
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise PlanError(f"expected a URI such as `s3a://bucket/key`, found `{uri}`")
    key = (found["key"] or "").removesuffix("/")
    return found["bucket"], literal_key(key) if key else ""


class S3Storage:
    """The files of an S3 service (`plans.FileStorage`), by `s3a://` or `s3://` URIs. Safe to use from several threads.

    Args:
        settings: How the service is reached.

    Example:
        >>> storage = S3Storage(S3ConnectionSettings(endpoint_url="http://127.0.0.1:8333"))
        >>> storage.arrow_path("s3a://silver/datasets/users_clean/")
        'silver/datasets/users_clean'
    """

    questions_at_once: ClassVar[int] = 16

    def __init__(self, settings: S3ConnectionSettings) -> None:
        self.settings = settings
        self._client: S3Client | None = None
        self._building = threading.Lock()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.settings,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings.service})"

    @property
    def client(self) -> S3Client:
        """The boto3 client, built when first needed."""
        with self._building:
            if self._client is None:
                self._client = self.settings.client()
            return self._client

    def list_files(self, folder: str) -> list[StagedFile]:
        """List every file below a folder, hidden ones included, sorted by path."""
        return sorted(self.iterate_files(folder))

    def iterate_files(self, folder: str, *, first_page: int = MOST_KEYS_PER_PAGE) -> Iterator[StagedFile]:
        """Yield every file below a folder, page by page, so that a caller may stop early.

        Args:
            folder: URI of the folder.
            first_page: How many keys to ask for at first; the fewer, the sooner the service answers.
        """
        bucket, key = split_uri(folder)
        scheme = folder.partition(":")[0]
        client = self.client
        with translated_failures(self.settings, bucket, f"list `{folder}`"):
            for page in _pages(client, bucket, f"{key}/" if key else "", first_page):
                for entry in page.get("Contents", ()):
                    # Consoles keep empty "folders" as keys that end with a slash.
                    if not entry["Key"].endswith("/"):
                        yield StagedFile(f"{scheme}://{bucket}/{entry['Key']}", entry["Size"])

    def holds_files(self, path: str, *, hidden: bool = False) -> bool:
        """Tell whether a path is a file, or a folder with files in it.

        Args:
            path: URI of a file or folder.
            hidden: Whether files count that Spark does not read (`_SUCCESS`, `.crc`).
        """
        _, root = split_uri(path)
        for file in self.iterate_files(path, first_page=_KEYS_THAT_DECIDE):
            if hidden or not is_hidden(split_uri(file.path)[1].removeprefix(root).lstrip("/")):
                return True
        return bool(root) and self.attributes(path) is not None

    def names_in(self, folder: str) -> list[str]:
        """List the names of the files and folders directly in a folder."""
        bucket, key = split_uri(folder)
        prefix = f"{key}/" if key else ""
        names: list[str] = []
        client = self.client
        with translated_failures(self.settings, bucket, f"list `{folder}`"):
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
            for page in pages:
                names += [found["Prefix"] for found in page.get("CommonPrefixes", ())]
                names += [found["Key"] for found in page.get("Contents", ())]
        return sorted({name.removeprefix(prefix).rstrip("/") for name in names} - {""})

    def attributes(self, path: str) -> Attributes | None:
        """Return what S3 says of a file, None where it does not exist."""
        bucket, key = split_uri(path)
        client = self.client
        with translated_failures(self.settings, bucket, f"look up `{path}`"):
            try:
                answer = client.head_object(Bucket=bucket, Key=key)
            except client.exceptions.ClientError as error:
                if is_missing_file(error):
                    return None
                raise
        return Attributes(answer["ContentLength"], answer["ETag"], dict(answer["Metadata"]))

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's content, None where it does not exist."""
        bucket, key = split_uri(path)
        client = self.client
        with translated_failures(self.settings, bucket, f"read `{path}`"):
            try:
                return client.get_object(Bucket=bucket, Key=key)["Body"].read()
            except client.exceptions.NoSuchKey:
                return None

    def write_bytes(self, path: str, data: bytes) -> None:
        """Create or replace a file atomically."""
        bucket, key = split_uri(path)
        client = self.client
        with translated_failures(self.settings, bucket, f"write `{path}`"):
            client.put_object(Bucket=bucket, Key=key, Body=data)

    def upload(self, path: str, data: BinaryIO, *, metadata: dict[str, str]) -> None:
        """Create or replace a file from a stream, in parts where it is large; it appears only when it is complete.

        Args:
            path: URI of the file.
            data: Stream that is read to its end.
            metadata: What is noted with the file, ASCII only.
        """
        from boto3.s3.transfer import TransferConfig

        bucket, key = split_uri(path)
        client = self.client
        parts = TransferConfig(multipart_threshold=_UPLOAD_IN_PARTS_FROM, multipart_chunksize=_UPLOAD_IN_PARTS_FROM)
        with translated_failures(self.settings, bucket, f"write `{path}`"):
            client.upload_fileobj(data, bucket, key, ExtraArgs={"Metadata": metadata}, Config=parts)

    def move_file(self, source: str, target: str) -> None:
        """Move one file by copy, check and delete; done already (source gone, target there) is success.

        Raises:
            InterfaceError: Neither is there, both are the same, or the copy is not complete (the source then stays).
        """
        if split_uri(source) == split_uri(target):
            raise InterfaceError(f"cannot move `{source}` onto itself; give another target")
        there = self.attributes(source)
        if there is None:
            if self.attributes(target) is None:
                raise InterfaceError(f"cannot move `{source}` to `{target}`: neither exists")
            return
        self._copy(source, target, there)
        copied = self.attributes(target)
        if copied is None or copied.bytes != there.bytes:
            found = "nothing" if copied is None else f"{copied.bytes} bytes"
            raise InterfaceError(
                f"copied `{source}` ({there.bytes} bytes) to `{target}` and found {found} there; the source was kept"
            )
        self.delete_files([source])

    def move_files(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Move several files at once; each as `move_file` does.

        Args:
            pairs: Source and target of each.

        Raises:
            InterfaceError: The first failure, after the moves under way have ended.
        """
        with ThreadPoolExecutor(max_workers=_MOVES_AT_ONCE) as pool:
            for _ in pool.map(lambda pair: self.move_file(*pair), pairs):
                pass

    def delete_files(self, paths: Sequence[str]) -> None:
        """Delete files; those that do not exist are passed over.

        Raises:
            InterfaceError: S3 kept some of them; each is named with its reason.
        """
        keys: dict[str, list[str]] = {}
        for path in paths:
            bucket, key = split_uri(path)
            if not key:
                raise InterfaceError(f"refusing to delete `{path}`, which is a whole bucket; name files")
            keys.setdefault(bucket, []).append(key)
        kept: list[str] = []
        client = self.client
        for bucket, names in keys.items():
            for start in range(0, len(names), MOST_KEYS_PER_DELETE):
                chunk = names[start : start + MOST_KEYS_PER_DELETE]
                with translated_failures(self.settings, bucket, f"delete {len(chunk)} files in `{bucket}`"):
                    answer = client.delete_objects(
                        Bucket=bucket, Delete={"Objects": [{"Key": name} for name in chunk], "Quiet": True}
                    )
                kept += [
                    f"s3a://{bucket}/{error.get('Key')} ({error.get('Code')}: {error.get('Message')})"
                    for error in answer.get("Errors", ())
                    if error.get("Code") != "NoSuchKey"
                ]
        if kept:
            raise InterfaceError(f"{len(kept)} of {len(paths)} files could not be deleted: {'; '.join(kept)}")

    def arrow_filesystem(self) -> Any:
        """Return the `pyarrow.fs.S3FileSystem` that reaches the same files.

        Raises:
            InterfaceError: pyarrow is not installed.
        """
        filesystems = arrow_filesystems()
        session = self.settings.session()
        settings = {
            "region": session.region_name,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "request_timeout": READ_TIMEOUT_SECONDS,
            "force_virtual_addressing": not self.settings.path_style,
        }
        if self.settings.endpoint_url is not None:
            scheme, _, host = self.settings.endpoint_url.partition("://")
            settings |= {"scheme": scheme, "endpoint_override": host}
        # The profile and the chain are boto3's to resolve, so that both libraries use the same credentials.
        credentials = session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            settings |= {
                "access_key": frozen.access_key,
                "secret_key": frozen.secret_key,
                "session_token": frozen.token,
            }
        return filesystems.S3FileSystem(**settings)

    def arrow_path(self, path: str) -> str:
        """Return a URI in the form that `arrow_filesystem` takes."""
        bucket, key = split_uri(path)
        return f"{bucket}/{key}" if key else bucket

    def _copy(self, source: str, target: str, there: Attributes) -> None:
        from boto3.s3.transfer import TransferConfig

        source_bucket, source_key = split_uri(source)
        bucket, key = split_uri(target)
        client = self.client
        with translated_failures(self.settings, bucket, f"copy `{source}` to `{target}`"):
            client.copy(
                {"Bucket": source_bucket, "Key": source_key},
                bucket,
                key,
                ExtraArgs={"CopySourceIfMatch": there.etag},
                Config=TransferConfig(multipart_threshold=_COPY_IN_PARTS_FROM, multipart_chunksize=_COPY_IN_PARTS_FROM),
            )


def _pages(client: S3Client, bucket: str, prefix: str, first_page: int) -> Iterator[Any]:
    page = client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=first_page)
    yield page
    while page.get("IsTruncated"):
        page = client.list_objects_v2(Bucket=bucket, Prefix=prefix, ContinuationToken=page["NextContinuationToken"])
        yield page
