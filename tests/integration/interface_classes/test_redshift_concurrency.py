"""Writers and readers of one table at the same time: as if one came after the other, and no reader waits for a load."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.local import Fault
from spark_dao.plans import SchemaField
from tests.integration.interface_classes.gold_tables import Thing, name_of, read, sql, stage, write

WRITERS, ROUNDS, KEYS = 8, 2, 6
SCHEMA = (SchemaField("id", "long"), SchemaField("writer", "long"), SchemaField("round", "long"))


def batch(writer: int, round_number: int) -> pa.Table:
    """Rows that overlap with those of the neighbours, and one key of the writer's own."""
    ids = [*range(writer % KEYS, writer % KEYS + KEYS), 1000 + writer]
    return pa.table({"id": ids, "writer": [writer] * len(ids), "round": [round_number] * len(ids)})


def upsert(gold: RedshiftSparkInterface, thing: Thing, data: pa.Table, **arguments: Any) -> None:
    given = {"schema": SCHEMA, "mode": "append", "operation": "upsert", "primary_keys": ["id"], **arguments}
    plan = gold.plan_write(thing, **given)
    assert plan.token is not None
    gold.commit_write(plan.token, stage(gold, plan, [data]))


def committed_order(gold: RedshiftSparkInterface, thing: Thing) -> list[tuple[int, int]]:
    """The batches in the order in which their rows were written into the control table."""
    (control,) = sql(
        gold,
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = 'spark_dao_control' AND c.relname LIKE 'batches_{thing.name[:38]}%'",
    )
    rows = sql(gold, f'SELECT batch_id FROM "spark_dao_control"."{control[0]}" ORDER BY committed_at')
    return [tuple(int(part) for part in row[0].split("-")) for row in rows]  # type: ignore[misc]


@pytest.mark.parametrize("exists", [True, False])
def test_concurrent_upserts_equal_the_order_in_which_they_were_committed(
    gold: RedshiftSparkInterface, users: Thing, exists: bool
) -> None:
    if exists:
        write(gold, users, batch(99, 0), schema=SCHEMA, batch_id="99-0")

    def work(writer: int) -> None:
        for round_number in range(ROUNDS):
            data = batch(writer, round_number)
            upsert(gold, users, data, batch_id=f"{writer}-{round_number}")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    expected: dict[int, tuple[int, int]] = {}
    order = committed_order(gold, users)
    for writer, round_number in order:
        expected |= dict.fromkeys(batch(writer, round_number)["id"].to_pylist(), (writer, round_number))
    found = read(gold, users)
    assert len(order) == WRITERS * ROUNDS + exists
    assert len(found) == len(expected), "a key was inserted twice or lost"
    assert {row["id"]: (row["writer"], row["round"]) for row in found} == expected


def test_an_upsert_counts_what_another_client_added_meanwhile(
    local_stack: Any, gold: RedshiftSparkInterface, users: Thing
) -> None:
    write(gold, users, batch(1, 0), schema=SCHEMA)
    pause = Fault(action="delay", seconds=3, statement="COPY", containing="spark_dao_staged_rows")
    with local_stack.fault(pause) as fault, ThreadPoolExecutor(1) as pool:
        running = pool.submit(upsert, gold, users, batch(2, 1))
        fault.wait()
        sql(gold, f"INSERT INTO {name_of(users)} VALUES (1002, 7, 7)")
        running.result()
    assert [row["writer"] for row in read(gold, users) if row["id"] == 1002] == [2]


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_readers_never_wait_for_a_load(local_stack: Any, gold: RedshiftSparkInterface, users: Thing, mode: str) -> None:
    write(gold, users, batch(1, 0), schema=SCHEMA)
    pause = Fault(action="delay", seconds=4, statement="COMMIT", when="before", containing=f"COPY {name_of(users)}")
    with local_stack.fault(pause) as fault, ThreadPoolExecutor(1) as pool:
        running = pool.submit(write, gold, users, batch(2, 1), schema=SCHEMA, mode=mode)
        fault.wait()
        with connected(gold.settings) as session:
            session.execute("SET statement_timeout TO 5000")
            for _ in range(20):
                counted = session.execute(f"SELECT count(*), max(round) FROM {name_of(users)}")
                session.rollback()
                assert counted == [(7, 0)]
        assert not running.done()
        running.result()
    assert gold.count(users) == (7 if mode == "overwrite" else 14)


def test_a_reader_in_a_loop_sees_the_old_rows_or_the_new_ones_never_neither(
    gold: RedshiftSparkInterface, users: Thing
) -> None:
    write(gold, users, batch(0, 0), schema=SCHEMA)
    stop, seen, slowest = threading.Event(), set(), 0.0

    def look() -> float:
        longest = 0.0
        with connected(gold.settings) as session:
            while not stop.is_set():
                started = time.monotonic()
                seen.update(session.execute(f"SELECT count(*), count(DISTINCT round) FROM {name_of(users)}"))
                session.rollback()
                longest = max(longest, time.monotonic() - started)
        return longest

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(look)
        try:
            for number in range(1, 6):
                write(gold, users, batch(0, number), schema=SCHEMA, mode="overwrite")
        finally:
            stop.set()
        slowest = reader.result()
    assert seen == {(7, 1)}
    assert slowest < 10
