"""Passwords on the wire: how the proxy asks its clients, and how it answers PostgreSQL.

Sources: PostgreSQL documentation, "Frontend/Backend Protocol", sections "Message Flow" and "SASL Authentication";
RFC 5802 and RFC 7677 for SCRAM-SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.failures import WarehouseError

_OK, _CLEARTEXT, _MD5, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 3, 5, 10, 11, 12


def password_secret(user: str, password: str) -> str:
    """Return what a server keeps of a password, enough to check an answer by MD5.

    Args:
        user: User name.
        password: Password.

    Example:
        >>> len(password_secret("dao", "secret"))
        32
    """
    return hashlib.md5((password + user).encode("utf-8"), usedforsecurity=False).hexdigest()


def md5_answer(secret: str, salt: bytes) -> str:
    """Return what a client answers to AuthenticationMD5Password.

    Args:
        secret: What `password_secret` gives.
        salt: The four bytes the server sent.

    Example:
        >>> md5_answer(password_secret("dao", "secret"), b"abcd")[:3]
        'md5'
    """
    return "md5" + hashlib.md5(secret.encode("ascii") + salt, usedforsecurity=False).hexdigest()


class PasswordRequest:
    """Asks one client for its password by MD5, the method that redshift-connector, pgjdbc and libpq all know.

    Example:
        >>> PasswordRequest().message()[:1]
        b'R'
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(4)

    def message(self) -> bytes:
        """Return the AuthenticationMD5Password message."""
        return wire.message(b"R", struct.pack("!I", _MD5) + self._salt)

    def check(self, answer: bytes, *, user: str, secret: str | None) -> None:
        """Compare the client's answer.

        Args:
            answer: Payload of the PasswordMessage.
            user: The user name that the client gave.
            secret: What `password_secret` gave for that user; None where there is no such user.

        Raises:
            WarehouseError: 28P01, in the words of PostgreSQL, whether the name or the password is wrong.
        """
        expected = md5_answer(secret or "", self._salt)
        given, _ = wire.read_cstring(answer)
        same_password = hmac.compare_digest(given.encode("utf-8"), expected.encode("ascii"))
        if not same_password or not secret:
            raise WarehouseError("28P01", f'password authentication failed for user "{user}"')


class BackendAuthentication:
    """Answers PostgreSQL's authentication requests: none, cleartext, MD5 and SCRAM-SHA-256.

    Args:
        user: PostgreSQL user.
        password: That user's password.
    """

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._nonce = base64.b64encode(secrets.token_bytes(18)).decode("ascii")
        self._expected_signature = b""

    def answer(self, payload: bytes) -> bytes:
        """Return the message to send for an Authentication message, empty where none is due.

        Args:
            payload: Payload of the Authentication message.

        Raises:
            WarehouseError: PostgreSQL asks for a method that is not known here, or cannot prove that it knows the
                password.
        """
        (method,) = struct.unpack_from("!I", payload)
        if method == _OK:
            return b""
        if method == _CLEARTEXT:
            return wire.message(b"p", wire.cstring(self._password))
        if method == _MD5:
            return wire.message(
                b"p", wire.cstring(md5_answer(password_secret(self._user, self._password), payload[4:8]))
            )
        if method == _SASL:
            first = f"n,,{self._first_bare()}".encode("ascii")
            return wire.message(b"p", wire.cstring("SCRAM-SHA-256") + struct.pack("!I", len(first)) + first)
        if method == _SASL_CONTINUE:
            return wire.message(b"p", self._final(payload[4:].decode("ascii")))
        if method == _SASL_FINAL:
            signature = _attributes(payload[4:].decode("ascii")).get("v", "")
            if not hmac.compare_digest(base64.b64decode(signature), self._expected_signature):
                raise WarehouseError("28000", "the PostgreSQL backend does not know its own user's password")
            return b""
        raise WarehouseError("28000", f"the PostgreSQL backend asks for authentication method {method}, unknown here")

    def _first_bare(self) -> str:
        return f"n=,r={self._nonce}"

    def _final(self, server_first: str) -> bytes:
        attributes = _attributes(server_first)
        salted = hashlib.pbkdf2_hmac(
            "sha256", self._password.encode("utf-8"), base64.b64decode(attributes["s"]), int(attributes["i"])
        )
        without_proof = f"c=biws,r={attributes['r']}"
        signed = f"{self._first_bare()},{server_first},{without_proof}".encode("ascii")
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), signed)
        proof = bytes(left ^ right for left, right in zip(client_key, signature, strict=True))
        self._expected_signature = _hmac(_hmac(salted, b"Server Key"), signed)
        return f"{without_proof},p={base64.b64encode(proof).decode('ascii')}".encode("ascii")


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def _attributes(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(",") if "=" in part)
