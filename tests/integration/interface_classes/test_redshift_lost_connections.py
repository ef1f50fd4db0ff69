"""Connections that end around COMMIT: what was committed is found out, never guessed."""

from __future__ import annotations

import logging
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spark_dao.errors import CommitError, InterfaceError
from spark_dao.interface_classes.redshift import transaction
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.interface_classes.s3.storage import S3Storage
from spark_dao.plans import SchemaField, StagedFile, WritePlan

USERS = pa.table({"id": pa.array([1, 2], pa.int64())})
When = Literal["before", "after", "before for good", "never"]


class Relay:
    """Passes a warehouse's connections on and cuts one at a COMMIT that follows a COPY.

    Args:
        host: Where the warehouse listens.
        port: Its port.
        when: `before` the warehouse hears of the COMMIT, `after` it has answered (the answer is dropped), or `before`,
            and nothing is let through from then on; or `never`.
        refusals: How many COPYs are answered with `refusal` instead of being passed on.
        refusal: Fields of the answer.
    """

    def __init__(
        self, host: str, port: int, when: When, *, refusals: int = 0, refusal: Mapping[str, str] | None = None
    ) -> None:
        self.target = (host, port)
        self.when = when
        self.refusals = refusals
        self.refusal = dict(refusal or {})
        self.cuts = 0
        self.copies = 0
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._closed:
                client.close()
                continue
            server = socket.create_connection(self.target)
            cut = threading.Event()
            copied = threading.Event()
            threading.Thread(target=self._down, args=(server, client, cut), daemon=True).start()
            threading.Thread(target=self._up, args=(client, server, cut, copied), daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _up(self, client: socket.socket, server: socket.socket, cut: threading.Event, copied: threading.Event) -> None:
        while data := _received(client):
            if b"COPY " in data:
                copied.set()
                self.copies += 1
                if self.copies <= self.refusals:
                    client.sendall(_refused(self.refusal))
                    continue
            if self.when != "never" and copied.is_set() and b"commit\0" in data and self.cuts == 0:
                self.cuts += 1
                if self.when == "after":
                    # From here on the warehouse's answers are swallowed; the client is cut when the first arrives.
                    cut.set()
                else:
                    self._closed = self.when == "before for good"
                    break
            try:
                server.sendall(data)
            except OSError:
                break
        _end(server)
        _end(client)

    def _down(self, server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
        while data := _received(server):
            # The tag comes with the answer to Execute; what precedes it only describes the statement.
            if cut.is_set() and b"COMMIT\0" in data:
                break
            try:
                client.sendall(data)
            except OSError:
                break
        _end(client)
        _end(server)


def _refused(fields: Mapping[str, str]) -> bytes:
    """An ErrorResponse, then ReadyForQuery in a failed transaction."""
    body = b"".join(name.encode() + text.encode() + b"\0" for name, text in fields.items()) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body + b"Z\0\0\0\5E"


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def relayed(
    environment: Mapping[str, str], when: When, **refusals: Any
) -> Iterator[tuple[RedshiftSparkInterface, Relay]]:
    host, port = environment["SPARK_DAO_LOCAL_WAREHOUSE_HOST"], environment["SPARK_DAO_LOCAL_WAREHOUSE_PORT"]
    relay = Relay(host, int(port), when, **refusals)
    threading.Thread(target=relay.serve, daemon=True).start()
    yield interface(environment, host="127.0.0.1", port=relay.port), relay
    relay.close()


def interface(environment: Mapping[str, str], **changes: Any) -> RedshiftSparkInterface:
    given: dict[str, Any] = {
        "host": environment["SPARK_DAO_LOCAL_WAREHOUSE_HOST"],
        "port": environment["SPARK_DAO_LOCAL_WAREHOUSE_PORT"],
        "user": environment["SPARK_DAO_LOCAL_WAREHOUSE_USER"],
        "password": environment["SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD"],
        "database": environment["SPARK_DAO_LOCAL_WAREHOUSE_DATABASE"],
        "ssl": False,
        "s3_temp_dir": "s3://spark-dao-temp/lost-connections/",
        "iam_role_arn": "arn:aws:iam::000000000000:role/spark-dao-local",
        "endpoint_url": environment["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": environment["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }
    return RedshiftSparkInterface(**{**given, **changes})


class Thing:
    """A data object with a name of its own."""

    def __init__(self) -> None:
        self.name = f"lost_{uuid.uuid4().hex[:8]}"


def staged(gold: RedshiftSparkInterface, thing: Thing) -> tuple[WritePlan, list[StagedFile]]:
    plan = gold.plan_write(thing, schema=[SchemaField("id", "long")], mode="append")
    storage = gold.storage(plan.path)
    pq.write_table(USERS, storage.arrow_path(f"{plan.path}/a.parquet"), filesystem=storage.arrow_filesystem())
    return plan, storage.list_files(plan.path)


def test_a_commit_whose_answer_is_lost_is_found_committed_and_not_repeated(local_stack: Any) -> None:
    environment, thing = local_stack.environment(), Thing()
    with relayed(environment, "after") as (gold, relay):
        plan, files = staged(gold, thing)
        assert plan.token is not None
        gold.commit_write(plan.token, files)
        assert (relay.cuts, relay.copies) == (1, 1)
        assert gold.count(thing) == 2
        assert gold.storage(plan.path).list_files(plan.path) == []


def test_a_commit_that_never_arrived_is_reported_as_rolled_back(local_stack: Any) -> None:
    environment, thing = local_stack.environment(), Thing()
    with relayed(environment, "before") as (gold, relay):
        plan, files = staged(gold, thing)
        assert plan.token is not None
        with pytest.raises(CommitError, match="rolled back"):
            gold.commit_write(plan.token, files)
        assert relay.cuts == 1
        assert thing.name not in gold.list_tables()
        assert gold.storage(plan.path).list_files(plan.path) == []


def test_an_outcome_that_cannot_be_found_out_keeps_the_files_for_another_commit(
    local_stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "RECONNECT_ATTEMPTS", 2)
    environment, thing = local_stack.environment(), Thing()
    with relayed(environment, "before for good") as (gold, _):
        plan, files = staged(gold, thing)
        assert plan.token is not None
        with pytest.raises(CommitError, match="staged files are kept"):
            gold.commit_write(plan.token, files)
    direct = interface(environment)
    direct.commit_write(plan.token, files)
    direct.commit_write(plan.token, files)
    assert direct.count(thing) == 2
    assert direct.storage(plan.path).list_files(plan.path) == []


SERIALIZATION_FAILURE = {"S": "ERROR", "C": "XX000", "M": "1023", "D": "Serializable isolation violation on table - 1"}


def test_a_serialization_failure_is_run_again(local_stack: Any) -> None:
    thing = Thing()
    with relayed(local_stack.environment(), "never", refusals=2, refusal=SERIALIZATION_FAILURE) as (gold, relay):
        plan, files = staged(gold, thing)
        assert plan.token is not None
        gold.commit_write(plan.token, files)
        assert relay.copies == 3
        assert gold.count(thing) == 2


def test_serialization_failures_are_run_again_a_few_times_only(
    local_stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "MAXIMUM_ATTEMPTS", 3)
    thing = Thing()
    with relayed(local_stack.environment(), "never", refusals=99, refusal=SERIALIZATION_FAILURE) as (gold, relay):
        plan, files = staged(gold, thing)
        assert plan.token is not None
        with pytest.raises(CommitError, match="1023: Serializable isolation violation"):
            gold.commit_write(plan.token, files)
        assert relay.copies == 3
        assert thing.name not in gold.list_tables()


@pytest.mark.parametrize("code", ["40P01", "XX000", "57014"])
def test_no_other_error_is_run_again(local_stack: Any, code: str) -> None:
    thing, refusal = Thing(), {"S": "ERROR", "C": code, "M": "refused for another reason"}
    with relayed(local_stack.environment(), "never", refusals=1, refusal=refusal) as (gold, relay):
        plan, files = staged(gold, thing)
        assert plan.token is not None
        with pytest.raises(CommitError, match="refused for another reason"):
            gold.commit_write(plan.token, files)
        assert relay.copies == 1


def test_a_clean_up_that_fails_does_not_fail_a_committed_write(
    local_stack: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(storage: S3Storage, paths: Any) -> None:
        raise InterfaceError("1 of 1 files could not be deleted")

    gold, thing = interface(local_stack.environment()), Thing()
    plan, files = staged(gold, thing)
    assert plan.token is not None
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(S3Storage, "delete_files", refuse)
        gold.commit_write(plan.token, files)
    assert plan.path in caplog.text
    assert gold.count(thing) == 2
    gold.abort_write(plan.token)
