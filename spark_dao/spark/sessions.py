"""Finding or making the Spark session, and reading its conf."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from spark_dao.catalog import CatalogSource
from spark_dao.errors import PlanError
from spark_dao.spark.configure import configure

JAVA_VERSION = 17


def find_session(spark: Any, sources: CatalogSource | Sequence[CatalogSource] | None) -> Any:
    """Return the caller's session, else the active one, else a new one configured for the catalog.

    Args:
        spark: The caller's session, or None.
        sources: The catalog's sources, None where the conf of the process decides.

    Raises:
        PlanError: A session must be made and there is no Java for it.
    """
    session = spark or SparkSession.getActiveSession()
    if session is not None:
        return session
    if "PYSPARK_GATEWAY_PORT" in os.environ or "SPARK_REMOTE" in os.environ:
        return SparkSession.builder.getOrCreate()
    check_java()
    builder = SparkSession.builder.appName("spark_dao")
    return (builder if sources is None else configure(builder, sources)).getOrCreate()


def is_connect(session: Any) -> bool:
    """Tell whether a session is a Spark Connect client, which has no JVM of its own."""
    return type(session).__module__.startswith("pyspark.sql.connect")


def session_conf(session: Any) -> dict[str, str]:
    """Return the conf of a session."""
    conf: dict[str, str] = session.conf.getAll
    return dict(conf)


def check_java() -> None:
    """Make sure that the Java which Spark would start is there and new enough.

    Raises:
        PlanError: It is not.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    remedy = f"Spark needs Java {JAVA_VERSION} or newer; install one and set JAVA_HOME"
    if java is None or not Path(java).is_file():
        raise PlanError(f"no Java found{f' below JAVA_HOME={home}' if home else ' on PATH'}; {remedy}")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if answer.returncode != 0 or version is None:
        raise PlanError(f"`{java}` does not run; {remedy}")
    if int(version[1]) < JAVA_VERSION:
        raise PlanError(f"`{java}` is Java {version[1]}; {remedy}")
