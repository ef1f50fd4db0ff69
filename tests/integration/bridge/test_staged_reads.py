from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

SENSORS = """
import datetime, pathlib

class Sensors:
    def __init__(self, log):
        self.log = pathlib.Path(log)

    def read(self, data_object, *, columns=None, filters=None, unit="celsius"):
        with self.log.open("a") as log:
            log.write(f"{list(columns or ())} {[tuple(each) for each in filters or ()]} {unit}\\n")
        for sensor in range(3):
            for minute in range(60):
                yield {"sensor": sensor, "day": datetime.date(2025, 1, 1 + sensor), "value": float(minute)}
"""


@pytest.fixture
def log(spark: SparkSession, tmp_path: Path) -> Iterator[Path]:
    """A store whose rows come from Python, and the file in which it notes what it was asked for."""
    name = f"sensors_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SENSORS)
    store = {
        "interface_class": "Sensors",
        "interface_class_location": name,
        "default_configs": {"log": str(tmp_path / "log")},
        "spool_dir": (tmp_path / "spool").as_uri(),
        "data_objects": {"readings": {"schema": "sensor BIGINT, day DATE, value DOUBLE"}},
    }
    (tmp_path / "catalog.json").write_text(json.dumps({"field": store}))
    spark.conf.set("spark.sql.catalog.dao.config", str(tmp_path / "catalog.json"))
    spark.conf.set("spark.dao.pythonPath", f"{tmp_path}:{Path(sys.modules['spark_dao'].__path__[0]).parent}")
    (tmp_path / "log").touch()
    yield tmp_path / "log"
    spark.conf.unset("spark.dao.pythonPath")


def test_rows_that_python_yields_are_produced_when_the_query_runs_and_only_those_needed(
    spark: SparkSession, log: Path
) -> None:
    query = spark.sql("SELECT value FROM dao.field.readings WHERE day >= DATE'2025-01-02' AND sensor IN (1, 2)")
    plan = query._jdf.queryExecution().toString()
    assert "StagedScan field.readings" in plan
    assert log.read_text() == ""
    assert query.count() == 120
    [asked] = log.read_text().splitlines()
    assert asked.startswith("['sensor', 'day'")
    assert "('>=', 'day', datetime.date(2025, 1, 2))" in asked
    assert "('in', 'sensor', (1, 2))" in asked.replace("[1, 2]", "(1, 2)")


def test_the_data_source_reads_them_as_sql_does(spark: SparkSession, log: Path) -> None:
    frame = spark.read.format("dao").option("unit", "fahrenheit").load("field.readings")
    assert frame.where("sensor = 2").agg({"value": "sum"}).collect() == [(1770.0,)]
    assert log.read_text().rstrip().endswith("fahrenheit")
    assert spark.table("dao.field.readings").count() == 180
    assert spark.sql("DESCRIBE dao.field.readings").head() == ("sensor", "bigint", None)


def spooled(log: Path) -> list[Path]:
    return sorted((log.parent / "spool").rglob("*.parquet"))


def collect_garbage_until(spark: SparkSession, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the files are still there"
        gc.collect()
        spark._jvm.System.gc()


def test_spooled_files_are_removed_once_nobody_can_need_them_and_not_before(spark: SparkSession, log: Path) -> None:
    shuffled = spark.table("dao.field.readings").repartition(3).rdd
    assert shuffled.count() == 180
    kept = spooled(log)
    assert spark.sql("SELECT sum(value) FROM dao.field.readings").head() == (5310.0,)
    before = spooled(log)
    cached = spark.table("dao.field.readings").cache()
    assert cached.count() == 180
    kept = sorted({*kept, *spooled(log)} - ({*before} - {*kept}))
    assert len(kept) == 2
    collect_garbage_until(spark, lambda: spooled(log) == kept)
    assert (cached.where("sensor = 1").count(), shuffled.map(len).sum()) == (60, 540)
    cached.unpersist()
    del cached, shuffled
    collect_garbage_until(spark, lambda: not spooled(log))


def test_a_schema_that_the_caller_says_chooses_columns_of_spooled_rows(spark: SparkSession, log: Path) -> None:
    frame = spark.read.format("dao").schema("value DOUBLE, sensor BIGINT").load("field.readings")
    assert frame.columns == ["value", "sensor"]
    assert frame.where("sensor = 2").agg({"value": "sum"}).head() == (1770.0,)
    with pytest.raises(AnalysisException, match=r"field\.readings.*no column `valeu`.*`value`"):
        spark.read.format("dao").schema("valeu DOUBLE").load("field.readings")
