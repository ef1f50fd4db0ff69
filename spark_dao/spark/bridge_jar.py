"""The bridge's jar, which the package carries, and the class by which Spark's conf names it."""

from __future__ import annotations

from pathlib import Path

from spark_dao import __version__
from spark_dao.errors import PlanError

JAR_NAME = "spark-dao-bridge.jar"
CATALOG_CLASS = "io.sparkdao.DaoCatalog"


def bridge_jar() -> Path | None:
    """Return the jar that this package carries; None in a source checkout that has not built it."""
    jar = Path(__file__).resolve().parents[1] / "jars" / JAR_NAME
    return jar if jar.is_file() else None


def require_bridge_jar() -> Path:
    """Return the jar that this package carries.

    Raises:
        PlanError: It carries none.
    """
    jar = bridge_jar()
    if jar is None:
        folder = Path(__file__).resolve().parents[1] / "jars"
        raise PlanError(
            f"spark_dao {__version__} has no bridge jar: expected {folder / JAR_NAME}; run `make jar` in a source "
            "checkout, or install a wheel, which always carries it"
        )
    return jar
