"""The views that tell which statements were received."""

from __future__ import annotations

import pyarrow as pa
import pytest

from spark_dao.local.warehouse import wire
from tests.integration.local.warehouse.warehouse_client import FrameClient, rows, wait_for


@pytest.fixture
def history(connection, run):
    """What was received about something, oldest first, read in a fresh transaction."""

    def look(about, columns="trim(query_type), trim(status), returned_rows, trim(query_text)"):
        connection.rollback()
        return run(
            f"SELECT {columns} FROM sys_query_history WHERE query_text LIKE '%{about}%'"
            " AND query_text NOT LIKE '%sys_query_history%' ORDER BY query_id"
        )

    return look


def test_statements_are_listed_as_they_were_received(warehouse, connection, run, refused, history, table):
    """G: SYS_QUERY_HISTORY; that statements which cannot be parsed are missing is a guess."""
    create = f"CREATE TABLE {table} (a int) DISTKEY (a)"
    copy = warehouse.copy(table, pa.table({"a": pa.array([1, 2], pa.int32())}))
    run(create)
    connection.commit()
    run(copy)
    run(f"SELECT a FROM {table}")
    refused(f"SELECT a / 0 FROM {table}")
    refused(warehouse.copy(table, pa.table({"a": ["x"]})))
    found = history(table)
    assert found[:3] == [
        ("DDL", "success", None, create),
        ("COPY", "success", 2, copy.strip()),
        ("SELECT", "success", 2, f"SELECT a FROM {table}"),
    ]
    assert [row[:2] for row in found[3:]] == [("SELECT", "failed"), ("COPY", "failed")]
    messages = [message for (message,) in history(table, "error_message")]
    assert messages[3:] == ["division by zero", "Spectrum Scan Error"]


def test_simple_queries_are_listed_one_by_one(warehouse, history, table):
    """G: SYS_QUERY_HISTORY has a row for each query."""
    with FrameClient(warehouse) as client:
        client.query(f"SELECT 1 AS {table}; SELECT 2 AS {table}; SELECT 1/0 AS {table}; SELECT 3 AS {table}")
    assert [row[:2] for row in history(table)] == [("SELECT", "success")] * 2 + [("SELECT", "failed")]


def test_the_older_views_list_the_same(run, connection, table):
    """G: STL_QUERY and STL_QUERYTEXT, the latter in pieces of 200 characters."""
    run(f"SELECT '{'x' * 300}' AS {table}")
    connection.commit()
    columns = "query, aborted, pid = pg_backend_pid()"
    (found,) = run(f"SELECT {columns} FROM stl_query WHERE querytxt LIKE '% AS {table}'")
    assert found[1:] == (0, True)
    pieces = run(f"SELECT sequence, text FROM stl_querytext WHERE query = {found[0]} ORDER BY sequence")
    assert [number for number, _ in pieces] == [0, 1]
    assert "".join(text for _, text in pieces).rstrip().endswith(f"AS {table}")


def test_loads_are_listed(warehouse, connection, run, table):
    """G: SYS_LOAD_HISTORY."""
    run(f"CREATE TABLE {table} (a int)")
    run(warehouse.copy(table, pa.table({"a": pa.array([1, 2, 3], pa.int32())})))
    connection.commit()
    where = f"query_id IN (SELECT query_id FROM sys_query_history WHERE query_text LIKE 'COPY {table}%')"
    assert run(f"SELECT status, loaded_rows FROM sys_load_history WHERE {where}") == [("completed", 3)]


def test_running_statements_are_listed(warehouse, table):
    """G: STV_RECENTS."""
    with FrameClient(warehouse) as client:
        client.send(wire.message(b"Q", wire.cstring(f"SELECT pg_sleep(600) AS {table}")))
        wait_for(lambda: _running(warehouse, table))
    wait_for(lambda: not _running(warehouse, table))


def _running(warehouse, table):
    sql = f"SELECT 1 FROM stv_recents WHERE status = 'Running' AND query = 'SELECT pg_sleep(600) AS {table}'"
    with FrameClient(warehouse) as watcher:
        return bool(rows(watcher.query(sql)))


def test_a_statement_that_fails_when_it_is_bound_is_listed(warehouse, history, table):
    """G: SYS_QUERY_HISTORY; PostgreSQL finds a division by a constant zero when it plans, at Bind."""
    with FrameClient(warehouse) as client:
        client.send(wire.parse_message(f"SELECT 1/0 AS {table}") + wire.message(b"S"))
        client.until(b"Z")
        client.send(wire.bind_message() + wire.message(b"H"))
        assert client.next().kind == b"E"
        client.send(wire.execute_message() + wire.message(b"S"))
        client.until(b"Z")
    assert history(table, "error_message") == [("division by zero",)]


def test_secrets_in_statements_are_hidden(refused, history, table):
    """G: STL_QUERYTEXT shows credentials as asterisks."""
    refused(f"SELECT 1/0 AS {table}, $$PASSWORD 'hunter2'$$")
    assert history(table)[0][3].endswith("$$PASSWORD '***'$$")
