"""The local stack keeps what it holds, mends what broke, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
import redshift_connector

from spark_dao.errors import InterfaceError
from spark_dao.local import LocalStack
from spark_dao.local.processes import ProcessIdentity

NAMES = ("s3", "postgres", "warehouse")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("stack")
    yield path
    LocalStack(path).down(wipe=True)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the tests that may find it in any state and leave it in any state."""
    stack = LocalStack(tmp_path_factory.mktemp("stack"))
    stack.up()
    yield stack
    stack.down(wipe=True)


def s3_client(stack: LocalStack) -> Any:
    environment = stack.environment()
    return boto3.client(
        "s3",
        endpoint_url=environment["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        aws_access_key_id=environment["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        aws_secret_access_key=environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
        region_name="us-east-1",
    )


def query(stack: LocalStack, *statements: str) -> list[list[Any]]:
    """Run statements in the warehouse, as any client of Redshift would, and give the last one's rows."""
    environment = stack.environment()
    connection = redshift_connector.connect(
        host=environment["SPARK_DAO_LOCAL_WAREHOUSE_HOST"],
        port=int(environment["SPARK_DAO_LOCAL_WAREHOUSE_PORT"]),
        user=environment["SPARK_DAO_LOCAL_WAREHOUSE_USER"],
        password=environment["SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD"],
        database=environment["SPARK_DAO_LOCAL_WAREHOUSE_DATABASE"],
        ssl=False,
    )
    with closing(connection), closing(connection.cursor()) as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows = [list(row) for row in cursor.fetchall()] if cursor.description else []
        connection.commit()
    return rows


def states(stack: LocalStack) -> list[str]:
    return [server.state for server in stack.status()]


def identities(stack: LocalStack) -> list[ProcessIdentity]:
    found = [ProcessIdentity.of(server.pid) for server in stack.status() if server.pid is not None]
    return [identity for identity in found if identity is not None]


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_what_was_stored_is_there_after_down_and_up_with_the_same_credentials(stack: LocalStack) -> None:
    stack.up()
    before = stack.environment()
    s3_client(stack).put_object(Bucket="spark-dao-bronze", Key="a/b.txt", Body=b"kept")
    query(stack, "CREATE TABLE kept (id integer)", "INSERT INTO kept VALUES (7)")
    processes = identities(stack)
    assert len(processes) == 3
    assert stack.down()
    assert not any(process.is_running() for process in processes)
    assert states(stack) == ["down"] * 3
    assert not stack.down()

    assert stack.up()
    assert states(stack) == ["up"] * 3
    assert stack.environment() == before
    assert s3_client(stack).get_object(Bucket="spark-dao-bronze", Key="a/b.txt")["Body"].read() == b"kept"
    assert query(stack, "SELECT id FROM kept") == [[7]]


def test_up_on_a_stack_that_is_up_changes_nothing(stack: LocalStack) -> None:
    stack.up()
    before = identities(stack)
    assert not stack.up()
    assert not LocalStack(stack.folder).up()
    assert identities(stack) == before


@pytest.mark.parametrize("killed", range(3), ids=NAMES)
def test_up_mends_a_stack_that_lost_a_server(stack: LocalStack, killed: int) -> None:
    stack.up()
    environment, before = stack.environment(), identities(stack)
    os.kill(before[killed].pid, signal.SIGKILL)
    assert wait_until(lambda: states(stack)[killed] == "down")
    with pytest.raises(InterfaceError, match="is not up; start it: spark-dao local up"):
        stack.environment()

    assert stack.up()
    after = identities(stack)
    assert [old == new for old, new in zip(before, after, strict=True)] == [index != killed for index in range(3)]
    assert stack.environment() == environment
    assert query(stack, "SELECT 1") == [[1]]


def test_objects_that_were_acknowledged_survive_a_killed_s3_server(stack: LocalStack) -> None:
    stack.up()
    for number in range(20):
        s3_client(stack).put_object(Bucket="spark-dao-silver", Key=f"survivor/{number}", Body=str(number).encode())
    os.kill(identities(stack)[0].pid, signal.SIGKILL)
    stack.up()
    listed = s3_client(stack).list_objects_v2(Bucket="spark-dao-silver", Prefix="survivor/")["Contents"]
    assert len(listed) == 20
    body = s3_client(stack).get_object(Bucket="spark-dao-silver", Key="survivor/19")["Body"].read()
    assert body == b"19"


def test_what_aws_refuses_is_refused(stack: LocalStack) -> None:
    stack.up()
    client = s3_client(stack)
    with pytest.raises(client.exceptions.NoSuchBucket):
        client.put_object(Bucket="spark-dao-nonesuch", Key="a", Body=b"")
    stranger = boto3.client(
        "s3",
        endpoint_url=stack.environment()["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        aws_access_key_id="stranger",
        aws_secret_access_key="stranger",
        region_name="us-east-1",
    )
    with pytest.raises(client.exceptions.ClientError, match="InvalidAccessKeyId"):
        stranger.list_buckets()


def test_no_secret_is_in_a_command_line_or_a_file_that_others_can_read(stack: LocalStack) -> None:
    stack.up()
    environment = stack.environment()
    secrets = {environment[f"SPARK_DAO_LOCAL_{name}"] for name in ("S3_SECRET_KEY", "WAREHOUSE_PASSWORD")}
    for process in identities(stack):
        command = Path(f"/proc/{process.pid}/cmdline")
        if command.exists():
            assert not any(secret in command.read_text() for secret in secrets)
    for path in stack.folder.rglob("*"):
        if path.is_file() and "data" not in path.parts and path.stat().st_mode & 0o077:
            assert not any(secret in path.read_text() for secret in secrets), path


def test_a_context_stops_what_it_started_also_after_an_error_and_not_what_was_up_before(
    stack: LocalStack, folder: Path
) -> None:
    """A second stack beside the first, which must not notice."""
    stack.up()
    s3_client(stack).put_object(Bucket="spark-dao-temp", Key="mine", Body=b"")
    processes: list[ProcessIdentity] = []
    with pytest.raises(ZeroDivisionError), LocalStack(folder) as other:
        with LocalStack(folder):
            processes = identities(other)
        assert states(stack) == states(other) == ["up"] * 3
        assert "Contents" not in s3_client(other).list_objects_v2(Bucket="spark-dao-temp")
        assert not set(stack.environment().values()) & {
            value for name, value in other.environment().items() if not name.endswith(("HOST", "USER", "DATABASE"))
        }
        raise ZeroDivisionError
    assert len(processes) == 3
    assert not any(process.is_running() for process in processes)
    assert states(stack) == ["up"] * 3


def test_nothing_is_left_when_the_process_with_the_context_is_killed(folder: Path) -> None:
    script = (
        "import signal, sys\n"
        "from spark_dao.local import LocalStack\n"
        f"with LocalStack({str(folder)!r}):\n"
        "    print('up', flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        processes = identities(LocalStack(folder))
        assert len(processes) == 3
        owner.kill()
    assert wait_until(lambda: not any(process.is_running() for process in processes))


def test_a_start_that_fails_leaves_nothing_running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ProcessIdentity] = []

    def refuse(self: object) -> list[str]:
        seen.extend(identities(LocalStack(folder)))
        return [sys.executable, "-c", "raise SystemExit('no warehouse today')"]

    monkeypatch.setattr("spark_dao.local.warehouse_server.WarehouseServer.command", refuse)
    with pytest.raises(InterfaceError, match=r"The warehouse .*ended(?s:.)*no warehouse today"):
        LocalStack(folder).up()
    assert len(seen) == 2
    assert not any(process.is_running() for process in seen)


def test_a_port_that_somebody_took_meanwhile_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second server's port is taken between the look for free ports and its start."""
    stack = LocalStack(folder)
    choose = stack._choose_ports
    attempts: list[dict[str, int]] = []

    def choose_badly(state: Any) -> None:
        choose(state)
        if not attempts:
            state.ports["postgres"] = state.ports["s3"]
        attempts.append(dict(state.ports))

    monkeypatch.setattr(stack, "_choose_ports", choose_badly)
    with stack:
        assert len(attempts) >= 2
        assert states(stack) == ["up"] * 3


@pytest.mark.full
def test_two_ups_at_the_same_time_start_one_stack_and_wipe_removes_its_files_and_no_others(folder: Path) -> None:
    foreign = folder / "thesis.txt"
    foreign.write_text("years of work")
    with ThreadPoolExecutor(2) as threads:
        started = list(threads.map(lambda _: LocalStack(folder).up(), range(2)))
    assert sorted(started) == [False, True]
    processes = identities(LocalStack(folder))
    assert (folder / ".gitignore").read_text() == "*\n"
    LocalStack(folder).down(wipe=True)
    assert len(processes) == 3
    assert not any(process.is_running() for process in processes)
    assert list(folder.iterdir()) == [foreign]


def test_data_without_its_credentials_is_refused_with_the_remedy(folder: Path) -> None:
    (folder / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(InterfaceError, match=r"state\.json with the credentials is gone.*down --wipe"):
        LocalStack(folder).up()
