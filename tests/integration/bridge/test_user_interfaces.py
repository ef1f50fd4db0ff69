"""The interface classes of the documentation, through all three doors."""

from __future__ import annotations

import pytest

import spark_dao
from tests.integration.documented import documented_catalog


@pytest.fixture
def documented(spark, tmp_path, monkeypatch):
    """Make the documentation's catalog the session's, its `/data` being a temporary folder."""
    file = documented_catalog(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    spark.conf.set("spark.dao.pythonPath", str(tmp_path))
    spark.conf.set("spark.sql.catalog.dao.config", str(file))
    yield file
    spark.conf.unset("spark.dao.pythonPath")


def orders(spark, first, last):
    return spark.range(first, last).selectExpr("id", "id * 10 AS cents").coalesce(1)


def cents(frame):
    return sorted(row.cents for row in frame.collect())


def test_a_class_with_plans_is_written_and_read_through_every_door(spark, documented):
    dao = spark_dao.DataAccessObject(str(documented), spark)
    dao.write(orders(spark, 0, 2), data_object="daily.orders", mode="append", day="2025-01-07")
    orders(spark, 2, 4).write.format("dao").mode("append").option("day", "2025-01-08").save("daily.orders")
    everything = [0, 10, 20, 30]
    assert cents(dao.read(data_object="daily.orders")) == everything
    assert cents(spark.read.format("dao").load("daily.orders")) == everything
    assert cents(spark.sql("SELECT cents FROM dao.daily.orders")) == everything
    assert cents(spark.read.format("dao").option("day", "2025-01-08").load("daily.orders")) == [20, 30]
    spark.sql("INSERT INTO dao.daily.orders VALUES (9, 90)")
    assert cents(spark.sql("SELECT cents FROM dao.daily.orders WHERE id > 2")) == [30, 90]


def test_a_class_without_plans_is_read_through_every_door(spark, documented):
    batches = spark_dao.DataAccessObject(str(documented), spark).read(data_object="field.readings")
    assert sum(batch.num_rows for batch in batches) == 180
    assert [row.tableName for row in spark.sql("SHOW TABLES IN dao.field").collect()] == ["readings"]
    by_sql = spark.sql("SELECT sensor, max(celsius) AS top FROM dao.field.readings WHERE minute < 30 GROUP BY sensor")
    assert sorted((row.sensor, row.top) for row in by_sql.collect()) == [(0, 29.0), (1, 29.0), (2, 29.0)]
    assert spark.read.format("dao").load("field.readings").count() == 180


def test_explaining_a_class_without_plans_runs_nothing(spark, documented, tmp_path):
    spark.sql("EXPLAIN SELECT * FROM dao.field.readings").collect()
    assert not (tmp_path / "data" / "spool").exists()
