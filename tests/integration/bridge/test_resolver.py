"""The JVM's side of the resolver: one Python process per driver, and what becomes of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException

from spark_dao import __version__
from spark_dao.local.processes import ProcessIdentity
from tests.integration.bridge.conftest import bridge_jar

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "interface-classes.md"
FAKE_RESOLVER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print("printed before anything else", flush=True)
    print(json.dumps({"id": request["id"], "ok": {"version": "9.9.9"}}), flush=True)
"""
DRIVER = """
import json, sys, time
from pyspark.sql import SparkSession
conf = json.loads(sys.argv[1])
builder = SparkSession.builder.master("local[1]")
for key, value in conf.items():
    builder = builder.config(key, value)
session = builder.getOrCreate()
resolver = session._jvm.io.sparkdao.Resolver.of(session._jsparkSession, "dao")
print("RESOLVER", json.loads(resolver.ask("hello", "{}"))["pid"], flush=True)
print("SEES", json.loads(resolver.ask("plan_read", json.dumps({"name": "mine.x"})))["plan"]["paths"], flush=True)
token = json.loads(resolver.ask("plan_read", json.dumps({"name": "mine.staged"})))["plan"]["token"]
resolver.ask("stage_read", json.dumps({"name": "mine.staged", "token": token}))
if sys.argv[2] == "stay":
    time.sleep(600)
"""


@pytest.fixture
def conf(spark):
    """Set conf of the session for one test."""
    said = []

    def set_all(entries):
        for key, value in entries.items():
            said.append(key)
            spark.conf.set(key, value)

    yield set_all
    for key in said:
        spark.conf.unset(key)


@pytest.fixture
def ask(spark):
    def asked(op, **fields):
        resolver = spark._jvm.io.sparkdao.Resolver.of(spark._jsparkSession, "dao")
        return json.loads(resolver.ask(op, json.dumps(fields)))

    return asked


def written(folder, **modules):
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
    return str(folder)


def test_python_answers_and_its_errors_are_analysis_exceptions_with_its_words_only(declare, ask):
    declare()
    assert "silver" in ask("stores")["stores"]
    with pytest.raises(AnalysisException) as refused:
        ask("describe", name="silvr.users")
    assert str(refused.value) == "store `silvr`: no store `silvr` in the catalog; did you mean `silver`?"


def test_all_sessions_and_threads_of_a_driver_share_one_process(spark, declare, ask):
    declare()
    with ThreadPoolExecutor(8) as threads:
        pids = list(threads.map(lambda _: ask("hello")["pid"], range(40)))
    other = spark.newSession()
    resolver = spark._jvm.io.sparkdao.Resolver.of(other._jsparkSession, "dao")
    assert {*pids, json.loads(resolver.ask("hello", "{}"))["pid"]} == {pids[0]}


def test_killed_in_mid_use_it_is_started_again_and_the_question_asked_again(conf, ask, tmp_path):
    module = """
        import pathlib, threading, time
        from spark_dao.plans import ReadPlan

        class Gate:
            def plan_read(self, data_object):
                here = pathlib.Path(__file__).parent
                here.joinpath(f"asked-{threading.get_ident()}").touch()
                while not here.joinpath("open").exists():
                    time.sleep(0.01)
                return ReadPlan(format="parquet", paths=("file:///x",))
    """
    conf(
        {
            "spark.dao.pythonPath": written(tmp_path, gate=module),
            "spark.sql.catalog.dao.store.gate.interface_class": "Gate",
            "spark.sql.catalog.dao.store.gate.interface_class_location": "gate",
        }
    )
    first = ask("hello")["pid"]
    with ThreadPoolExecutor(2) as threads:
        question = threads.submit(ask, "plan_read", name="gate.x")
        unrepeatable = threads.submit(ask, "plan_read", name="gate.x", once=True)
        deadline = time.monotonic() + 30
        try:
            # Both must be under way: one that comes later would be asked of the next process.
            while len(list(tmp_path.glob("asked-*"))) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            os.kill(first, signal.SIGKILL)
            with pytest.raises(AnalysisException, match="ended with exit code 137 while it was asked"):
                unrepeatable.result(30)
        finally:
            (tmp_path / "open").touch()
        assert question.result(30)["plan"]["paths"] == ["file:///x"]
    assert ask("hello")["pid"] != first


def test_without_a_python_the_error_says_which_and_what_to_set(conf, declare, ask):
    declare()
    conf({"spark.dao.python": "/no/such/python"})
    with pytest.raises(AnalysisException, match=r"`/no/such/python` cannot be started .*`spark\.dao\.python`"):
        ask("stores")


def test_a_python_without_spark_dao_is_named_with_the_remedy(conf, declare, ask, tmp_path):
    declare()
    bare = tmp_path / "bare-python"
    bare.write_text(f'#!/bin/sh\nPYTHONPATH= exec "{sys.executable}" -I -S "$@"\n')
    bare.chmod(0o755)
    conf({"spark.dao.python": str(bare)})
    with pytest.raises(AnalysisException, match=r"has no spark_dao of this version .*pip install spark_dao=="):
        ask("stores")


def test_a_package_of_another_version_is_refused_with_both_versions(conf, declare, ask, tmp_path):
    declare()
    written(tmp_path / "spark_dao", __init__="")
    written(tmp_path / "spark_dao" / "spark", __init__="")
    written(tmp_path / "spark_dao" / "spark" / "resolver", __init__="", __main__=FAKE_RESOLVER)
    conf({"spark.dao.pythonPath": str(tmp_path)})
    with pytest.raises(AnalysisException) as refused:
        ask("stores")
    assert f"the bridge jar has version {__version__}," in str(refused.value)
    assert "has version 9.9.9; use the jar that comes with that package" in str(refused.value)


def test_the_documented_interface_classes_answer(conf, ask, tmp_path):
    text = DOCUMENT.read_text()
    modules = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", text, re.DOTALL))
    catalog = {}
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        catalog.update(json.loads(block.replace("file:///data", f"file://{tmp_path}/data")))
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    conf(
        {
            "spark.dao.pythonPath": written(tmp_path, **modules),
            "spark.sql.catalog.dao.config": str(tmp_path / "catalog.json"),
        }
    )
    plan = ask("plan_read", name="daily.orders", options={"day": "2025-01-07"})["plan"]
    assert plan["paths"] == [f"file://{tmp_path}/data/daily/orders/2025-01-07"]
    token = ask("describe", name="field.readings")["read"]["plan"]["token"]
    staged = ask("stage_read", name="field.readings", token=token, columns=["sensor"], filters=None)
    assert staged["files"][0][2] == 180
    ask("release_read", name="field.readings", token=token)
    assert not [path for path in (tmp_path / "data" / "spool").rglob("*") if path.is_file()]


@pytest.mark.parametrize("how", ["killed", pytest.param("submitted", marks=pytest.mark.full)])
def test_the_resolver_sees_the_modules_beside_the_job_and_ends_with_its_driver(tmp_path, how):
    module = """
        import pathlib
        from spark_dao.plans import ReadPlan

        class Mine:
            def plan_read(self, data_object):
                token = {"batch": 7} if data_object.name == "staged" else None
                return ReadPlan(format="parquet", paths=("file:///mine",), schema="id BIGINT", token=token)

            def stage_read(self, token, columns, filters):
                return []

            def release_read(self, token):
                pathlib.Path(__file__).with_name("released").write_text(str(token["batch"]))
    """
    job = Path(written(tmp_path / "job", mine=module, job=DRIVER)) / "job.py"
    settings = {
        "spark.jars": str(bridge_jar()),
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.pyspark.python": sys.executable,
        "spark.sql.catalog.dao.store.mine.interface_class": "Mine",
        "spark.sql.catalog.dao.store.mine.interface_class_location": "mine",
    }
    command = [sys.executable, str(job), json.dumps({**settings, "spark.dao.pythonPath": str(job.parent)}), "stay"]
    if how == "submitted":
        flags = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
        command = [str(Path(sys.executable).parent / "spark-submit"), *flags, str(job), "{}", "end"]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) as driver:
        lines = iter(line for line in driver.stdout if line.startswith(("RESOLVER", "SEES")))
        resolver = ProcessIdentity.of(int(next(lines).split()[1]))
        assert next(lines).strip() == "SEES ['file:///mine']"
        if how == "killed":
            java = int(Path(f"/proc/{resolver.pid}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(java, signal.SIGKILL)
            assert resolver.wait(10)
            driver.kill()
        else:
            assert driver.wait(60) == 0
            assert resolver.wait(10)
            assert (job.parent / "released").read_text() == "7"
