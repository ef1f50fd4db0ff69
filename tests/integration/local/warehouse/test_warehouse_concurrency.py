"""Who waits for whom: the locks that writes take, and what a waiting statement sees."""

from __future__ import annotations

import threading

import pyarrow as pa
import pytest
import redshift_connector

from spark_dao.local import Fault
from spark_dao.local.warehouse import wire
from tests.integration.local.warehouse.warehouse_client import (
    FrameClient,
    error_code,
    execute_frames,
    kinds,
    rows,
    tags,
    wait_for,
)

INTS = pa.table({"a": pa.array([1, 2], pa.int32())})
WRITES = [
    "INSERT INTO {} VALUES (7)",
    "UPDATE {} SET a = a + 10",
    "DELETE FROM {}",
    "MERGE INTO {0} USING {0}_s ON {0}.a = {0}_s.a WHEN MATCHED THEN UPDATE SET a = {0}_s.a"
    " WHEN NOT MATCHED THEN INSERT VALUES ({0}_s.a)",
    "COPY",
]


@pytest.fixture
def filled(run, connection, table):
    run(f"CREATE TABLE {table} (a int)")
    run(f"CREATE TABLE {table}_s (a int)")
    run(f"INSERT INTO {table} VALUES (1), (2)")
    run(f"INSERT INTO {table}_s VALUES (1), (3)")
    connection.commit()
    return table


@pytest.fixture
def other(warehouse):
    opened = warehouse.connect()
    yield opened
    opened.close()


def waits_for_a_lock(run, table):
    """Whether somebody waits for a lock on a table; asked outside any snapshot of the waiting session."""
    return bool(run(f"SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass"))


@pytest.mark.parametrize("write", WRITES)
def test_a_second_write_waits_for_the_first_and_sees_what_it_committed(
    warehouse, connection, run, other, filled, write
):
    """S: DELETE and UPDATE take a table lock, the second waits; G: STV_LOCKS; what it sees then is a guess."""
    statement = warehouse.copy(filled, INTS) if write == "COPY" else write.format(filled)
    other.cursor().execute(f"INSERT INTO {filled} VALUES (100)")
    watcher = warehouse.connect()
    watcher.autocommit = True

    def look(sql):
        cursor = watcher.cursor()
        cursor.execute(sql)
        return cursor.fetchall()

    done = threading.Event()

    def second():
        run(statement)
        connection.commit()
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    wait_for(lambda: waits_for_a_lock(look, filled))
    assert not done.is_set()
    assert look(f"SELECT count(*) FROM {filled}") == ([2],)
    other.commit()
    thread.join(20)
    assert done.is_set()
    left = {row[0] for row in look(f"SELECT a FROM {filled}")}
    watcher.close()
    expected = {
        "INSERT": {1, 2, 7, 100},
        "UPDATE": {11, 12, 110},
        "DELETE": set(),
        "MERGE ": {1, 2, 3, 100},
        "COPY": {1, 2, 100},
    }
    assert left == expected[write[:6]]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_in_autocommit_waits_too(warehouse, connection, run, other, filled, write):
    """S and STV_LOCKS, as above; each statement is a transaction of its own, so it sees what it waited for."""
    statement = warehouse.copy(filled, INTS) if write == "COPY" else write.format(filled)
    other.cursor().execute(f"DELETE FROM {filled}")
    with FrameClient(warehouse) as client:
        answers = []
        thread = threading.Thread(target=lambda: answers.extend(client.query(statement)))
        thread.start()
        connection.autocommit = True
        wait_for(lambda: waits_for_a_lock(run, filled))
        assert answers == []
        other.commit()
        thread.join(20)
    assert "E" not in [message.kind.decode() for message in answers]
    counts = {"INSERT": 1, "UPDATE": 0, "DELETE": 0, "MERGE ": 2, "COPY": 2}
    assert run(f"SELECT count(*) FROM {filled}") == [(counts[write[:6]],)]


def test_readers_wait_for_no_write(local_stack, warehouse, connection, run, filled):
    """G: "Write and read/write operations": readers see the rows that were committed when they began."""
    fault = Fault(action="delay", when="during", seconds=600, statement="COPY", containing=filled)
    with local_stack.fault(fault) as copying, FrameClient(warehouse) as writer, FrameClient(warehouse) as reader:
        writer.query(f"BEGIN; DELETE FROM {filled}")
        writer.send(wire.message(b"Q", wire.cstring(warehouse.copy(filled, INTS))))
        copying.wait()
        for _ in range(3):
            assert rows(reader.query(f"SELECT count(*) FROM {filled}")) == [("2",)]


def test_a_transaction_that_has_read_fails_on_rows_changed_since(warehouse, connection, run, other, filled):
    """G+: SNAPSHOT isolation; dbt-core#12596: XX000 with the message 1023; the transaction is aborted."""
    cursor = other.cursor()
    cursor.execute(f"SELECT * FROM {filled}")
    run(f"UPDATE {filled} SET a = a + 1")
    connection.commit()
    with pytest.raises(redshift_connector.ProgrammingError) as caught:
        cursor.execute(f"DELETE FROM {filled}")
    assert (caught.value.args[0]["C"], caught.value.args[0]["M"]) == ("XX000", "1023")
    with pytest.raises(redshift_connector.ProgrammingError, match="25P02"):
        cursor.execute("SELECT 1")
    other.rollback()
    cursor.execute(f"DELETE FROM {filled}")


def test_a_snapshot_is_kept_until_the_transaction_ends(connection, run, other, filled):
    """G+: SNAPSHOT isolation: a transaction sees what was committed when it began to read."""
    cursor = other.cursor()
    cursor.execute(f"SELECT count(*) FROM {filled}")
    run(f"INSERT INTO {filled} VALUES (9)")
    connection.commit()
    cursor.execute(f"SELECT count(*) FROM {filled}")
    assert cursor.fetchall() == ([2],)
    other.commit()
    cursor.execute(f"SELECT count(*) FROM {filled}")
    assert cursor.fetchall() == ([3],)


def test_two_that_wait_for_each_other_are_a_deadlock(warehouse, filled):
    """Public reports: 40P01 `deadlock detected`; here it is PostgreSQL's own."""
    with FrameClient(warehouse) as first, FrameClient(warehouse) as second:
        first.query(f"BEGIN; DELETE FROM {filled}")
        second.query(f"BEGIN; DELETE FROM {filled}_s")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(first.query(f"DELETE FROM {filled}_s")))
        thread.start()
        answers.append(second.query(f"DELETE FROM {filled}"))
        second.query("ROLLBACK")
        thread.join(20)
        codes = [error_code(answer) for answer in answers if any(message.kind == b"E" for message in answer)]
    assert codes == ["40P01"]


def test_an_explicit_lock_keeps_readers_out(warehouse, connection, run, filled):
    """G: LOCK is an access exclusive lock: readers wait."""
    run(f"LOCK TABLE {filled}")
    with FrameClient(warehouse) as reader:
        reader.query("SET statement_timeout TO 200")
        assert error_code(reader.query(f"SELECT * FROM {filled}")) == "57014"
        connection.commit()
        assert rows(reader.query(f"SELECT count(*) FROM {filled}")) == [("2",)]


def test_many_prepared_writes_take_one_lock(connection, run, filled):
    """P: the driver's executemany binds one statement again and again."""
    connection.cursor().executemany(f"INSERT INTO {filled} VALUES (%s)", [(number,) for number in range(50)])
    connection.commit()
    assert run(f"SELECT count(*) FROM {filled}") == [(52,)]


def test_a_batch_sent_without_waiting_takes_the_lock_in_each_of_its_transactions(warehouse, connection, run, filled):
    """P: JDBC drivers send a batch's rows behind each other; a write behind a COMMIT is another transaction's."""
    texts = {"b": "BEGIN", "i": f"INSERT INTO {filled} VALUES (5)", "c": "COMMIT"}
    with FrameClient(warehouse) as client:
        client.send(b"".join(wire.parse_message(texts[name], name) for name in "bc") + wire.message(b"S"))
        client.until(b"Z")
        client.send(execute_frames("b") + wire.parse_message(texts["i"], "i") + execute_frames("i") * 3)
        client.send(b"".join(map(execute_frames, "cbii")) + wire.message(b"S"))
        answers = client.until(b"Z")
        assert (kinds(answers).count("E"), tags(answers).count("INSERT 0 1")) == (0, 5)
        run("SET statement_timeout TO 200")
        with pytest.raises(redshift_connector.ProgrammingError, match="57014"):
            run(f"INSERT INTO {filled} VALUES (6)")
        connection.rollback()
        client.query("COMMIT")
    assert run(f"SELECT count(*) FROM {filled} WHERE a = 5") == [(5,)]
