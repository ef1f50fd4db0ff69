"""The three servers of one local stack, and how they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from spark_dao.local.ports import LOOPBACK, accepts_connections
from spark_dao.local.postgres import Postgres
from spark_dao.local.seaweedfs import SeaweedFS
from spark_dao.local.server import Server
from spark_dao.local.state import StackState
from spark_dao.local.warehouse_server import DATABASE, USER, WarehouseServer


class StackServers(NamedTuple):
    """The servers of one stack; the names are those that the state knows ports and processes by.

    Attributes:
        s3: The S3 server.
        postgres: The database server behind the warehouse.
        warehouse: The warehouse that clients connect to.
    """

    s3: SeaweedFS
    postgres: Postgres
    warehouse: WarehouseServer

    @classmethod
    def of(cls, folder: Path, state: StackState) -> StackServers:
        """The servers that a state describes, with the processes that it remembers.

        Args:
            folder: The stack's folder.
            state: Ports, credentials and processes; a port not chosen yet counts as 0.
        """
        s3 = SeaweedFS(
            folder / "s3",
            port=state.ports.get("s3", 0),
            access_key=state.s3_access_key,
            secret_key=state.s3_secret_key,
            reserved_ports=state.ports.values(),
        )
        postgres = Postgres(
            folder / "postgres",
            port=state.ports.get("postgres", 0),
            password=state.backend_password,
            databases=[DATABASE],
        )
        warehouse = WarehouseServer(
            folder / "warehouse",
            port=state.ports.get("warehouse", 0),
            password=state.warehouse_password,
            backend_port=postgres.port,
            backend_password=state.backend_password,
            s3=s3,
            s3_secret_key=state.s3_secret_key,
        )
        servers = cls(s3, postgres, warehouse)
        for name, server in servers._asdict().items():
            server.identity = state.processes.get(name)
        return servers

    def environment(self, state: StackState) -> dict[str, str]:
        """The variables that tell a program where the servers are and with which credentials.

        Args:
            state: The state that describes them.
        """
        return {
            "SPARK_DAO_LOCAL_S3_ENDPOINT": self.s3.endpoint_url,
            "SPARK_DAO_LOCAL_S3_ACCESS_KEY": state.s3_access_key,
            "SPARK_DAO_LOCAL_S3_SECRET_KEY": state.s3_secret_key,
            "SPARK_DAO_LOCAL_WAREHOUSE_HOST": LOOPBACK,
            "SPARK_DAO_LOCAL_WAREHOUSE_PORT": str(self.warehouse.port),
            "SPARK_DAO_LOCAL_WAREHOUSE_USER": USER,
            "SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD": state.warehouse_password,
            "SPARK_DAO_LOCAL_WAREHOUSE_DATABASE": DATABASE,
            "SPARK_DAO_LOCAL_WAREHOUSE_CERTIFICATE": str(self.warehouse.certificate.path),
        }


@dataclass(frozen=True)
class ServerStatus:
    """How one server of the stack is.

    Attributes:
        title: What people call the server.
        state: `up` when it accepts connections, `not answering` when only its process is there.
        address: Host and port, None when none was ever chosen.
        pid: Its process id while it runs.
    """

    title: str
    state: Literal["up", "not answering", "down"]
    address: str | None
    pid: int | None


def serves(server: Server) -> bool:
    """Whether a server runs and does its work.

    Args:
        server: The server; it is asked, so this may take a moment.
    """
    return server.is_running and server.reason_not_ready() is None


def status_of(server: SeaweedFS | Postgres | WarehouseServer) -> ServerStatus:
    """Look at a server without asking it for anything but a connection.

    Args:
        server: The server.
    """
    address = f"{LOOPBACK}:{server.port}"
    if not server.is_running:
        return ServerStatus(server.title, "down", address, None)
    answers = accepts_connections(server.port)
    return ServerStatus(server.title, "up" if answers else "not answering", address, server.pid)
