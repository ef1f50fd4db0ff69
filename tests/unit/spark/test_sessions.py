from __future__ import annotations

import pytest

from spark_dao import PlanError
from spark_dao.spark.sessions import check_java


def test_the_java_of_this_machine_will_do():
    check_java()


def test_missing_java_is_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        PlanError, match="no Java found on PATH; Spark needs Java 17 or newer; install one and set JAVA_HOME"
    ):
        check_java()


def test_a_java_home_without_java_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(PlanError, match="no Java found below JAVA_HOME="):
        check_java()


def test_an_old_java_is_refused(monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    java = tmp_path / "bin" / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_392\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(PlanError, match="is Java 8; Spark needs Java 17 or newer"):
        check_java()
