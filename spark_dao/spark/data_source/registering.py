"""Registering the data source with one session among several."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import datasource as spark_datasource
from pyspark.sql.types import StructType

from spark_dao.errors import PlanError
from spark_dao.spark.data_source.refusals import surfacing


class UnregisteredDataSource(spark_datasource.DataSource):
    """Answers for `dao` in a session that nobody registered it with."""

    @classmethod
    def name(cls) -> str:
        """Return the short name."""
        return "dao"

    @surfacing
    def schema(self) -> StructType:
        """Refuse: there is no catalog."""
        raise _unregistered()

    @surfacing
    def reader(self, schema: StructType) -> spark_datasource.DataSourceReader:
        """Refuse: there is no catalog."""
        raise _unregistered()

    @surfacing
    def writer(self, schema: StructType, overwrite: bool) -> spark_datasource.DataSourceWriter:
        """Refuse: there is no catalog."""
        raise _unregistered()


def session_settings(session: Any) -> dict[str, Any]:
    """Ask a session for what planning workers cannot see; keyword arguments of `make_data_source`.

    Args:
        session: The session, classic or Connect.
    """
    time_zone = str(session.conf.get("spark.sql.session.timeZone"))
    gateway: Any = getattr(session, "_jvm", None) if isinstance(session, SparkSession) else None
    return {
        "time_zone": time_zone,
        "local_time_zone": time_zone if gateway is None else str(gateway.java.util.TimeZone.getDefault().getID()),
        "parallelism": 0 if gateway is None else int(session.sparkContext.defaultParallelism),
        "overwrite_mode": str(session.conf.get("spark.sql.sources.partitionOverwriteMode", "static")),
    }


def register_with(session: Any, data_source: type[spark_datasource.DataSource]) -> None:
    """Register a data source with a session, whichever session is the active one.

    Spark looks for the *name* of a Python data source in the thread's active session, but takes the class from the
    session that was asked (measured on 4.2.0). Unless this is arranged for, a second session cannot register the same
    name, and a session made by `newSession` does not find its own. A thread without an active session finds no Python
    data source to write with at all: register in that thread too, which makes the session its active one.

    Args:
        session: The session, classic or Connect.
        data_source: What `make_data_source` made.
    """
    if not isinstance(session, SparkSession) or not hasattr(session, "_jsparkSession"):
        session.dataSource.register(data_source)
        return
    gateway: Any = session._jvm
    sessions = gateway.SparkSession
    default = SparkSession._instantiatedSession
    if default is not None and default is not session and not _knows_dao(default):
        _register_as_active(sessions, default, UnregisteredDataSource)
    _register_as_active(sessions, session, data_source)


def _register_as_active(sessions: Any, session: Any, data_source: type[spark_datasource.DataSource]) -> None:
    before = sessions.getActiveSession()
    sessions.setActiveSession(session._jsparkSession)
    try:
        session.dataSource.register(data_source)
    finally:
        if before.isDefined():
            sessions.setActiveSession(before.get())


def _knows_dao(session: Any) -> bool:
    return bool(session._jsparkSession.sessionState().dataSourceManager().dataSourceExists("dao"))


def _unregistered() -> PlanError:
    return PlanError("this session has no catalog for `dao`; call `spark_dao.register(spark)` on it first")
