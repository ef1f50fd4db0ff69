"""What goes wrong while a warehouse works: a process that dies, a cancelled job, others at the same table."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from spark_dao import DataAccessObject
from spark_dao.local import Fault

from .conftest import ROWS, rows
from .warehouse import Warehouse

WAITING = {"io.sparkdao.StagedLoad", "io.sparkdao.StagedFiles"}


@pytest.fixture
def users(warehouse: Warehouse, data: DataFrame) -> Warehouse:
    data.write.format("dao").save("gold.users")
    return warehouse


def kill_resolver(spark: SparkSession) -> None:
    resolver = spark._jvm.io.sparkdao.Resolver.of(spark._jsparkSession, "dao")
    os.kill(json.loads(resolver.ask("hello", "{}"))["pid"], signal.SIGKILL)


def interrupt_query(spark: SparkSession) -> None:
    """Interrupt the thread that waits for the warehouse, as Spark Connect and the Thrift server cancel a query."""
    stacks = spark._jvm.java.lang.Thread.getAllStackTraces()
    waiting = [
        thread
        for thread in stacks.keySet()
        if any(frame.getClassName() in WAITING for frame in stacks[thread]) and "long-work" not in thread.getName()
    ]
    assert len(waiting) == 1
    waiting[0].interrupt()


@contextmanager
def meanwhile(action: Callable[[], object]) -> Iterator[None]:
    """Do something beside the block, and fail where it fails."""
    failures: list[BaseException] = []

    def watched() -> None:
        try:
            action()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=watched)
    thread.start()
    yield
    thread.join(60)
    assert (failures, thread.is_alive()) == ([], False)


@pytest.mark.parametrize("statement", ["COPY", "UNLOAD"])
def test_a_resolver_that_is_killed_in_the_middle_is_replaced_and_nothing_doubles(
    spark: SparkSession, users: Warehouse, statement: str
) -> None:
    with (
        users.stack.fault(Fault(action="delay", statement=statement, seconds=120, containing=users.name)) as fault,
        meanwhile(lambda: (fault.wait(), kill_resolver(spark))),
    ):
        if statement == "COPY":
            spark.sql("INSERT INTO dao.gold.users VALUES (9, 'new', 9)")
        else:
            assert rows(spark.table("dao.gold.users")) == ROWS
    expected = [*ROWS, (9, "new", 9)] if statement == "COPY" else ROWS
    assert rows(spark.table("dao.gold.users")) == expected
    assert [key for key in users.staged() if "/write-" in key] == []


@pytest.mark.parametrize("code", ["57P01", "XX000"])
def test_a_lost_answer_to_commit_and_a_serialization_failure_neither_lose_nor_double_rows(
    spark: SparkSession, users: Warehouse, code: str
) -> None:
    lost = Fault(action="cut", when="after", statement="COMMIT", containing='COPY "' + users.name)
    conflict = Fault(action="fail", statement="COPY", containing=users.name)
    with users.stack.fault(lost if code == "57P01" else conflict) as fault:
        spark.sql("INSERT INTO dao.gold.users VALUES (9, 'new', 9)")
        assert fault.hits == 1
    assert rows(spark.table("dao.gold.users")) == [*ROWS, (9, "new", 9)]


def test_a_job_that_is_cancelled_while_it_stages_leaves_the_old_rows_and_no_file(
    spark: SparkSession, users: Warehouse
) -> None:
    tracker = spark.sparkContext.statusTracker()

    def cancel() -> None:
        deadline = time.monotonic() + 60
        while not tracker.getActiveJobsIds():
            assert time.monotonic() < deadline, "no job was started"
        spark.sparkContext.cancelAllJobs()

    endless = "SELECT java_method('java.lang.Thread', 'sleep', 60000L + id) IS NULL AS id, name, k FROM dao.gold.users"
    with meanwhile(cancel), pytest.raises((PySparkException, Py4JJavaError), match="cancel"):
        spark.sql(f"INSERT OVERWRITE dao.gold.users SELECT cast(id AS bigint), name, k FROM ({endless})")
    assert rows(spark.table("dao.gold.users")) == ROWS
    assert [key for key in users.staged() if "/write-" in key] == []


def test_queries_at_once_on_one_table_each_get_a_whole_answer(spark: SparkSession, users: Warehouse) -> None:
    table = spark.table("dao.gold.users")
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda k: sorted(row.id for row in table.where(f"k = {k}").collect()), range(3)))
        inserts = [
            threads.submit(spark.sql, f"INSERT INTO dao.gold.users VALUES ({10 + number}, 'new', 9)")
            for number in range(3)
        ]
        for insert in inserts:
            insert.result()
    assert answers == [[0, 3], [1, 4], [2, 5]]
    assert rows(spark.table("dao.gold.users")) == [*ROWS, *((10 + number, "new", 9) for number in range(3))]


@pytest.mark.parametrize("statement", ["COPY", "UNLOAD"])
def test_a_query_that_is_interrupted_while_the_warehouse_works_ends_at_once_and_changes_nothing(
    spark: SparkSession, users: Warehouse, statement: str
) -> None:
    delay = Fault(action="delay", statement=statement, seconds=120, containing=users.name)
    began = time.monotonic()
    with (
        users.stack.fault(delay) as fault,
        meanwhile(lambda: (fault.wait(), interrupt_query(spark))),
        pytest.raises((PySparkException, Py4JJavaError), match=r"(?i)interrupt|cancel"),
    ):
        if statement == "COPY":
            spark.sql("INSERT OVERWRITE dao.gold.users VALUES (9, 'new', 9)")
        else:
            spark.table("dao.gold.users").collect()
    assert time.monotonic() - began < 60
    assert rows(spark.table("dao.gold.users")) == ROWS
    assert [key for key in users.staged() if "/write-" in key] == []
    spark.sql("INSERT INTO dao.gold.users VALUES (9, 'new', 9)")
    assert rows(spark.table("dao.gold.users")) == [*ROWS, (9, "new", 9)]


def test_ctrl_c_while_dao_write_loads_leaves_the_old_rows_and_no_file(
    spark: SparkSession, users: Warehouse, data: DataFrame
) -> None:
    dao = DataAccessObject(spark=spark)
    delay = Fault(action="delay", statement="COPY", when="during", seconds=120, containing=users.name)
    main = threading.main_thread().ident
    assert main is not None
    with (
        users.stack.fault(delay) as fault,
        meanwhile(lambda: (fault.wait(), signal.pthread_kill(main, signal.SIGINT))),
        pytest.raises(KeyboardInterrupt),
    ):
        dao.write(data.selectExpr("id + 10 AS id", "name", "k"), "gold.users", mode="overwrite")
    assert rows(dao.read("gold.users")) == ROWS
    assert [key for key in users.staged() if "/write-" in key] == []
