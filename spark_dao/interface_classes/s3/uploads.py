"""What is to be uploaded: bytes, an open file or a file's path, with its size and checksum."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO, NamedTuple, cast

from spark_dao.errors import InterfaceError

_CHUNK_BYTES = 1024 * 1024
_SPOOLED_IN_MEMORY_BYTES = 32 * 1024 * 1024


class Upload(NamedTuple):
    """A stream at its beginning, and what is known of it.

    Attributes:
        stream: The content, from its beginning.
        bytes: Size in bytes.
        sha256: Checksum in hexadecimal digits.
    """

    stream: BinaryIO
    bytes: int
    sha256: str


def file_name(data: bytes | BinaryIO | Path) -> str | None:
    """Return the name that data has as a file, None where it has none.

    Example:
        >>> file_name(Path("/tmp/users.csv")), file_name(b"1,Ann")
        ('users.csv', None)
    """
    name = data if isinstance(data, Path) else getattr(data, "name", None)
    return PurePath(name).name or None if isinstance(name, (str, Path)) else None


@contextmanager
def opened_upload(data: bytes | BinaryIO | Path) -> Iterator[Upload]:
    """Open data for an upload, and measure it before the first byte is sent.

    A stream that can be rewound is taken from its beginning; any other one from where it stands, by way of a
    temporary file. The caller's stream is left open.

    Args:
        data: Bytes, a file opened in binary mode, or a path of this machine.

    Raises:
        InterfaceError: The file does not exist or is a folder, or the stream yields text.

    Example:
        >>> with opened_upload(b"1,Ann") as upload:
        ...     upload.bytes, upload.sha256[:8]
        (5, '7eaa9481')
    """
    if isinstance(data, Path):
        try:
            opened = data.open("rb")
        except OSError as error:
            raise InterfaceError(f"cannot read `{data}`: {error.strerror}", key="data") from error
        with opened as stream:
            yield _measured(stream)
    elif isinstance(data, bytes):
        yield _measured(io.BytesIO(data))
    elif isinstance(data, io.TextIOBase):
        raise InterfaceError(
            'expected a file in binary mode, found one in text mode; open it with mode "rb"', key="data"
        )
    elif _can_be_rewound(data):
        yield _measured(data)
    else:
        with tempfile.SpooledTemporaryFile(_SPOOLED_IN_MEMORY_BYTES) as spool:
            shutil.copyfileobj(data, spool, _CHUNK_BYTES)
            yield _measured(cast("BinaryIO", spool))


def _can_be_rewound(data: BinaryIO) -> bool:
    seekable = getattr(data, "seekable", None)
    return bool(seekable is not None and seekable())


def _measured(stream: BinaryIO) -> Upload:
    stream.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    stream.seek(0)
    return Upload(stream, size, digest.hexdigest())
