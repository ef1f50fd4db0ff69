"""A session that runs without the jar: what it still gets, and that it is told what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spark_dao import CatalogError, DataAccessObject, attach, configure
from tests.integration.entrances.conftest import folder_store


@pytest.fixture
def session(spark: SparkSession) -> Iterator[SparkSession]:
    """A session of this test's own in the application that all tests share."""
    yield spark.newSession()
    # PySpark makes the newest session the active one.
    SparkSession._activeSession = spark
    spark._jvm.SparkSession.setActiveSession(spark._jsparkSession)


def test_without_the_jar_it_gets_the_python_data_source_and_no_sql_catalog(
    session: SparkSession, tmp_path: Path
) -> None:
    attach(session, catalog={"files": folder_store(tmp_path)})
    session.range(3).write.format("dao").mode("append").save("files.numbers")
    assert session.read.format("dao").load("files.numbers").count() == 3
    assert DataAccessObject(spark=session).read("files.numbers").count() == 3
    assert session.conf.get("spark.sql.catalog.dao", None) is None
    file = Path(session.conf.get("spark.sql.catalog.dao.config") or "")
    assert oct(file.stat().st_mode)[-3:] == "600"
    attach(session)
    assert session.read.format("dao").load("files.numbers").count() == 3


def test_configuring_it_warns_of_the_jar_that_cannot_be_added(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="JVM runs already and lacks the bridge jar") as caught:
        builder = configure(SparkSession.builder, catalog={"files": folder_store(tmp_path)})
    assert caught[0].filename == __file__
    assert "spark.jars" not in builder._options
    assert "spark.sql.catalog.dao" not in builder._options


def test_a_wrong_catalog_is_refused_and_changes_nothing(session: SparkSession) -> None:
    with pytest.raises(CatalogError, match="did you mean `FileSparkInterface`"):
        attach(session, catalog={"files": {"interface_class": "FileSparkInterfce"}})
    assert session.conf.get("spark.sql.catalog.dao.config", None) is None
