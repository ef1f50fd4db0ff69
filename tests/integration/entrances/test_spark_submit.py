"""`spark-submit`: the JVM runs before the job's first line, so jar and catalog come by flags or a properties file."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.integration.entrances.conftest import (
    CATALOG_CLASS,
    PROGRAMS,
    SMALL,
    Installed,
    answer,
    command,
    flags,
    properties,
)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job's folder with an interface class beside the job, another in an archive, and a catalog that names both."""
    (tmp_path / "job").mkdir()
    shutil.copy(PROGRAMS / "job.py", tmp_path / "job" / "job.py")
    own = (PROGRAMS / "shelf.py").read_text()
    (tmp_path / "job" / "beside.py").write_text(own.replace("class Shelf", "class Beside"))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("shelf.py", own)
    catalog = {
        name: {
            "interface_class": interface_class,
            "interface_class_location": module,
            "default_configs": {"root": (tmp_path / "data" / name).as_uri()},
        }
        for name, interface_class, module in (("packed", "Shelf", "shelf"), ("beside", "Beside", "beside"))
    }
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    return tmp_path / "job" / "job.py"


def assert_done(said: dict[str, Any], installed: Installed, tmp_path: Path) -> None:
    assert (said["joined"], said["by_dao"], said["after_attach"]) == (3, 3, 2)
    assert said["packed"] == sorted([installed.folder.name, "packed"])
    assert said["beside"] == sorted([installed.folder.name, "job"])


@pytest.mark.full
def test_jars_and_py_files_by_flags(installed: Installed, job: Path, tmp_path: Path) -> None:
    conf = {
        **SMALL,
        "spark.master": "local[2]",
        "spark.sql.catalog.dao": CATALOG_CLASS,
        "spark.sql.catalog.dao.config": str(tmp_path / "catalog.json"),
    }
    words = [command("spark-submit"), "--jars", installed.jar, "--py-files", tmp_path / "packed.zip", *flags(conf), job]
    said = answer(installed.run(words, tmp_path, installed.spark_environment()))
    assert_done(said, installed, tmp_path)


@pytest.mark.full
def test_everything_by_a_properties_file(installed: Installed, job: Path, tmp_path: Path) -> None:
    conf = {
        **SMALL,
        "spark.master": "local[2]",
        "spark.jars": str(installed.jar),
        "spark.submit.pyFiles": str(tmp_path / "packed.zip"),
        "spark.sql.catalog.dao": CATALOG_CLASS,
        "spark.sql.catalog.dao.config": "catalog.json",
    }
    words = [command("spark-submit"), *properties(tmp_path, conf), job]
    said = answer(installed.run(words, tmp_path, installed.spark_environment()))
    assert_done(said, installed, tmp_path)
