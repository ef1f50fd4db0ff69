"""The resolver process, as a driver meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spark_dao.local.processes import ProcessIdentity
from tests.unit.spark.resolver.client import Refused

FILES = {"silver": {"interface_class": "FileSparkInterface", "default_configs": {"root": "file:///nowhere/silver"}}}
SLOW = """
    import os, pathlib, time
    from spark_dao.plans import ReadPlan

    class Slow:
        def __init__(self, gate):
            self.gate = pathlib.Path(gate)

        def plan_read(self, data_object):
            while not self.gate.exists():
                time.sleep(0.01)
            return ReadPlan(format="parquet", token={"n": 1})

        def stage_read(self, token, columns, filters):
            self.gate.with_suffix(".pid").write_text(str(os.getpid()))
            while not self.gate.with_suffix(".stage").exists():
                time.sleep(0.01)
            return []

        def release_read(self, token):
            self.gate.with_suffix(".released").write_text(str(token))

        def commit_write(self, token, files):
            self.stage_read(token, None, None)

        def abort_write(self, token):
            self.gate.with_suffix(".aborted").write_text(str(token))
"""
NOISY = """
    import ctypes, os, subprocess, sys
    from spark_dao.plans import ReadPlan

    print("printed on import")

    class Noisy:
        def plan_read(self, data_object):
            print('{"id": 1, "ok": {}}')
            sys.stdout.write("no line end")
            os.write(1, b"straight to the descriptor\\n")
            subprocess.run(["echo", "from a child"], check=True)
            return ReadPlan(format="parquet", paths=("file:///x",), options={"stdin": sys.stdin.read()})
"""


def slow(gate):
    return {"interface_class": "Slow", "interface_class_location": "slow", "default_configs": {"gate": str(gate)}}


def wait_for(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return found


def test_neither_pyspark_nor_a_backend_is_imported_to_answer_a_question(tmp_path):
    code = """
import json, sys
from spark_dao.spark.resolver.catalogs import Catalogs
from spark_dao.spark.resolver import server
from spark_dao.spark.resolver.protocol import Requests
conf = json.dumps({"spark.sql.catalog.dao.config": sys.argv[1]})
request = Requests().parse(('{"id": 1, "op": "describe", "name": "silver.users", "conf": %s}' % conf).encode())
planner = Catalogs().planner("dao", request.conf, request.conf_id)
assert server.operations.OPERATIONS["describe"](planner, request)["exists"] is False
print(sorted({name.split(".")[0] for name in sys.modules} & {"pyspark", "py4j", "boto3", "pyarrow", "pandas"}))
"""
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(FILES))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[4])}
    answer = subprocess.run(
        [sys.executable, "-c", code, str(file)], env=environment, capture_output=True, text=True, check=False
    )
    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")


def test_what_user_code_prints_goes_to_stderr_and_breaks_no_answer(clients, catalog, tmp_path):
    file = catalog({"loud": {"interface_class": "Noisy", "interface_class_location": "noisy"}}, noisy=NOISY)
    client = clients(file, python_path=[tmp_path])
    for _ in range(3):
        assert client.ask("plan_read", name="loud.x")["plan"]["options"] == {"stdin": ""}
    assert client.strays == []
    printed = client.stderr()
    for text in ("printed on import", "no line end", "straight to the descriptor", "from a child"):
        assert text in printed


def test_a_store_that_does_not_answer_holds_up_nobody_elses_question(clients, catalog, tmp_path):
    gate = tmp_path / "gate"
    client = clients(catalog({**FILES, "slow": slow(gate)}, slow=SLOW), python_path=[tmp_path])
    stuck = [client.send("plan_read", name="slow.x") for _ in range(5)]
    assert client.ask("stores") == {"stores": ["silver", "slow"]}
    assert client.ask("describe", name="silver.users")["exists"] is False
    assert not any(question.done() for question in stuck)
    gate.touch()
    assert all(question.result(30)["staged"] for question in stuck)


def test_long_work_is_done_by_a_child_that_can_be_killed_and_is_then_done_by_another(clients, catalog, tmp_path):
    gate = tmp_path / "gate"
    gate.touch()
    client = clients(catalog({"slow": slow(gate)}, slow=SLOW), python_path=[tmp_path])
    token = client.ask("plan_read", name="slow.x")["plan"]["token"]
    staging = client.send("stage_read", name="slow.x", token=token)
    pid_file = gate.with_suffix(".pid")
    first = int(wait_for(lambda: pid_file.exists() and pid_file.read_text()))
    assert first != client.process.pid
    pid_file.unlink()
    os.kill(first, signal.SIGKILL)
    assert int(wait_for(lambda: pid_file.exists() and pid_file.read_text())) != first
    gate.with_suffix(".stage").touch()
    assert staging.result(60) == {"files": [], "folder": None}


def test_a_commit_that_is_cancelled_ends_at_once_and_is_aborted(clients, catalog, tmp_path):
    gate = tmp_path / "gate"
    gate.touch()
    client = clients(catalog({"slow": slow(gate)}, slow=SLOW), python_path=[tmp_path])
    token = client.ask("plan_read", name="slow.x")["plan"]["token"]
    commit = client.send("commit_write", name="slow.x", token=token, files=[], cancellation="first")
    pid_file = gate.with_suffix(".pid")
    child = ProcessIdentity.of(int(wait_for(lambda: pid_file.exists() and pid_file.read_text())))
    client.ask("cancel", cancellation="first")
    with pytest.raises(Refused, match="cancelled while the store worked"):
        commit.result(60)
    assert child.wait(5)
    assert gate.with_suffix(".aborted").read_text() == "{'n': 1}"
    gate.with_suffix(".stage").touch()
    client.ask("commit_write", name="slow.x", token=token, files=[], cancellation="second")
    assert client.ask("cancel", cancellation="second") == {}, "what is done stands"


@pytest.mark.parametrize("how", ["stdin ends", "it is killed"])
def test_the_children_end_with_the_resolver_even_in_the_midst_of_work(clients, catalog, tmp_path, how):
    gate = tmp_path / "gate"
    gate.touch()
    client = clients(catalog({"slow": slow(gate)}, slow=SLOW), python_path=[tmp_path])
    token = client.ask("plan_read", name="slow.x")["plan"]["token"]
    client.send("stage_read", name="slow.x", token=token)
    pid_file = gate.with_suffix(".pid")
    child = ProcessIdentity.of(int(wait_for(lambda: pid_file.exists() and pid_file.read_text())))
    resolver = ProcessIdentity.of(client.process.pid)
    if how == "stdin ends":
        client.process.stdin.close()
    else:
        client.process.kill()
    assert resolver.wait(5)
    assert child.wait(5)


def test_it_ends_with_a_killed_driver_although_user_code_never_lets_go(catalog, tmp_path):
    file = catalog(
        {"hog": {"interface_class": "Hog", "interface_class_location": "hog"}},
        hog="""
        import ctypes, pathlib

        class Hog:
            def plan_read(self, data_object):
                pathlib.Path(__file__).with_suffix(".held").touch()
                ctypes.PyDLL(None).sleep(600)  # holds Python's lock, so that no other thread runs
        """,
    )
    driver_code = """
import subprocess, sys, time
resolver = subprocess.Popen([sys.executable, "-m", "spark_dao.spark.resolver"], stdin=subprocess.PIPE)
resolver.stdin.write(sys.argv[1].encode() + b"\\n")
resolver.stdin.flush()
print(resolver.pid, flush=True)
time.sleep(600)
"""
    conf = {"spark.sql.catalog.dao.config": str(file)}
    request = json.dumps({"id": 1, "op": "plan_read", "name": "hog.x", "conf": conf})
    root = Path(__file__).resolve().parents[4]
    driver = subprocess.Popen(
        [sys.executable, "-c", driver_code, request],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}"},
    )
    with driver:
        resolver = ProcessIdentity.of(int(driver.stdout.readline()))
        wait_for((tmp_path / "hog.held").exists)
        driver.kill()
        assert resolver.wait(5)


def test_what_was_staged_and_not_released_is_released_at_the_end(clients, catalog, tmp_path):
    gate = tmp_path / "gate"
    gate.touch()
    gate.with_suffix(".stage").touch()
    client = clients(catalog({"slow": slow(gate)}, slow=SLOW), python_path=[tmp_path])
    token = client.ask("plan_read", name="slow.x")["plan"]["token"]
    client.ask("stage_read", name="slow.x", token=token)
    assert not gate.with_suffix(".released").exists()
    client.ask("close")
    assert gate.with_suffix(".released").read_text() == "{'n': 1}"


def test_secrets_are_in_no_command_line_and_no_error(clients, catalog, tmp_path):
    gate = tmp_path / "gate"
    gate.touch()
    declarations = {
        "slow": slow(gate),
        "s3": {
            "interface_class": "S3SparkInterface",
            "default_configs": {
                "bucket": "bronze",
                "aws_access_key_id": "{{env:RESOLVER_KEY}}",
                "aws_secret_access_key": "hunter2",
                "endpoint_url": "http://127.0.0.1:1",
            },
        },
    }
    client = clients(
        catalog(declarations, slow=SLOW), python_path=[tmp_path], environment={"RESOLVER_KEY": "the-access-key"}
    )
    with pytest.raises(Refused) as refused:
        client.ask("describe", name="s3.users")
    schema = {"type": "struct", "fields": []}
    said = {"options": {"format": "orc"}, "schema": schema, "mode": "append"}
    hadoop = client.ask("plan_write", name="s3.users", **said)["hadoop"]
    assert hadoop["fs.s3a.bucket.bronze.secret.key"] == "hunter2"
    assert hadoop["fs.s3a.bucket.bronze.access.key"] == "the-access-key"
    client.send("stage_read", name="slow.x", token=client.ask("plan_read", name="slow.x")["plan"]["token"])
    pid_file = gate.with_suffix(".pid")
    child = wait_for(lambda: pid_file.exists() and pid_file.read_text())
    for pid in (client.process.pid, child):
        assert b"hunter2" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert "hunter2" not in refused.value.message
    assert "the-access-key" not in refused.value.message
    assert "hunter2" not in client.stderr()


def test_a_conf_is_sent_once_and_known_by_its_id_from_then_on(clients, catalog):
    client = clients(catalog(FILES))
    assert client.ask("stores", conf_id="7") == {"stores": ["silver"]}
    client.conf = None
    assert client.ask("stores", conf_id="7") == {"stores": ["silver"]}
    with pytest.raises(Refused, match="the Spark session has no catalog"):
        client.ask("stores", conf_id="8")


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b"{}\n", b'{"id": "x", "op": "stores"}\n', b"\xff\xfe\n", b'"x"\n'])
def test_a_line_that_is_no_request_is_answered_and_the_next_one_still_works(clients, catalog, line):
    client = clients(catalog(FILES))
    client.raw(line)
    assert client.ask("stores") == {"stores": ["silver"]}
    assert client.strays[0]["error"]["message"].startswith("expected a request")
