"""The wheel carries exactly one jar, and the commands that come with it find that jar."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.entrances.conftest import ROOT, Installed

CONFIGURED = """
import json
from pyspark.sql import SparkSession
from spark_dao import configure
store = {"interface_class": "FileSparkInterface", "default_configs": {"root": "/data"}}
print(json.dumps(dict(configure(SparkSession.builder, catalog={"silver": store})._options)))
"""
ONLY_ONE = "expected spark_dao/jars/spark-dao-bridge.jar alone, found {found}; run `make jar` first"


def build(checkout: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    return subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a wheel is built from, but for the code."""
    folder = tmp_path / "checkout"
    (folder / "spark_dao" / "jars").mkdir(parents=True)
    shutil.copy(ROOT / "spark_dao" / "__init__.py", folder / "spark_dao")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def test_a_wheel_without_exactly_one_jar_is_not_built(checkout: Path, tmp_path: Path) -> None:
    jars, dist = checkout / "spark_dao" / "jars", tmp_path / "dist"
    refused = build(checkout, dist)
    assert refused.returncode != 0
    assert ONLY_ONE.format(found=[]) in refused.stderr
    (jars / "spark-dao-bridge.jar").touch()
    (jars / "older.jar").touch()
    refused = build(checkout, dist)
    assert ONLY_ONE.format(found=["older.jar", "spark-dao-bridge.jar"]) in refused.stderr
    assert not list(dist.glob("*.whl"))
    (jars / "older.jar").unlink()
    assert build(checkout, dist).returncode == 0


def test_the_wheel_carries_the_jar_and_not_its_sources(installed: Installed) -> None:
    assert [path.name for path in installed.folder.rglob("*.jar")] == ["spark-dao-bridge.jar"]
    assert not list(installed.folder.rglob("*.java"))


def test_the_command_prints_the_path_of_the_jar_and_nothing_else(installed: Installed, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "spark_dao.cli", "jar"]
    done = installed.run(words, tmp_path, installed.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{installed.jar}\n", "")


def test_a_package_without_a_jar_says_how_to_get_it_and_configures_as_without(
    installed: Installed, tmp_path: Path
) -> None:
    bare = Installed(tmp_path / "bare")
    shutil.copytree(installed.folder, bare.folder)
    bare.jar.unlink()
    environment = bare.environment()
    done = bare.run([sys.executable, "-m", "spark_dao.cli", "jar"], tmp_path, environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: spark_dao 0.1.0 has no bridge jar: expected ")
    assert "run `make jar` in a source checkout" in done.stderr
    for package, expected in ((bare, None), (installed, str(installed.jar))):
        found = package.run([sys.executable, "-c", CONFIGURED], tmp_path, package.environment())
        options = json.loads(found.stdout)
        assert options.get("spark.jars") == expected
        assert options.get("spark.sql.catalog.dao") == (None if expected is None else "io.sparkdao.DaoCatalog")
