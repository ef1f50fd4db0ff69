"""Executors in processes of their own: what a task needs must travel to it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.entrances.conftest import PROGRAMS, SMALL, Installed, Stores, answer, command
from tests.integration.entrances.servers import free_port, serving


@pytest.mark.full
def test_tasks_in_other_processes_read_and_write_files_delta_s3_and_the_warehouse(
    installed: Installed, stores: Stores, tmp_path: Path
) -> None:
    stores.catalog["lake"]["data_objects"]["events"] = {"format": "delta"}
    stores.catalog["house"]["data_objects"] = {"orders": {"schema": "id BIGINT, year INT"}}
    start, port, page = [command("spark-class")], free_port(), str(free_port())
    address = f"spark://127.0.0.1:{port}"
    conf = {
        **SMALL,
        "spark.master": address,
        "spark.executor.memory": "640m",
        "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }
    master = ["org.apache.spark.deploy.master.Master", "-h", "127.0.0.1", "-p", str(port), "--webui-port", page]
    serves, watches = free_port(), str(free_port())
    worker = ["-h", "127.0.0.1", "-p", str(serves), "--webui-port", watches, "-c", "2", "-m", "1g", "-d", tmp_path]
    for name in ("master", "worker"):
        (tmp_path / name).mkdir()
    with (
        serving(installed, [*start, *master], port, tmp_path / "master"),
        serving(
            installed,
            [*start, "org.apache.spark.deploy.worker.Worker", *worker, address],
            serves,
            tmp_path / "worker",
        ),
    ):
        program = [sys.executable, PROGRAMS / "cluster.py"]
        told = {"catalog": stores.catalog, "conf": conf}
        said = answer(installed.run(program, tmp_path, installed.environment(**stores.variables), told))
    assert said["processes"] == 2, "one executor and the driver"
    assert said["by_format"] == said["by_sql"] == 333
    assert said["by_dao"] == 1000
    assert said["delta"] == 666
    assert said["house"] == 167
