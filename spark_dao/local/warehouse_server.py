"""The Redshift-compatible warehouse of a local stack: the proxy in front of PostgreSQL, as a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from spark_dao.local.certificate import Certificate
from spark_dao.local.ports import LOOPBACK, accepts_connections
from spark_dao.local.postgres import SUPERUSER
from spark_dao.local.private_files import write_private_json
from spark_dao.local.seaweedfs import REGION, SeaweedFS
from spark_dao.local.server import Server

USER = "spark_dao"
DATABASE = "dev"
IAM_ROLE = "arn:aws:iam::000000000000:role/spark-dao-local"


class WarehouseServer(Server):
    """One warehouse proxy on 127.0.0.1.

    Args:
        folder: Where its settings and log are kept.
        port: TCP port that redshift-connector connects to.
        password: Password of the user `spark_dao`.
        backend_port: TCP port of PostgreSQL.
        backend_password: Password of PostgreSQL's superuser.
        s3: The S3 server that COPY reads from and UNLOAD writes to.
        s3_secret_key: The secret of that server's access key.
    """

    title = "The warehouse (Redshift proxy)"

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        password: str,
        backend_port: int,
        backend_password: str,
        s3: SeaweedFS,
        s3_secret_key: str,
    ) -> None:
        super().__init__(folder)
        self.port = port
        self._settings = {
            "listen_host": LOOPBACK,
            "listen_port": port,
            "backend_host": LOOPBACK,
            "backend_port": backend_port,
            "backend_user": SUPERUSER,
            "backend_password": backend_password,
            "backend_database": DATABASE,
            "user": USER,
            "password": password,
            "database": DATABASE,
            "iam_role": IAM_ROLE,
            "s3_endpoint": s3.endpoint_url,
            "s3_access_key": s3.access_key,
            "s3_secret_key": s3_secret_key,
            "s3_region": REGION,
            "fault_folder": str(self.fault_folder),
            "tls_certificate": str(self.certificate.path),
            "tls_key": str(self.certificate.key),
        }

    @property
    def fault_folder(self) -> Path:
        """Where tests arm faults."""
        return self.folder / "faults"

    @property
    def certificate(self) -> Certificate:
        """What the warehouse shows to clients that ask for TLS."""
        return Certificate.inside(self.folder)

    def prepare(self) -> None:
        """Make a certificate, and write the settings into a file, since arguments of a process are public."""
        self.certificate.make()
        write_private_json(self._settings_path, self._settings)

    def has_settings(self) -> bool:
        """Whether the file holds the settings of this object, and so the running process was told them."""
        try:
            return bool(json.loads(self._settings_path.read_text()) == self._settings)
        except (FileNotFoundError, json.JSONDecodeError):
            return False

    def command(self) -> list[str]:
        """The proxy, run by the Python that runs us."""
        return [sys.executable, "-m", "spark_dao.local.warehouse", "--config", str(self._settings_path)]

    def reason_not_ready(self) -> str | None:
        """Ready means that the port accepts a connection."""
        return None if accepts_connections(self.port) else f"port {self.port} accepts no connection"

    def environment_of_process(self) -> Mapping[str, str]:
        """As every server's, and where Python finds spark_dao."""
        return {**super().environment_of_process(), **python_path()}

    @property
    def _settings_path(self) -> Path:
        return self.folder / "settings.json"


def python_path() -> dict[str, str]:
    """The environment with which another Python finds the spark_dao that runs now, installed or not."""
    own = str(Path(__file__).resolve().parents[2])
    others = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([own, others]) if others else own}
