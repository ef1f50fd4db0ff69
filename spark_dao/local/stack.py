"""The local stack: S3 and a Redshift-compatible warehouse on this machine, without a container engine."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from spark_dao.errors import InterfaceError
from spark_dao.local.faults import ArmedFault, Fault
from spark_dao.local.ports import find_free, is_free
from spark_dao.local.postgres import Postgres
from spark_dao.local.processes import ProcessIdentity
from spark_dao.local.seaweedfs import SeaweedFS
from spark_dao.local.server import Server
from spark_dao.local.servers import ServerStatus, StackServers, serves, status_of
from spark_dao.local.state import StackState, exclusive
from spark_dao.local.warehouse_server import WarehouseServer
from spark_dao.local.watchdog_server import Watchdog

DEFAULT_FOLDER = Path(".spark-dao/local")
_OWN_ENTRIES = ("s3", "postgres", "warehouse", "watchdog", "state.json", ".gitignore")
_ATTEMPTS = 3


class LocalStack:
    """SeaweedFS, PostgreSQL and the Redshift proxy, with one folder for their data, logs and credentials.

    As a context manager it starts the stack and stops it at the end; a stack that was up before stays up. Should the
    process be killed in between, a watchdog stops the stack in its stead.

    Args:
        folder: Where everything is kept. Data and credentials survive `down`; `down(wipe=True)` removes them.

    Example:
        `with LocalStack(Path("/tmp/stack")) as stack: os.environ.update(stack.environment())`
    """

    def __init__(self, folder: Path | str = DEFAULT_FOLDER) -> None:
        self.folder = Path(folder).absolute()
        self._stop_at_exit = False

    def __repr__(self) -> str:
        return f"LocalStack({str(self.folder)!r})"

    def __enter__(self) -> LocalStack:
        self._stop_at_exit = self.up(as_long_as=ProcessIdentity.of(os.getpid()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._stop_at_exit:
            self.down()

    def up(self, *, as_long_as: ProcessIdentity | None = None, wipe_then: bool = False) -> bool:
        """Start what does not run yet and wait until everything serves.

        Args:
            as_long_as: Stop the stack when this process ends; it runs on by default.
            wipe_then: Remove the data as well when that process ends.

        Returns:
            False when everything was up already.

        Raises:
            InterfaceError: When a server cannot be started; those that this call started are stopped again.
        """
        with self._exclusive():
            state = self._state() or self._new_state()
            servers = StackServers.of(self.folder, state)
            if all(map(serves, servers)):
                return False
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._start_missing(state, as_long_as, wipe_then)
                    break
                except InterfaceError as error:
                    # Between our look and the server's start somebody else may take a port.
                    if attempt == _ATTEMPTS or "address already in use" not in str(error).lower():
                        raise
                    state.ports = {name: port for name, port in state.ports.items() if name in state.processes}
        return True

    def down(self, *, wipe: bool = False) -> bool:
        """Stop every server and wait until it is gone.

        Args:
            wipe: Remove data, credentials and logs as well; nothing else that may be in the folder.

        Returns:
            False when nothing ran.

        Raises:
            InterfaceError: When a process cannot be ended.
        """
        if not self.folder.exists():
            return False
        with self._exclusive():
            state = self._state()
            stopped = self._stop_processes(state) if state is not None else False
            if wipe:
                self._wipe()
        return stopped

    def status(self) -> list[ServerStatus]:
        """Look at every server without changing anything."""
        state = self._state()
        if state is None:
            kinds: tuple[type[Server], ...] = (SeaweedFS, Postgres, WarehouseServer)
            return [ServerStatus(kind.title, "down", None, None) for kind in kinds]
        return [status_of(server) for server in StackServers.of(self.folder, state)]

    def is_up(self) -> bool:
        """Whether every server accepts connections."""
        return all(server.state == "up" for server in self.status())

    def environment(self) -> dict[str, str]:
        """The variables that tell a program where the stack is and with which credentials.

        Raises:
            InterfaceError: When the stack is not up.
        """
        state = self._state()
        if state is None or not all(server.is_running for server in StackServers.of(self.folder, state)):
            raise InterfaceError(f"the local stack in {self.folder} is not up; start it: {self._command('up')}")
        return StackServers.of(self.folder, state).environment(state)

    @contextlib.contextmanager
    def fault(self, fault: Fault) -> Iterator[ArmedFault]:
        """Let something go wrong in the warehouse, in every client's session, while the block runs.

        Args:
            fault: What, and at which statement.

        Yields:
            The armed fault, which counts how often it struck.

        Raises:
            InterfaceError: When the stack is not up.

        Example:
            `with stack.fault(Fault(action="cut", when="after", statement="COMMIT", containing="users")): …`
        """
        state = self._state()
        if state is None:
            raise InterfaceError(f"the local stack in {self.folder} is not up; start it: {self._command('up')}")
        armed = ArmedFault.arm(StackServers.of(self.folder, state).warehouse.fault_folder, fault)
        try:
            yield armed
        finally:
            armed.disarm()

    @property
    def _state_path(self) -> Path:
        return self.folder / "state.json"

    def _command(self, action: str) -> str:
        return f"spark-dao local {action} --folder {shlex.quote(str(self.folder))}"

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = exclusive(self.folder / "lock")
            lock.__enter__()
        except OSError as error:
            raise InterfaceError(f"the local stack's folder {self.folder} cannot be used: {error.strerror}") from error
        with contextlib.ExitStack() as stack:
            stack.push(lock)
            yield

    def _state(self) -> StackState | None:
        return StackState.load(self._state_path)

    def _new_state(self) -> StackState:
        if (self.folder / "postgres" / "data").exists():
            raise InterfaceError(
                f"the folder {self.folder} holds data of a local stack, but its state.json with the credentials is "
                f"gone; remove the data: {self._command('down --wipe')}"
            )
        return StackState()

    def _start_missing(self, state: StackState, as_long_as: ProcessIdentity | None, wipe_then: bool) -> None:
        (self.folder / ".gitignore").write_text("*\n")
        before = StackServers.of(self.folder, state)
        for name, server in before._asdict().items():
            if not serves(server):
                server.stop()
                state.processes.pop(name, None)
        # Whoever starts the stack decides how long it lives; the watchdog of an earlier one must not end it.
        _stop_watchdog(state)
        self._choose_ports(state)
        servers = StackServers.of(self.folder, state)
        if servers.warehouse.is_running and not servers.warehouse.has_settings():
            # It was told ports that have changed since.
            servers.warehouse.stop()
            state.processes.pop("warehouse")
        started: list[tuple[str, Server]] = []
        try:
            if as_long_as is not None:
                watchdog = Watchdog(
                    self.folder / "watchdog", stack_folder=self.folder, watched=as_long_as, wipe=wipe_then
                )
                self._spawn("watchdog", watchdog, state, started)
            # The S3 server takes the longest, so the others come up beside it.
            self._spawn("s3", servers.s3, state, started)
            self._spawn("postgres", servers.postgres, state, started)
            servers.postgres.wait_until_ready()
            self._spawn("warehouse", servers.warehouse, state, started)
            servers.s3.wait_until_ready()
            servers.warehouse.wait_until_ready()
        except BaseException:
            for name, server in reversed(started):
                server.stop()
                state.processes.pop(name, None)
            state.save(self._state_path)
            raise

    def _spawn(self, name: str, server: Server, state: StackState, started: list[tuple[str, Server]]) -> None:
        if server.is_running:
            return
        started.append((name, server))
        state.save(self._state_path)
        server.spawn()
        if server.identity is not None:
            state.processes[name] = server.identity
            # At once, so that the process is known even if we are killed now.
            state.save(self._state_path)

    def _choose_ports(self, state: StackState) -> None:
        """Keep the ports of the last time where they are free, so that clients' settings stay valid."""
        for name in StackServers._fields:
            if name not in state.processes and not is_free(state.ports.get(name, 0)):
                state.ports.pop(name, None)
        missing = [name for name in StackServers._fields if name not in state.ports]
        state.ports.update(zip(missing, find_free(len(missing), besides=state.ports.values()), strict=True))

    def _stop_processes(self, state: StackState) -> bool:
        _stop_watchdog(state)
        stopped = False
        for server in reversed(StackServers.of(self.folder, state)):
            stopped = stopped or server.is_running
            server.stop()
        state.processes.clear()
        state.save(self._state_path)
        return stopped

    def _wipe(self) -> None:
        for name in _OWN_ENTRIES:
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        (self.folder / "lock").unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def _stop_watchdog(state: StackState) -> None:
    watchdog = state.processes.pop("watchdog", None)
    # The watchdog itself comes here when it stops the stack.
    if watchdog is not None and watchdog.pid != os.getpid():
        watchdog.stop(())
