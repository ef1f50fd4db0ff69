"""The interface classes of the documentation without the jar: what works, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

import spark_dao
from spark_dao.spark.data_source import make_data_source
from spark_dao.spark.data_source.registering import register_with
from tests.integration.documented import documented_catalog


@pytest.fixture
def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return documented_catalog(tmp_path)


def test_the_dao_reads_and_writes_what_has_plans_and_hands_on_what_has_none(
    spark: SparkSession, documented: Path
) -> None:
    dao = spark_dao.DataAccessObject(str(documented), spark)
    dao.write(spark.range(3).coalesce(1), data_object="daily.ids", mode="append", day="2025-01-07")
    assert dao.read(data_object="daily.ids").count() == 3
    assert sum(batch.num_rows for batch in dao.read(data_object="field.readings", unit="fahrenheit")) == 180


@pytest.mark.parametrize("name", ["daily.ids", "field.readings"])
def test_format_dao_refuses_both_in_words(spark: SparkSession, documented: Path, name: str) -> None:
    for module in ("daily_files", "sensors"):
        spark.sparkContext.addPyFile(str(documented.with_name(f"{module}.py")))
    session = spark.newSession()
    register_with(session, make_data_source(json.loads(documented.read_text())))
    with pytest.raises(PySparkException, match=r"jar|plan"):
        session.read.format("dao").load(name).collect()
