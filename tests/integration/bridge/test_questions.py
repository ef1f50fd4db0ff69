"""How often Python is asked, and what many threads or a store that does not answer do to each other's questions."""

from __future__ import annotations

import json
import socket
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException

COUNTING = """
    import pathlib
    from spark_dao.plans import ReadPlan, WritePlan

    HERE = pathlib.Path(__file__).parent

    class Counting:
        def plan_read(self, data_object, *, header="true", schema=None):
            with HERE.joinpath("asked").open("a") as log:
                log.write("read\\n")
            paths = ((HERE / data_object.name).as_uri(),)
            return ReadPlan(format="csv", paths=paths, options={"header": header}, schema=schema)

        def plan_write(self, data_object, *, schema, mode):
            with HERE.joinpath("asked").open("a") as log:
                log.write("write\\n")
            return WritePlan(format="csv", path=(HERE / data_object.name).as_uri(), mode=mode)
"""


@pytest.fixture
def asked(spark, tmp_path):
    """Declare a store that notes each plan it is asked for; returns what was asked since the last call."""
    (tmp_path / "counting.py").write_text(textwrap.dedent(COUNTING))
    conf = {
        "spark.dao.pythonPath": str(tmp_path),
        "spark.sql.catalog.dao.store.counted.interface_class": "Counting",
        "spark.sql.catalog.dao.store.counted.interface_class_location": "counting",
    }
    for key, value in conf.items():
        spark.conf.set(key, value)
    log = tmp_path / "asked"

    def since():
        lines = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    spark.range(3).coalesce(1).write.option("header", True).csv((tmp_path / "ids").as_uri())
    yield since
    for key in conf:
        spark.conf.unset(key)


@pytest.mark.parametrize(
    "load",
    [
        lambda spark: spark.read.format("dao").load("counted.ids"),
        lambda spark: spark.read.format("DAO").option("path", "counted.ids").load(),
        lambda spark: spark.read.format("io.sparkdao.DaoDataSource").schema("id long").load("counted.ids"),
        lambda spark: spark.table("dao.counted.ids"),
        lambda spark: spark.sql("SELECT * FROM dao.counted.ids WHERE id >= 0"),
    ],
    ids=["load", "path option", "schema", "table", "SELECT"],
)
def test_a_read_asks_python_once_and_running_it_asks_nothing(spark, asked, load):
    frame = load(spark)
    assert asked() == ["read"]
    assert frame.count() == 3
    assert asked() == []


def test_options_said_in_sql_are_planned_with(spark, asked):
    assert spark.sql("SELECT * FROM dao.counted.ids WITH (header = 'false')").count() == 4


def test_a_save_asks_for_one_plan_and_an_append_for_the_columns_too(spark, asked):
    spark.range(2).write.format("dao").mode("append").save("counted.new")
    assert asked() == ["read", "write"]
    spark.range(2).write.format("dao").mode("overwrite").save("counted.new")
    assert asked() == ["write"]


def test_the_plan_that_a_lookup_hands_on_is_shown_nowhere(spark, asked):
    frame = spark.table("dao.counted.ids")
    described = "\n".join(str(row) for row in spark.sql("DESCRIBE EXTENDED dao.counted.ids").collect())
    assert "__dao_plan" not in frame._jdf.queryExecution().toString() + described


def test_sixteen_threads_get_the_answers_to_their_own_questions(spark, declare):
    folder = declare()
    for number in range(16):
        (folder / f"t{number}").mkdir(parents=True)
        (folder / f"t{number}" / "part-0.csv").write_text("x")

    def locations(number):
        resolver = spark._jvm.io.sparkdao.Resolver.of(spark._jsparkSession, "dao")
        question = json.dumps({"name": f"silver.t{number}"})
        return {json.loads(resolver.ask("describe", question))["location"] for _ in range(50)}

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(locations, range(16)))
    assert found == [{f"{folder.as_uri()}/t{number}"} for number in range(16)]


def test_a_store_that_does_not_answer_holds_up_no_other_store(spark, declare, tmp_path):
    folder = declare()
    (folder / "users").mkdir(parents=True)
    (folder / "users" / "part-0.csv").write_text("x")
    silent = socket.create_server(("127.0.0.1", 0), backlog=64)
    file = Path(tmp_path / "catalog.json")
    stores = json.loads(file.read_text())
    stores["mute"] = {
        "interface_class": "S3SparkInterface",
        "default_configs": {
            "bucket": "mute",
            "endpoint_url": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "aws_access_key_id": "x",
            "aws_secret_access_key": "x",
        },
    }
    file.write_text(json.dumps(stores))
    resolver = spark._jvm.io.sparkdao.Resolver.of(spark._jsparkSession, "dao")

    def ask(name):
        return json.loads(resolver.ask("describe", json.dumps({"name": name})))

    assert ask("silver.users")["exists"]
    with ThreadPoolExecutor(16) as threads:
        with silent:
            waiting = [threads.submit(ask, f"mute.t{number}") for number in range(16)]
            connection, _ = silent.accept()
            started = time.monotonic()
            for _ in range(50):
                ask("silver.users")
            answered_in = time.monotonic() - started
            assert not any(question.done() for question in waiting)
        connection.close()
        for question in waiting:
            with pytest.raises(AnalysisException, match=r"mute\.t\d+.*could not|mute"):
                question.result(120)
    assert answered_in < 5, "0.05 seconds on a quiet machine"
