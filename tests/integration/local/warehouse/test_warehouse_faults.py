"""Faults that a test asks for: the switches themselves. None of it is Redshift's; the sources are the issue's words."""

from __future__ import annotations

import threading
import time

import pyarrow as pa
import pytest
import redshift_connector

from spark_dao.errors import InterfaceError
from spark_dao.local import Fault, LocalStack
from tests.integration.local.warehouse.warehouse_client import (
    FrameClient,
    hang_up_hard,
    kinds,
    rows,
    unload_sql,
)

INTS = pa.table({"a": pa.array([1, 2], pa.int32())})


@pytest.fixture
def filled(run, connection, table):
    """A table with one row, committed."""
    run(f"CREATE TABLE {table} (a int)")
    run(f"INSERT INTO {table} VALUES (0)")
    connection.commit()
    return table


@pytest.fixture
def count(warehouse, filled):
    def look():
        with FrameClient(warehouse) as client:
            return int(rows(client.query(f"SELECT count(*) FROM {filled}"))[0][0])

    return look


@pytest.mark.parametrize(("when", "left"), [("before", 1), ("after", 3)])
def test_a_connection_is_cut_around_commit(local_stack, warehouse, connection, run, filled, count, when, left):
    """Issue 5: cut the connection before or after COMMIT; only the second one has happened."""
    with local_stack.fault(Fault(action="cut", when=when, statement="COMMIT", containing=filled)) as armed:
        run(warehouse.copy(filled, INTS))
        with pytest.raises(redshift_connector.Error):
            connection.commit()
        assert armed.hits == 1
    assert count() == left


@pytest.mark.parametrize(("when", "left"), [("before", 1), ("after", 3)])
def test_a_connection_is_cut_around_a_statement_in_autocommit(
    local_stack, warehouse, connection, run, filled, count, when, left
):
    """Issue 5; without a transaction block the statement is its own commit."""
    connection.autocommit = True
    with (
        local_stack.fault(Fault(action="cut", when=when, statement="COPY", containing=filled)),
        pytest.raises(redshift_connector.Error),
    ):
        run(warehouse.copy(filled, INTS))
    assert count() == left


def test_a_connection_is_cut_in_the_middle_of_a_copy(local_stack, warehouse, run, filled, count):
    """Issue 5: in COPY."""
    fault = Fault(action="cut", when="during", statement="COPY", containing=filled)
    with local_stack.fault(fault) as armed, pytest.raises(redshift_connector.Error):
        run(warehouse.copy(filled, INTS, INTS))
    assert armed.hits == 1
    assert count() == 1


def test_the_nth_copy_fails(local_stack, warehouse, run, refused, filled):
    """Issue 5: fail the n-th COPY; the default is Redshift's serialization failure (dbt-core#12596)."""
    copy = warehouse.copy(filled, INTS)
    with local_stack.fault(Fault(action="fail", statement="COPY", containing=filled, nth=2, times=2)) as armed:
        run(copy)
        for _ in range(2):
            error = refused(copy)
            assert (error["C"], error["M"]) == ("XX000", "1023")
            assert error["D"].startswith("Serializable isolation violation on table")
        run(copy)
        assert armed.hits == 2
    run(copy)
    assert run(f"SELECT count(*) FROM {filled}") == [(5,)]


@pytest.mark.parametrize("when", ["during", "after"])
def test_a_copy_that_fails_late_leaves_no_row(local_stack, warehouse, refused, count, filled, when):
    """Issue 5; any error of one's choice."""
    fault = Fault(action="fail", when=when, statement="COPY", containing=filled, code="57014", message="cancelled")
    with local_stack.fault(fault):
        assert refused(warehouse.copy(filled, INTS))["C"] == "57014"
    assert count() == 1


def test_a_commit_that_fails_ends_its_transaction(local_stack, connection, run, filled, count):
    """PostgreSQL documentation, COMMIT: a failing one rolls back and leaves no transaction open."""
    with local_stack.fault(Fault(action="fail", statement="COMMIT", containing=filled)):
        run(f"DELETE FROM {filled}")
        with pytest.raises(redshift_connector.ProgrammingError, match="1023"):
            connection.commit()
    assert not connection.in_transaction
    assert count() == 1
    assert run("SELECT 1") == [(1,)]


def test_a_delay_ends_when_the_client_leaves(local_stack, warehouse, filled, count):
    """Issue 5: kill a writer before COMMIT; its locks are free at once, not after the delay."""
    client = FrameClient(warehouse)
    client.query(f"BEGIN; DELETE FROM {filled}")
    with local_stack.fault(Fault(action="delay", seconds=600, statement="COMMIT", containing="")) as armed:
        client.send(b"Q\0\0\0\x0bcommit\0")
        armed.wait()
        hang_up_hard(client.socket)
    with FrameClient(warehouse) as other:
        other.query("SET statement_timeout TO 20000")
        assert kinds(other.query(f"BEGIN; LOCK {filled}; COMMIT")) == "CCCZ"
    assert count() == 1


def test_a_delay_lasts_and_the_statement_goes_on(local_stack, warehouse, run, filled):
    """Issue 5: delay."""
    fault = Fault(action="delay", when="during", seconds=0.3, statement="COPY", containing=filled)
    with local_stack.fault(fault):
        started = time.monotonic()
        run(warehouse.copy(filled, INTS))
        assert time.monotonic() - started >= 0.3
    assert run(f"SELECT count(*) FROM {filled}") == [(3,)]


def test_other_transactions_are_left_alone(local_stack, warehouse, connection, run, filled, table):
    """The warehouse's own, no behaviour of Redshift: `containing` binds a fault to transactions that name a table."""
    with local_stack.fault(Fault(action="cut", statement="", containing=f"{filled}_not_this_one")) as armed:
        run(warehouse.copy(filled, INTS))
        connection.commit()
        assert armed.hits == 0


def test_unload_and_any_other_statement_can_be_struck(local_stack, warehouse, connection, run, refused, filled):
    """Issue 5: one interface for all statements."""
    prefix = warehouse.uri()
    unload = unload_sql(f"SELECT * FROM {filled}", prefix)
    with local_stack.fault(Fault(action="fail", statement="unload", containing=filled)):
        assert refused(unload)["M"] == "1023"
    assert warehouse.keys(prefix) == []
    with local_stack.fault(Fault(action="fail", statement="", containing=filled, code="53000", message="full")):
        assert refused(f"SELECT * FROM {filled}")["M"] == "full"
    run(unload)


def test_simple_queries_are_struck_too(local_stack, warehouse, filled, count):
    """PostgreSQL documentation, "Simple Query"."""
    fault = Fault(action="fail", statement="DELETE", containing=filled)
    with FrameClient(warehouse) as client, local_stack.fault(fault):
        answer = client.query(f"SELECT 1 AS one; DELETE FROM {filled}; SELECT 2")
        assert kinds(answer) == "TDCEZ"
        assert kinds(client.query(f"SELECT a FROM {filled}; ")) == "TDCZ"
    assert count() == 1


def test_a_fault_waits_for_many_sessions(local_stack, warehouse, filled, count):
    """The warehouse's own, no behaviour of Redshift: the n-th match counts over all sessions."""
    sessions = [FrameClient(warehouse) for _ in range(3)]
    with local_stack.fault(Fault(action="fail", statement="INSERT", containing=filled, nth=3)) as armed:
        threads = [
            threading.Thread(target=client.query, args=(f"INSERT INTO {filled} VALUES (1)",)) for client in sessions
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        armed.wait(seconds=5)
        assert armed.hits == 1
    for client in sessions:
        client.close()
    assert count() == 3


def test_a_stack_that_is_down_takes_no_fault(tmp_path):
    """House rule: one clear error."""
    with pytest.raises(InterfaceError, match="is not up"), LocalStack(tmp_path / "none").fault(Fault(action="cut")):
        pass
