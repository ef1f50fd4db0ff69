"""`spark-sql -e` with conf alone: no Python of the user's runs, so nothing but the jar can put S3 settings in force."""

from __future__ import annotations

import subprocess

import pytest

from spark_dao.local import LocalStack
from tests.integration.entrances.conftest import CATALOG_CLASS, S3A, SMALL, Installed, command, make_stores, properties

STATEMENTS = """
CREATE TABLE dao.lake.users_clean (id INT, name STRING) USING parquet;
INSERT INTO dao.lake.users_clean VALUES (7, 'Ann'), (8, 'Bob');
CREATE TABLE dao.files.orders USING parquet PARTITIONED BY (year) AS SELECT 7 AS user_id, 2025 AS year;
SELECT 'joined', u.name, o.year FROM dao.lake.users_clean u JOIN dao.files.orders o ON o.user_id = u.id;
SHOW TABLES IN dao.lake;
SELECT * FROM dao.lake.users_claen;
SELECT 'never reached';
"""


@pytest.fixture(scope="module")
def done(
    installed: Installed, local_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory
) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("sql")
    stores = make_stores(local_stack, folder)
    conf = {
        **SMALL,
        **S3A,
        "spark.master": "local[2]",
        "spark.sql.catalog.dao": CATALOG_CLASS,
        "spark.sql.catalog.dao.config": str(stores.write(folder)),
    }
    words = [command("spark-sql"), "--jars", installed.jar, *properties(folder, conf), "-e", STATEMENTS]
    return installed.run(words, folder, installed.spark_environment(**stores.variables))


@pytest.mark.full
def test_tables_in_s3_and_in_folders_are_created_filled_and_joined(done: subprocess.CompletedProcess[str]) -> None:
    assert "joined\tAnn\t2025" in done.stdout.splitlines(), done.stdout + done.stderr[-5000:]
    assert "users_clean" in done.stdout.splitlines()


@pytest.mark.full
def test_a_typo_ends_it_with_pythons_message_and_an_exit_code(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1
    assert "never reached" not in done.stdout
    assert "did you mean `users_clean`?" in done.stderr
    assert "\tat " not in done.stderr
