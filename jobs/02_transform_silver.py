"""Silver: one clean row per user and per event, and every other row kept with the reason why it is not one.

The rules:

- An empty field is a missing value; where a value is required, blanks alone are none either.
- A timestamp is ISO 8601: a date (`YYYY-MM-DD`, years 1000 to 9999), then perhaps `T` or one space and `HH:MM`,
  `HH:MM:SS` or `HH:MM:SS.fraction` (1 to 9 digits, cut to microseconds), then perhaps `Z`, `±HH:MM` or `±HHMM` (up to
  14 hours). No time means midnight, no zone means UTC. Blanks around it do not matter. Anything else is unparseable.
- An order value is a decimal number (`-12.5`, `1e3`; an exponent has one or two digits), rounded half up to cents,
  below 10^16. A missing one stays missing.
- A user needs an id, an email and a `created_at`. Of several rows of one id, the newest `created_at` wins, then the
  newest ingest date, then the greatest name, email and `created_at` as written (a missing value is the smallest).
- An event needs an event_id and a timestamp. Of several rows of one event_id, the newest ingest date wins, then the
  newest timestamp, then the greatest user_id, event_type, order value, region, order value and timestamp as written.
- All times are UTC, whatever the machine's zone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from spark_dao import DataAccessObject, DataObject, DataStoreRegistry, register, run_job

USER_COLUMNS = ("id", "name", "email", "created_at")
EVENT_COLUMNS = ("event_id", "user_id", "event_type", "order_value", "region", "timestamp")
MALFORMED_LINE = "malformed_line"

_TIMESTAMP = (
    r"^\s*[1-9]\d{3}-\d{2}-\d{2}"
    r"([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-](0\d|1[0-3]):?[0-5]\d|[+-]14:?00)?)?\s*$"
)
_NUMBER = r"^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?\s*$"
_INGEST_DATE = r"/(\d{4}-\d{2}-\d{2})/[^/]+$"


def with_ingest_date(raw: DataFrame) -> DataFrame:
    """Add the date of the delivery that each row came in, from its file's folder."""
    folder = F.regexp_extract(F.col("_metadata.file_path"), _INGEST_DATE, 1)
    return raw.select("*", folder.try_cast("date").alias("ingest_date"))


def parsed_timestamp(text: Column) -> Column:
    """Read a timestamp by the rules above; null where it is unparseable."""
    # Spark's cast takes a zone only after seconds.
    with_seconds = F.regexp_replace(text, r"([T ]\d{2}:\d{2})([Z+-])", "$1:00$2")
    return F.when(text.rlike(_TIMESTAMP), with_seconds.try_cast("timestamp"))


def parsed_order_value(text: Column) -> Column:
    """Read an amount of money by the rules above; null where it is no number or too large."""
    return F.when(text.rlike(_NUMBER), text.try_cast("decimal(18,2)"))


def classified_users(raw: DataFrame) -> DataFrame:
    """Type the users' columns (`typed_…`) and say for each row why it is rejected (`reason`, null for clean ones)."""
    rows = _empty_as_missing(raw, USER_COLUMNS).withColumn("typed_created_at", parsed_timestamp(F.col("created_at")))
    reason = (
        F.when(F.col(MALFORMED_LINE).isNotNull(), "malformed line")
        .when(_blank("id"), "missing id")
        .when(_blank("email"), "empty email")
        .when(F.col("typed_created_at").isNull(), "unparseable created_at")
    )
    newest_first = ("typed_created_at", "ingest_date", "name", "email", "created_at")
    return _reject_all_but_first(rows.withColumn("reason", reason), "id", newest_first, "superseded by a newer row")


def classified_events(raw: DataFrame) -> DataFrame:
    """Type the events' columns (`typed_…`) and say for each row why it is rejected (`reason`, null for clean ones)."""
    rows = (
        _empty_as_missing(raw, EVENT_COLUMNS)
        .withColumn("typed_timestamp", parsed_timestamp(F.col("timestamp")))
        .withColumn("typed_order_value", parsed_order_value(F.col("order_value")))
    )
    reason = (
        F.when(F.col(MALFORMED_LINE).isNotNull(), "malformed line")
        .when(_blank("event_id"), "missing event_id")
        .when(F.col("typed_timestamp").isNull(), "unparseable timestamp")
        .when(F.col("order_value").isNotNull() & F.col("typed_order_value").isNull(), "order_value is no number")
    )
    newest_first = (
        *("ingest_date", "typed_timestamp", "user_id", "event_type", "typed_order_value", "region"),
        *("order_value", "timestamp"),
    )
    return _reject_all_but_first(rows.withColumn("reason", reason), "event_id", newest_first, "duplicate event_id")


def clean_users(classified: DataFrame) -> DataFrame:
    """Keep the users that nothing speaks against, with the date columns that the table is partitioned by."""
    clean = classified.where("reason IS NULL").select(
        "id", "name", "email", F.col("typed_created_at").alias("created_at"), "ingest_date"
    )
    return _with_date_parts(clean, "created_at")


def enriched_events(classified: DataFrame, users_clean: DataFrame) -> DataFrame:
    """Keep the events that nothing speaks against, with their user's name; null where nobody knows the user."""
    names = users_clean.select(F.col("id").alias("user_id"), F.col("name").alias("user_name"))
    clean = classified.where("reason IS NULL").join(names, "user_id", "left")
    typed = clean.select(
        *("event_id", "user_id", "user_name", "event_type", F.col("typed_order_value").alias("order_value")),
        *("region", F.col("typed_timestamp").alias("timestamp"), "ingest_date"),
    )
    return _with_date_parts(typed, "timestamp")


def rejected(classified: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Keep the other rows: the reason, the values as they were delivered, and the delivery's date."""
    return classified.where("reason IS NOT NULL").select("reason", *columns, MALFORMED_LINE, "ingest_date")


def _blank(column: str) -> Column:
    return F.col(column).isNull() | F.col(column).rlike(r"^\s*$")


def _empty_as_missing(raw: DataFrame, columns: Sequence[str]) -> DataFrame:
    return raw.withColumns({column: F.nullif(F.col(column), F.lit("")) for column in columns})


def _reject_all_but_first(rows: DataFrame, key: str, order: Sequence[str], reason: str) -> DataFrame:
    # Rejected rows are ranked among themselves, so that none of them can push a good row from the first place.
    newest_first = Window.partitionBy(key, F.col("reason").isNull()).orderBy(*(F.desc_nulls_last(c) for c in order))
    ranked = rows.withColumn("place", F.row_number().over(newest_first))
    loses = F.when(F.col("place") > 1, reason)
    return ranked.withColumn("reason", F.coalesce("reason", loses)).drop("place")


def _with_date_parts(rows: DataFrame, column: str) -> DataFrame:
    parts = (F.year(column).alias("year"), F.month(column).alias("month"), F.day(column).alias("day"))
    # One task per day writes one file per day, where otherwise every task would write a small one for every day.
    return rows.select("*", *parts).repartition("year", "month", "day")


def _report(name: str, classified: DataFrame) -> None:
    counts = {row["reason"]: row["count"] for row in classified.groupBy("reason").count().collect()}
    clean = counts.pop(None, 0)
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
    print(f"{name}: {clean + sum(counts.values())} rows, {clean} clean, {sum(counts.values())} rejected ({reasons})")


def main(arguments: Sequence[str]) -> None:
    """Rebuild the silver tables from everything that bronze holds."""
    argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS).parse_args(arguments)
    spark = SparkSession.builder.appName("transform silver").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    register(spark)
    dao = DataAccessObject(spark=spark)
    bronze, silver = DataStoreRegistry.get("bronze"), DataStoreRegistry.get("silver")

    users_raw = dao.read(data_object=DataObject("users_raw", bronze), format="csv")
    users = classified_users(with_ingest_date(users_raw)).cache()
    dao.write(data=clean_users(users), data_object=DataObject("users_clean", silver))
    dao.write(data=rejected(users, USER_COLUMNS), data_object=DataObject("users_rejected", silver))
    _report("users", users)

    events_raw = dao.read(data_object=DataObject("events_raw", bronze), format="json")
    events = classified_events(with_ingest_date(events_raw)).cache()
    users_clean = spark.read.format("dao").load("silver.users_clean")
    dao.write(data=enriched_events(events, users_clean), data_object=DataObject("events_enriched", silver))
    dao.write(data=rejected(events, EVENT_COLUMNS), data_object=DataObject("events_rejected", silver))
    _report("events", events)


if __name__ == "__main__":
    run_job(main)
