"""The Thrift server with a JDBC client: the `beeline` that pyspark ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.entrances.conftest import CATALOG_CLASS, S3A, SMALL, Installed, Stores, command, properties
from tests.integration.entrances.servers import free_port, serving


@pytest.mark.full
def test_a_jdbc_client_creates_fills_joins_and_lists_tables(
    installed: Installed, stores: Stores, tmp_path: Path
) -> None:
    port = free_port()
    conf = {
        **SMALL,
        **S3A,
        "spark.master": "local[2]",
        "spark.sql.catalog.dao": CATALOG_CLASS,
        "spark.sql.catalog.dao.config": str(stores.write(tmp_path)),
    }
    server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
    listening = [
        "--hiveconf",
        f"hive.server2.thrift.port={port}",
        "--hiveconf",
        "hive.server2.thrift.bind.host=127.0.0.1",
    ]
    words = [
        command("spark-submit"),
        "--class",
        server,
        "--jars",
        installed.jar,
        *properties(tmp_path, conf),
        "spark-internal",
        *listening,
    ]
    client = [command("beeline"), "-u", f"jdbc:hive2://127.0.0.1:{port}", "--silent=true", "--outputformat=tsv2"]
    with serving(installed, words, port, tmp_path, **stores.variables):
        environment = installed.spark_environment()
        done = installed.run([*client, "-e", STATEMENTS], tmp_path, environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "joined\tAnn\t2025" in done.stdout.splitlines()
        assert "lake\tusers_clean\tfalse" in done.stdout.splitlines()
        refused = installed.run([*client, "-e", "SELECT * FROM dao.lak.users_clean;"], tmp_path, environment)
    assert refused.returncode != 0
    assert "store `lak`: no store `lak` in the catalog; did you mean `lake`?" in refused.stderr


STATEMENTS = """
CREATE TABLE dao.lake.users_clean (id INT, name STRING) USING parquet;
INSERT INTO dao.lake.users_clean VALUES (7, 'Ann'), (8, 'Bob');
CREATE TABLE dao.files.orders USING parquet PARTITIONED BY (year) AS SELECT 7 AS user_id, 2025 AS year;
SELECT 'joined', u.name, o.year FROM dao.lake.users_clean u JOIN dao.files.orders o ON o.user_id = u.id;
SHOW TABLES IN dao.lake;
"""
