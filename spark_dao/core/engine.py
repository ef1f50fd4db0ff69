"""What the core asks of the engine that carries plans out.

The engine is loaded by name so that the core, and every process that only plans, runs without pyspark.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from spark_dao.core.planner import PlannedRead, PlannedWrite
from spark_dao.errors import PlanError
from spark_dao.plans import Filter

_ENGINE_MODULE = "spark_dao.spark.plan_runner"


class Engine(Protocol):
    """Carries plans out on a Spark session."""

    def session(self) -> Any:
        """Return the session in use: the one given, the active one, or a new one."""

    def session_conf(self) -> Mapping[str, str]:
        """Return the conf of the session."""

    def read(
        self, planned: PlannedRead, columns: Sequence[str] | None = None, filters: Sequence[Filter] | None = None
    ) -> Any:
        """Return the DataFrame that a plan describes, with the wanted columns and rows only."""

    def write(self, planned: PlannedWrite, data: Any) -> int | None:
        """Write a DataFrame as a plan says, all or nothing; return the number of rows where the store tells."""


def load_engine(spark: Any, sources: Any) -> Engine:
    """Load the engine for a session.

    Args:
        spark: The caller's session, None to use the active one or make one when first needed.
        sources: The catalog's sources, which a new session is configured for; None where conf decides.

    Raises:
        PlanError: PySpark is not installed.
    """
    try:
        module = importlib.import_module(_ENGINE_MODULE)
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(("pyspark", "py4j")):
            raise
        raise PlanError("PySpark is not installed; run `pip install 'spark_dao[spark]'`") from None
    engine: Engine = module.SparkEngine(spark, sources)
    return engine
