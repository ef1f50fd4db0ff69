"""spark_dao as its users have it: the built wheel with its jar, in real processes that never see the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pyspark
import pytest
import redshift_connector

from spark_dao.local import LocalStack
from spark_dao.spark.packages import EXCLUDES, S3A_PACKAGES

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"
SPARK_HOME = Path(pyspark.__file__).parent
CATALOG_CLASS = "io.sparkdao.DaoCatalog"
SMALL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
}
S3A = {
    "spark.jars.packages": ",".join(S3A_PACKAGES),
    "spark.jars.excludes": ",".join(EXCLUDES),
}


@dataclass(frozen=True)
class Installed:
    """The unpacked wheel."""

    folder: Path

    @property
    def jar(self) -> Path:
        return self.folder / "spark_dao" / "jars" / "spark-dao-bridge.jar"

    def environment(self, **more: str) -> dict[str, str]:
        """What a child sees: the wheel and nothing that chooses a Spark or a Python for it."""
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
        # Of a process that lasts seconds, half the time would go into optimising it.
        quick = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1"}
        return {**outer, **quick, "PYTHONPATH": str(self.folder), "PYTHONUNBUFFERED": "1", **more}

    def spark_environment(self, **more: str) -> dict[str, str]:
        """The environment of Spark's own commands, which have to be told their Python."""
        return self.environment(SPARK_HOME=str(SPARK_HOME), PYSPARK_PYTHON=sys.executable, **more)

    def run(
        self, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], told: Any = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a child to its end."""
        return subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env=dict(environment),
            input=json.dumps(told),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=400,
            check=False,
        )


def flags(conf: Mapping[str, str]) -> list[str]:
    """Spell conf as flags of Spark's commands."""
    return [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]


def properties(folder: Path, conf: Mapping[str, str]) -> list[str | Path]:
    """Put conf into a properties file, and name it as Spark's commands want it."""
    file = folder / "ours.conf"
    file.write_text("".join(f"{key}  {value}\n" for key, value in conf.items()))
    return ["--properties-file", file]


def command(name: str) -> str:
    """One of the commands that pyspark ships."""
    return str(SPARK_HOME / "bin" / name)


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one line of JSON that a program ends with."""
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    line = next(line for line in reversed(done.stdout.splitlines()) if line.startswith("{"))
    said: dict[str, Any] = json.loads(line)
    return said


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel as a release does, and unpack it: what `pip install --no-deps` does."""
    built = tmp_path_factory.mktemp("built")
    builder = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    done = subprocess.run(builder, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return Installed(folder)


@dataclass(frozen=True)
class Stores:
    """A catalog over all kinds of stores, and the secrets that it knows."""

    catalog: Mapping[str, Any]
    variables: Mapping[str, str]
    secrets: Sequence[str]

    def write(self, folder: Path) -> Path:
        """Put the catalog into a file."""
        file = folder / "catalog.json"
        file.write_text(json.dumps(self.catalog))
        return file


def folder_store(folder: Path, **objects: Mapping[str, Any]) -> dict[str, Any]:
    """Declare a store in a local folder."""
    return {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": folder.as_uri()},
        "data_objects": objects,
    }


@pytest.fixture
def stores(local_stack: LocalStack, tmp_path: Path) -> Stores:
    return make_stores(local_stack, tmp_path)


def make_stores(local_stack: LocalStack, folder: Path) -> Stores:
    """Declare `files`, `lake` (S3) and `house` (the warehouse), in places of their own."""
    said, name = local_stack.environment(), f"entrances-{uuid.uuid4().hex[:12]}"
    running = {key.removeprefix("SPARK_DAO_LOCAL_").lower(): value for key, value in said.items()}
    s3 = {"endpoint_url": running["s3_endpoint"], "aws_access_key_id": running["s3_access_key"]}
    boto3.client("s3", region_name="us-east-1", aws_secret_access_key=running["s3_secret_key"], **s3).create_bucket(
        Bucket=name
    )
    warehouse = {key: running[f"warehouse_{key}"] for key in ("host", "port", "user", "database")}
    with redshift_connector.connect(
        **{**warehouse, "port": int(warehouse["port"])}, password=running["warehouse_password"], ssl=False
    ) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'CREATE SCHEMA "{name}"')
    s3["aws_secret_access_key"] = "{{env:ENTRANCES_S3_SECRET}}"
    house = {
        **warehouse,
        **s3,
        "password": "{{env:ENTRANCES_WAREHOUSE_SECRET}}",
        "schema": name,
        "ssl": False,
        "s3_temp_dir": f"s3://{name}/redshift/",
        "iam_role_arn": "arn:aws:iam::000000000000:role/spark-dao-local",
    }
    catalog = {
        "files": folder_store(folder / "files", orders={"partition_by": ["year"]}),
        "lake": {
            "interface_class": "S3SparkInterface",
            "default_configs": {"bucket": name, **s3},
            "data_objects": {"users_clean": {"write_mode": "overwrite"}},
        },
        "house": {"interface_class": "RedshiftSparkInterface", "default_configs": house},
    }
    secrets = [running["s3_secret_key"], running["warehouse_password"]]
    variables = dict(zip(("ENTRANCES_S3_SECRET", "ENTRANCES_WAREHOUSE_SECRET"), secrets, strict=True))
    return Stores(catalog, variables, secrets)
