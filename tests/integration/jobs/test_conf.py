"""What lies in conf/ fits the code that reads it."""

from __future__ import annotations

import re

import pytest

from spark_dao.catalog import load_declarations
from spark_dao.spark.packages import (
    CONNECT_CONF,
    DELTA_CATALOG,
    DELTA_EXTENSION,
    DELTA_PACKAGES,
    EXCLUDES,
    S3A_CONF,
    S3A_PACKAGES,
)
from tests.integration.jobs.medallion import ROOT

CONF = ROOT / "conf"


@pytest.fixture(scope="module")
def defaults() -> dict[str, str]:
    lines = (CONF / "spark-defaults.conf").read_text(encoding="utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def test_spark_submit_gets_the_packages_that_configure_gives_a_builder(defaults):
    assert set(defaults["spark.jars.packages"].split(",")) == {*S3A_PACKAGES, *DELTA_PACKAGES}
    assert set(defaults["spark.jars.excludes"].split(",")) == set(EXCLUDES)
    assert {**S3A_CONF, **CONNECT_CONF}.items() <= defaults.items()
    assert defaults["spark.sql.extensions"] == DELTA_EXTENSION
    assert defaults["spark.sql.catalog.spark_catalog"] == DELTA_CATALOG


@pytest.mark.parametrize("files", [["catalog.json"], ["catalog.json", "local.json"]])
def test_the_catalogs_are_valid_and_hold_no_secret(files):
    stores = load_declarations([CONF / file for file in files])
    assert sorted(stores) == ["bronze", "gold", "silver"]
    for store in stores.values():
        for key, value in store.default_configs.items():
            if re.search("password|access_key|user", key):
                assert re.fullmatch(r"\{\{env:[A-Z0-9_]+\}\}", value), key


def test_jobs_name_no_place_format_or_credential():
    for job in (ROOT / "jobs").glob("0*.py"):
        code = job.read_text(encoding="utf-8")
        assert not re.search(r"s3a?://|bucket|parquet|delta|redshift|password|access_key|endpoint", code), job.name
