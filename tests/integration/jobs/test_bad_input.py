"""A job that cannot do its work says why in one line, ends with an error, and leaves nothing half-written."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import socket
import subprocess
import sys

import pytest

from spark_dao.catalog import merge_sources
from tests.integration.jobs.medallion import ROOT, SAMPLE_DATA

INGEST, TRANSFORM, LOAD = "01_ingest_bronze", "02_transform_silver", "03_load_gold"
SILVER_BUCKET = "spark.sql.catalog.dao.store.silver.default_configs.bucket"
CATALOG = "spark.sql.catalog.dao.config"


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def refused(medallion, job, *arguments, environment=None, conf=None) -> str:
    """Run a job that must fail, and return the one line that says why."""
    before = [medallion.keys("bronze"), medallion.keys("silver"), medallion.gold()]
    done = medallion.submit(job, *arguments, environment=environment, conf=conf)
    assert done.returncode not in {0, None}, done.stdout
    # spark-submit sends both streams of a job's Python to its own standard output (Spark's PythonRunner).
    printed = done.stdout.splitlines()
    assert len(printed) == 1, done.stdout + done.stderr
    assert printed[0].startswith("error: ")
    assert not re.search("Traceback|Exception| ERROR ", done.stderr), done.stderr
    assert [medallion.keys("bronze"), medallion.keys("silver"), medallion.gold()] == before
    assert medallion.keys("temp") == []
    secrets = [value for name, value in medallion.stack.items() if name.endswith(("PASSWORD", "SECRET_KEY"))]
    assert not any(secret in done.stdout + done.stderr for secret in secrets)
    return printed[0]


def refused_at_once(job, *arguments) -> str:
    """Run a job with arguments that must be refused before there is any session; there is not even Java."""
    done = subprocess.run(
        [sys.executable, f"jobs/{job}.py", *arguments],
        cwd=ROOT,
        env={"PATH": "", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("job", "arguments", "expected"),
    [
        (INGEST, ["--source", "no/such/folder"], "no/such/folder: no such folder"),
        (INGEST, ["--source", "conf"], "conf: no delivery in it; expected folders such as 2025-01-07/"),
        (INGEST, [], "the following arguments are required: --source"),
        (TRANSFORM, ["--as-of", "2025-01-08"], "unrecognized arguments: --as-of 2025-01-08"),
        (LOAD, ["--as-of", "yesterday"], "expected a day such as 2025-01-08, found `yesterday`"),
        (LOAD, ["--as-of", "2025-02-30"], "expected a day such as 2025-01-08, found `2025-02-30`"),
    ],
)
def test_arguments_that_cannot_be_are_refused_in_one_line(job, arguments, expected):
    assert expected in refused_at_once(job, *arguments)


def test_a_delivery_of_a_day_that_does_not_exist_is_refused_before_any_upload(tmp_path):
    shutil.copytree(SAMPLE_DATA / "2025-01-07", tmp_path / "2025-01-06")
    (tmp_path / "2025-02-30").mkdir()
    assert "2025-02-30: there is no such day" in refused_at_once(INGEST, "--source", str(tmp_path))


def test_a_file_that_belongs_to_no_object_is_refused_before_any_upload(tmp_path):
    shutil.copytree(SAMPLE_DATA / "2025-01-07", tmp_path / "2025-01-06")
    (tmp_path / "2025-01-06" / "users.xlsx").touch()
    assert "users.xlsx: expected users.csv or events.json" in refused_at_once(INGEST, "--source", str(tmp_path))


def test_a_catalog_file_that_does_not_exist_is_named(loaded):
    assert "conf/none.json" in refused(loaded, LOAD, conf={CATALOG: "conf/catalog.json,conf/none.json"})


@pytest.mark.full
def test_a_store_that_the_catalog_lacks_is_named_with_the_near_miss(loaded, tmp_path):
    stores = merge_sources([ROOT / "conf" / "catalog.json", ROOT / "conf" / "local.json"])
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps({"bronze": stores["bronze"], "silvr": stores["silver"]}), encoding="utf-8")
    without_silver = {key: value for key, value in loaded.conf.items() if ".bronze." in key}
    said = refused(dataclasses.replace(loaded, conf=without_silver), TRANSFORM, conf={CATALOG: str(file)})
    assert "has a store `silver`; did you mean `silvr`?" in said


@pytest.mark.full
def test_an_unknown_key_of_a_store_is_named_with_the_near_miss(loaded):
    said = refused(loaded, TRANSFORM, conf={"spark.sql.catalog.dao.store.silver.default_configs.endpoint": "x"})
    assert "silver" in said
    assert "`endpoint_url`" in said


@pytest.mark.full
def test_a_missing_environment_variable_is_named(loaded):
    said = refused(loaded, LOAD, environment={"SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD": None})
    assert "SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD" in said
    assert "gold" in said


@pytest.mark.full
def test_a_warehouse_that_cannot_be_reached_is_named(loaded):
    port = closed_port()
    said = refused(loaded, LOAD, "--as-of", "2025-01-08", environment={"SPARK_DAO_LOCAL_WAREHOUSE_PORT": port})
    assert "gold.users_agg" in said
    assert f"127.0.0.1:{port}" in said


@pytest.mark.full
def test_a_wrong_password_of_the_warehouse_is_named(loaded):
    said = refused(loaded, LOAD, environment={"SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD": "wrong-password"})
    assert "gold.users_agg" in said
    assert re.search("password|credentials", said)
    assert "wrong-password" not in said


@pytest.mark.full
def test_an_s3_service_that_cannot_be_reached_is_named(loaded):
    endpoint = f"http://127.0.0.1:{closed_port()}"
    said = refused(loaded, TRANSFORM, environment={"SPARK_DAO_LOCAL_S3_ENDPOINT": endpoint})
    assert "bronze.users_raw" in said
    assert endpoint in said


@pytest.mark.parametrize(
    ("job", "arguments"),
    [pytest.param(INGEST, ["--source", str(SAMPLE_DATA)], marks=pytest.mark.full), (TRANSFORM, [])],
)
def test_wrong_credentials_of_s3_are_named(loaded, job, arguments):
    said = refused(loaded, job, *arguments, environment={"SPARK_DAO_LOCAL_S3_SECRET_KEY": "wrong-secret"})
    assert "bronze." in said
    assert "check the store's credentials" in said or "check `aws_access_key_id`" in said
    assert "wrong-secret" not in said


@pytest.mark.full
def test_a_missing_bucket_is_named(loaded):
    said = refused(loaded, TRANSFORM, conf={SILVER_BUCKET: "there-is-no-such-bucket"})
    assert "silver.users_clean" in said
    assert "there-is-no-such-bucket" in said
