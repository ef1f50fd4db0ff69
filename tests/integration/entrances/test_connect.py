"""Spark Connect: the server has jar and catalog, the client neither."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spark_dao.spark.packages import CONNECT_CONF
from tests.integration.entrances.conftest import (
    CATALOG_CLASS,
    PROGRAMS,
    S3A,
    SMALL,
    Installed,
    Stores,
    answer,
    command,
    properties,
)
from tests.integration.entrances.servers import free_port, serving


@pytest.mark.full
def test_a_client_without_the_jar_reads_writes_and_is_refused_as_everybody_else(
    installed: Installed, stores: Stores, tmp_path: Path
) -> None:
    port = free_port()
    conf = {
        **SMALL,
        **S3A,
        "spark.master": "local[2]",
        "spark.connect.grpc.binding.port": str(port),
        **CONNECT_CONF,
        "spark.sql.catalog.dao": CATALOG_CLASS,
        "spark.sql.catalog.dao.config": str(stores.write(tmp_path)),
    }
    server = "org.apache.spark.sql.connect.service.SparkConnectServer"
    words = [
        command("spark-submit"),
        "--class",
        server,
        "--jars",
        installed.jar,
        *properties(tmp_path, conf),
        "spark-internal",
    ]
    with serving(installed, words, port, tmp_path, **stores.variables):
        told = {"address": f"sc://127.0.0.1:{port}"}
        client = [sys.executable, PROGRAMS / "connect_client.py"]
        said = answer(installed.run(client, tmp_path, installed.environment(), told))
    assert said["by_format"] == 5
    assert said["by_sql"] == 4
    assert said["tables"] == ["users_clean"]
    assert said["typo"] == "AnalysisException: store `lak`: no store `lak` in the catalog; did you mean `lake`?"
    assert said["missing"].startswith("AnalysisException: ")
    assert "did you mean `users_clean`?" in said["missing"]
    assert "\n\tat " not in said["missing"]
    assert "already" in said["exists"]
    assert said["attach"] is None
    assert said["attach_catalog"].startswith("PlanError: a Spark Connect client sends names")
    assert said["configure"].startswith("PlanError: `configure` prepares Spark's JVM")
