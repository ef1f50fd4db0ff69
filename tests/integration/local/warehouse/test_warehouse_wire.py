"""How clients talk to the warehouse."""

from __future__ import annotations

import contextlib
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
import redshift_connector

from spark_dao.local.warehouse import wire
from tests.integration.local.warehouse.warehouse_client import (
    FrameClient,
    copy_sql,
    error_code,
    execute_frames,
    hang_up_hard,
    kinds,
    rows,
    tags,
    unload_sql,
    wait_for,
)

SYNC = wire.message(b"S")


def test_the_driver_connects_unchanged_and_sees_redshifts_version(connection, run):
    """P: the start-up parameters that PostgreSQL refuses with 42704 are dropped, server_version is 8.0.2."""
    assert (b"server_version", b"8.0.2") in connection.parameter_statuses
    assert run("SELECT %s, %s", 1, "é") == [(1, "é")]


@pytest.fixture
def certificate(warehouse, local_stack):
    path = local_stack.environment()["SPARK_DAO_LOCAL_WAREHOUSE_CERTIFICATE"]
    if not Path(path).exists():
        pytest.skip("the stack has a certificate only where openssl is installed")
    return path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_the_driver_connects_by_tls_when_it_trusts_the_certificate(
    warehouse, run, certificate, monkeypatch, table, sslmode
):
    """P: redshift-connector's default is TLS; it takes authorities from SSL_CERT_FILE, as OpenSSL's programs do."""
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    own = warehouse.connect(ssl=True, sslmode=sslmode)
    cursor = own.cursor()
    cursor.execute(f"CREATE TABLE {table} (a int, b varchar(2000))")
    values = pa.table({"a": pa.array(range(2000), pa.int32()), "b": ["x" * 1000] * 2000})
    cursor.execute(warehouse.copy(table, values))
    cursor.execute(f"SELECT count(*), sum(a) FROM {table} WHERE b <> %s", ("y" * 100_000,))
    assert cursor.fetchall() == ([2000, 1999000],)
    cursor.execute(f"SELECT b FROM {table}")
    assert len(cursor.fetchall()) == 2000
    own.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_driver_refuses_a_certificate_that_it_does_not_know(warehouse, certificate):
    """P: redshift-connector trusts no self-made certificate unless told to; the warehouse goes on."""
    with pytest.raises(redshift_connector.InterfaceError, match=r"communication error|CERTIFICATE_VERIFY_FAILED"):
        warehouse.connect(ssl=True)
    warehouse.connect(ssl=False).close()


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"user": "nobody"}])
def test_wrong_credentials_are_refused_as_postgresql_does(warehouse, wrong):
    """P: PostgreSQL 18 answers 28P01 for an unknown user as well."""
    with pytest.raises(redshift_connector.ProgrammingError) as caught:
        warehouse.connect(**wrong)
    user = wrong.get("user", warehouse.user)
    message = f'password authentication failed for user "{user}"'
    assert caught.value.args[0] == {"S": "FATAL", "C": "28P01", "M": message}


def test_an_unknown_database_is_refused(warehouse):
    """P: PostgreSQL's 3D000."""
    with pytest.raises(redshift_connector.ProgrammingError, match="3D000"):
        warehouse.connect(database="nowhere")


@pytest.mark.parametrize("packet", [b"\0\0\0\4", b"\x7f\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_client_is_hung_up_on(warehouse, packet):
    """Guess: nobody says what Redshift does."""
    with socket.create_connection(warehouse.address, timeout=20) as stranger:
        stranger.sendall(packet)
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(100) == b""


def test_a_simple_query_answers_as_postgresql_does(warehouse):
    """PostgreSQL documentation, "Simple Query"; psql and JDBC clients use it."""
    with FrameClient(warehouse, application_name="psql") as client:
        answer = client.query("SELECT 1 AS one, NULL AS nothing; SELECT 'a;b'")
        assert kinds(answer) == "TDCTDCZ"
        assert rows(answer) == [("1", None), ("a;b",)]
        assert kinds(client.query("")) == "IZ"
        assert error_code(client.query("SELEC")) == "42601"
        assert kinds(client.query("SELECT 1")) == "TDCZ"


def test_a_simple_query_with_rewritten_statements_is_one_transaction(warehouse, table):
    """PostgreSQL documentation, "Multiple Statements in a Simple Query"."""
    create = f"CREATE TABLE {table} (a int) DISTKEY (a)"
    with FrameClient(warehouse) as client:
        failing = client.query(f"{create}; SELECT 1 AS one; SELECT 1/0")
        assert kinds(failing) == "CTDCEZ" or kinds(failing) == "CTDCTEZ"
        assert tags(failing) == ["CREATE TABLE", "SELECT 1"]
        assert error_code(client.query(f"SELECT * FROM {table}")) == "42P01"
        assert kinds(client.query(f"{create}; INSERT INTO {table} VALUES (1)")) == "CCZ"
        info = client.query(f"SELECT diststyle FROM svv_table_info WHERE \"table\" = '{table}'")
        assert rows(info) == [("KEY(a)",)]


def test_copy_and_unload_run_by_simple_query(warehouse, run, connection, table):
    """Guess: Redshift's psql examples run COPY that way."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    prefix = warehouse.uri()
    with FrameClient(warehouse) as client:
        answer = client.query(warehouse.copy(table, pa.table({"a": pa.array([1, 2], pa.int32())})))
        assert (kinds(answer), tags(answer)) == ("NCZ", ["COPY 2"])
        assert tags(client.query(unload_sql(f"SELECT * FROM {table}", prefix))) == ["UNLOAD"]
        assert error_code(client.query(copy_sql(table, prefix + "none"))) == "XX000"
        assert kinds(client.query("SELECT 1")) == "TDCZ"
    assert warehouse.read_parquet(prefix).column("a").to_pylist() == [1, 2]


def test_a_pipeline_keeps_its_order_around_a_copy(warehouse, run, connection, table):
    """PostgreSQL documentation, "Pipelining": answers come in order, one transaction up to the Sync."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    copy = warehouse.copy(table, pa.table({"a": pa.array([1, 2], pa.int32())}))
    with FrameClient(warehouse) as client:
        client.send(
            wire.parse_message(f"INSERT INTO {table} VALUES (3)", "insert")
            + execute_frames("insert")
            + wire.parse_message(copy, "copy")
            + execute_frames("copy", "portal")
            + execute_frames("insert")
            + execute_frames("copy", "portal2")
            + SYNC
            + wire.parse_message(f"SELECT count(*) FROM {table}")
            + execute_frames()
            + SYNC
        )
        first, second = client.until(b"Z"), client.until(b"Z")
        assert kinds(first) == "12C12NC2C2NCZ"
        assert tags(first) == ["INSERT 0 1", "COPY 2", "INSERT 0 1", "COPY 2"]
        assert rows(second) == [("6",)]


def test_a_refusal_in_a_pipeline_skips_to_the_sync(warehouse, run, connection, table):
    """PostgreSQL documentation, "Extended Query": after an error everything up to the Sync is discarded."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    with FrameClient(warehouse) as client:
        client.send(
            wire.parse_message(f"INSERT INTO {table} VALUES (3)")
            + execute_frames()
            + wire.parse_message(f"INSERT INTO {table} VALUES (4) RETURNING a")
            + execute_frames()
            + wire.parse_message(f"INSERT INTO {table} VALUES (5)")
            + execute_frames()
            + SYNC
        )
        answer = client.until(b"Z")
        assert (kinds(answer), error_code(answer)) == ("12CEZ", "42601")
        assert rows(client.query(f"SELECT count(*) FROM {table}")) == [("0",)]


def test_an_error_before_a_copy_keeps_it_from_running(warehouse, run, connection, table):
    """PostgreSQL documentation, "Extended Query"; the COPY must neither run nor be waited for."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    copy = warehouse.copy(table, pa.table({"a": pa.array([1, 2], pa.int32())}))
    with FrameClient(warehouse) as client:
        client.send(wire.parse_message(copy, "copy") + SYNC)
        client.until(b"Z")
        client.send(wire.parse_message("SELECT nonsense FROM nowhere") + wire.message(b"H"))
        assert client.next().kind == b"E"
        client.send(execute_frames("copy") + SYNC)
        assert kinds(client.until(b"Z")) == "Z"
        assert rows(client.query(f"SELECT count(*) FROM {table}")) == [("0",)]


def test_a_prepared_statement_runs_repeatedly(warehouse, connection, run, table):
    """P: the driver parses a text once, then only binds and executes; the manifest is read at each Execute."""
    run(f"CREATE TABLE {table} (a int)")
    copy = warehouse.copy(table, pa.table({"a": pa.array([1, 2], pa.int32())}))
    for _ in range(3):
        run(copy)
    assert run(f"SELECT count(*) FROM {table}") == [(6,)]


def test_an_error_aborts_the_transaction_and_the_connection_stays_usable(connection, run, refused, table):
    """P: 25P02 after any error, as in PostgreSQL 8."""
    run(f"CREATE TABLE {table} (a int)")
    with pytest.raises(redshift_connector.ProgrammingError, match="0A000"):
        run("CREATE INDEX i ON x (a)")
    assert refused("SELECT 1")["C"] == "25P02"
    assert refused(f"SELECT * FROM {table}")["C"] == "42P01"
    assert run("SELECT 1") == [(1,)]


def test_a_cancel_request_stops_a_query(warehouse):
    """P: 57014 for a raw CancelRequest."""
    with FrameClient(warehouse) as client, ThreadPoolExecutor() as pool:
        answer = pool.submit(client.query, "SELECT pg_sleep(30)")
        while not answer.done():
            with socket.create_connection(warehouse.address) as canceller:
                canceller.sendall(struct.pack("!II", 16, wire.CANCEL_REQUEST) + client.key)
                canceller.recv(1)
        assert error_code(answer.result()) == "57014"


@pytest.mark.parametrize("leave", [socket.socket.close, hang_up_hard])
def test_a_client_that_leaves_lets_go_of_its_locks_at_once(warehouse, run, connection, table, leave):
    """P: PostgreSQL alone noticed after 0.5 to 5.5 seconds."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    client = FrameClient(warehouse)
    client.query(f"BEGIN; LOCK {table}")
    client.send(wire.message(b"Q", wire.cstring("SELECT pg_sleep(60)")))
    leave(client.socket)
    run("SET statement_timeout TO 10000")
    run(f"LOCK {table}")


def test_a_client_that_leaves_during_a_copy_leaves_no_row(warehouse, connection, run, table):
    """P: the backend rolled back within 0.11 seconds."""
    run(f"CREATE TABLE {table} (a int, b varchar)")
    connection.commit()
    connection.autocommit = True
    values = pa.table({"a": pa.array(range(200_000), pa.int32()), "b": ["x" * 50] * 200_000})
    copy = copy_sql(table, warehouse.put_manifest(*[warehouse.put_parquet(values)] * 20))
    client = FrameClient(warehouse, application_name="leaving")
    client.send(wire.message(b"Q", wire.cstring(copy)))
    wait_for(lambda: bool(run("SELECT 1 FROM pg_stat_progress_copy WHERE tuples_processed > 0")))
    hang_up_hard(client.socket)
    wait_for(lambda: not run("SELECT 1 FROM pg_stat_activity WHERE application_name = 'leaving'"))
    assert run(f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_client_that_leaves_during_an_unload_leaves_no_object(warehouse, run, connection):
    """P: a prototype noticed only after 10.5 seconds and left partial objects."""
    connection.autocommit = True
    prefix = warehouse.uri()
    client = FrameClient(warehouse, application_name="unloading")
    query = "SELECT repeat(md5(a::varchar), 20) AS b FROM generate_series(1, 3000000) AS s(a)"
    client.send(wire.message(b"Q", wire.cstring(unload_sql(query, prefix))))
    wait_for(lambda: bool(warehouse.unfinished_uploads()))
    hang_up_hard(client.socket)
    wait_for(lambda: not run("SELECT 1 FROM pg_stat_activity WHERE application_name = 'unloading'"))
    wait_for(lambda: not warehouse.unfinished_uploads())
    assert warehouse.keys(prefix) == []


def test_sixteen_connections_load_and_unload_at_once(warehouse, connection, run, table):
    """Contract: the warehouse holds 16 connections at once."""
    run(f"CREATE TABLE {table} (a int, b varchar)")
    connection.commit()
    values = pa.table({"a": pa.array(range(5000), pa.int32()), "b": [str(number) for number in range(5000)]})
    copy = warehouse.copy(table, values)

    def work(number):
        prefix = warehouse.uri()
        own = warehouse.connect()
        try:
            cursor = own.cursor()
            cursor.execute(copy)
            cursor.execute(unload_sql(f"SELECT * FROM {table}", prefix))
            own.commit()
        finally:
            own.close()
        return warehouse.read_parquet(prefix).num_rows

    with ThreadPoolExecutor(16) as pool:
        unloaded = list(pool.map(work, range(16)))
    assert all(count % 5000 == 0 and count for count in unloaded)
    assert run(f"SELECT count(*), sum(a) FROM {table}") == [(80_000, 16 * sum(range(5000)))]


def test_the_log_holds_no_secret(local_stack, warehouse, refused):
    """House rule: passwords, S3 keys and SQL text stay out of the log."""
    refused("CREATE INDEX secret_of_mine ON x (a)")
    log = "".join(path.read_text() for path in local_stack.folder.glob("warehouse/*.log"))
    for secret in (warehouse.password, "secret_of_mine"):
        assert secret not in log
