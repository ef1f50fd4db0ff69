"""Frames of PostgreSQL's wire protocol 3.0, which Redshift speaks too.

Source: PostgreSQL documentation, chapter "Frontend/Backend Protocol", sections "Message Formats" and
"Error and Notice Message Fields".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

PROTOCOL_3_0 = 196608
SSL_REQUEST = 80877103
GSS_ENCRYPTION_REQUEST = 80877104
CANCEL_REQUEST = 80877102

_HEADER = struct.Struct("!cI")
_LENGTH = struct.Struct("!I")


class Message(NamedTuple):
    """One frame.

    Attributes:
        kind: The type byte.
        payload: What follows the length.
        raw: The whole frame, as it came.
    """

    kind: bytes
    payload: bytes
    raw: bytes


class FieldDescription(NamedTuple):
    """One column of a RowDescription.

    Attributes:
        name: Column name.
        type_oid: The type's OID in `pg_type`.
        type_modifier: Length or precision as `pg_attribute.atttypmod` holds it, -1 for none.
    """

    name: str
    type_oid: int
    type_modifier: int


class MessageBuffer:
    """Cuts a byte stream into frames.

    Example:
        >>> buffer = MessageBuffer()
        >>> buffer.feed(message(b"Z", b"I")[:3])
        >>> buffer.take() is None
        True
        >>> buffer.feed(message(b"Z", b"I")[3:])
        >>> buffer.take().payload
        b'I'
    """

    def __init__(self) -> None:
        self._data = b""
        self._position = 0

    def __len__(self) -> int:
        return len(self._data) - self._position

    def feed(self, data: bytes) -> None:
        """Add bytes that arrived."""
        self._data = self._data[self._position :] + data if self._position < len(self._data) else data
        self._position = 0

    def take(self) -> Message | None:
        """Return the next whole frame, None while it is incomplete."""
        data, start = self._data, self._position
        if len(data) - start < 5:
            return None
        kind, length = _HEADER.unpack_from(data, start)
        end = start + 1 + length
        if len(data) < end:
            return None
        self._position = end
        return Message(kind, data[start + 5 : end], data[start:end])

    def take_run(self, kind: bytes) -> list[bytes]:
        """Return the payloads of all whole frames of one kind that come next; for a result of many rows.

        Args:
            kind: The type byte.
        """
        data, start, size = self._data, self._position, len(self._data)
        code, unpack, payloads = kind[0], _LENGTH.unpack_from, []
        while start + 5 <= size and data[start] == code:
            end = start + 1 + unpack(data, start + 1)[0]
            if end > size:
                break
            payloads.append(data[start + 5 : end])
            start = end
        self._position = start
        return payloads


def message(kind: bytes, payload: bytes = b"") -> bytes:
    r"""Build one frame.

    Args:
        kind: The type byte.
        payload: What follows the length.

    Example:
        >>> message(b"S")
        b'S\x00\x00\x00\x04'
    """
    return kind + _LENGTH.pack(len(payload) + 4) + payload


def cstring(text: str) -> bytes:
    """Encode a zero-terminated string."""
    return text.encode("utf-8") + b"\0"


def read_cstring(payload: bytes, offset: int = 0) -> tuple[str, int]:
    r"""Decode a zero-terminated string; return it and the offset behind it.

    Example:
        >>> read_cstring(b"ab\0c")
        ('ab', 3)
    """
    end = payload.index(b"\0", offset)
    return payload[offset:end].decode("utf-8"), end + 1


def startup_packet(parameters: Mapping[str, str]) -> bytes:
    """Build a StartupMessage of protocol 3.0."""
    body = struct.pack("!I", PROTOCOL_3_0)
    body += b"".join(cstring(name) + cstring(value) for name, value in parameters.items()) + b"\0"
    return _LENGTH.pack(len(body) + 4) + body


def read_startup_parameters(body: bytes) -> dict[str, str]:
    """Read the parameters of a StartupMessage, given what follows the protocol number."""
    parts = body.split(b"\0")
    texts = [part.decode("utf-8") for part in parts]
    return {name: value for name, value in zip(texts[::2], texts[1::2], strict=False) if name}


def parse_message(sql: str, name: str = "", parameter_types: bytes = b"\0\0") -> bytes:
    """Build a Parse message.

    Args:
        sql: One statement.
        name: Name of the prepared statement, empty for the unnamed one.
        parameter_types: Count and OIDs of the parameters, as the message carries them.
    """
    return message(b"P", cstring(name) + cstring(sql) + parameter_types)


def bind_message(statement: str = "", portal: str = "") -> bytes:
    """Build a Bind message without parameters; results come as text."""
    return message(b"B", cstring(portal) + cstring(statement) + b"\0\0\0\0\0\0")


def execute_message(portal: str = "") -> bytes:
    """Build an Execute message without a row limit."""
    return message(b"E", cstring(portal) + b"\0\0\0\0")


def fields_message(kind: bytes, fields: Mapping[str, str]) -> bytes:
    """Build an ErrorResponse (`E`) or a NoticeResponse (`N`).

    Args:
        kind: Type byte.
        fields: Field codes (`S`, `C`, `M`, `D`, `H`) and their values; empty values are left out.
    """
    body = b"".join(code.encode() + cstring(value) for code, value in fields.items() if value)
    return message(kind, body + b"\0")


def read_fields(payload: bytes) -> dict[str, str]:
    """Read the fields of an ErrorResponse or a NoticeResponse.

    Example:
        >>> read_fields(fields_message(b"E", {"C": "42P01", "M": "no"})[5:])
        {'C': '42P01', 'M': 'no'}
    """
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in payload.split(b"\0") if part}


def read_row_description(payload: bytes) -> tuple[FieldDescription, ...]:
    """Read the columns of a RowDescription."""
    (count,) = struct.unpack_from("!H", payload)
    offset, fields = 2, []
    for _ in range(count):
        name, offset = read_cstring(payload, offset)
        type_oid, _, type_modifier = struct.unpack_from("!IhI", payload, offset + 6)
        fields.append(FieldDescription(name, type_oid, type_modifier if type_modifier < 1 << 31 else -1))
        offset += 18
    return tuple(fields)


def with_type_replaced(payload: bytes, type_oid: int, replacement: int) -> bytes:
    """Return a RowDescription's payload in which one type's OID is replaced by another.

    Args:
        payload: Payload of the RowDescription.
        type_oid: The OID to replace.
        replacement: The OID to put there.
    """
    wanted, changed = _LENGTH.pack(type_oid), bytearray(payload)
    if wanted not in payload:
        return payload
    (count,) = struct.unpack_from("!H", payload)
    offset = 2
    for _ in range(count):
        offset = payload.index(b"\0", offset) + 1
        if payload[offset + 6 : offset + 10] == wanted:
            changed[offset + 6 : offset + 10] = _LENGTH.pack(replacement)
        offset += 18
    return bytes(changed)


def read_data_row(payload: bytes) -> tuple[str | None, ...]:
    """Read the values of a DataRow in text format."""
    (count,) = struct.unpack_from("!H", payload)
    offset, values = 2, list[str | None]()
    for _ in range(count):
        (length,) = struct.unpack_from("!i", payload, offset)
        offset += 4
        if length < 0:
            values.append(None)
        else:
            values.append(payload[offset : offset + length].decode("utf-8"))
            offset += length
    return tuple(values)
