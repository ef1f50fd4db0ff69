"""Passwords on the wire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

import pytest

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.authentication import BackendAuthentication, PasswordRequest, md5_answer, password_secret
from spark_dao.local.warehouse.failures import WarehouseError

SALT, ROUNDS = b"0123456789abcdef", 4096


def ask(method: int, rest: bytes = b"") -> bytes:
    return struct.pack("!I", method) + rest


def test_the_md5_answer_is_postgresqls():
    """PostgreSQL documentation, "Message Flow": md5(md5(password + user) + salt)."""
    inner = hashlib.md5(b"secretdao").hexdigest()
    assert (
        md5_answer(password_secret("dao", "secret"), b"salt")
        == "md5" + hashlib.md5(inner.encode() + b"salt").hexdigest()
    )


@pytest.mark.parametrize(("user", "password"), [("dao", "wrong"), ("other", "secret"), ("dao", "")])
def test_a_wrong_answer_is_refused(user, password):
    """P: PostgreSQL answers 28P01 whichever of the two is wrong."""
    request = PasswordRequest()
    answer = wire.cstring(md5_answer(password_secret(user, password), request.message()[-4:]))
    known = password_secret("dao", "secret") if user == "dao" else None
    with pytest.raises(WarehouseError) as caught:
        request.check(answer, user=user, secret=known)
    assert (caught.value.code, "secret" in str(caught.value)) == ("28P01", False)


def exchange(server_password: str) -> bytes:
    """Play a SCRAM server that knows a password; return what the client answers to its final message."""
    client = BackendAuthentication("postgres", "secret")
    first = client.answer(ask(10, b"SCRAM-SHA-256\0\0"))
    bare = first[first.index(b"n,,") + 3 :].decode()
    nonce = bare.partition("r=")[2] + "server"
    server_first = f"r={nonce},s={base64.b64encode(SALT).decode()},i={ROUNDS}"
    final = client.answer(ask(11, server_first.encode()))[5:].decode()
    without_proof = final.rpartition(",p=")[0]
    signed = f"{bare},{server_first},{without_proof}".encode()
    salted = hashlib.pbkdf2_hmac("sha256", server_password.encode(), SALT, ROUNDS)
    key = hmac.digest(salted, b"Client Key", "sha256")
    expected = bytes(
        a ^ b for a, b in zip(key, hmac.digest(hashlib.sha256(key).digest(), signed, "sha256"), strict=True)
    )
    if server_password == "secret":
        assert base64.b64decode(final.rpartition(",p=")[2]) == expected
    signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
    return client.answer(ask(12, b"v=" + base64.b64encode(signature)))


def test_scram_proves_both_sides():
    """RFC 5802: the client proves that it knows the password, then checks the server's proof."""
    assert exchange("secret") == b""
    with pytest.raises(WarehouseError, match="does not know"):
        exchange("another")


def test_an_unknown_method_is_named():
    """PostgreSQL documentation, "Message Formats": 7 is GSSAPI."""
    with pytest.raises(WarehouseError, match="method 7"):
        BackendAuthentication("postgres", "secret").answer(ask(7))
