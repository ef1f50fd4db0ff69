"""Gold: what analysts ask for, as of one day.

`users_agg` has one row per clean user; `sales_daily_agg` one per day and region. Both count purchases (events of type
`purchase`) up to and including the day, by their UTC date; a purchase without an order value counts as an order and
adds nothing to revenue or average. A user created after the day has a negative `account_age_days`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date, datetime, timezone

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_dao import DataAccessObject, DataObject, DataStoreRegistry, register, run_job


def purchases_until(events: DataFrame, as_of: date) -> DataFrame:
    """Keep the purchases up to and including a day, with their date."""
    dated = events.withColumn("date", F.to_date("timestamp"))
    return dated.where((F.col("event_type") == "purchase") & (F.col("date") <= F.lit(as_of)))


def users_agg(users: DataFrame, purchases: DataFrame, as_of: date) -> DataFrame:
    """Sum up each user's purchases: their number, average value and last date, and the account's age in days."""
    per_user = purchases.groupBy("user_id").agg(
        F.count("*").alias("purchases"),
        F.avg("order_value").alias("avg_order_value"),
        F.max("date").alias("last_purchase_date"),
    )
    age = F.datediff(F.lit(as_of), F.to_date("created_at"))
    return users.join(per_user, users["id"] == per_user["user_id"], "left").select(
        users["id"].alias("user_id"),
        F.coalesce("purchases", F.lit(0)).alias("total_purchases"),
        "avg_order_value",
        "last_purchase_date",
        age.alias("account_age_days"),
    )


def sales_daily_agg(purchases: DataFrame) -> DataFrame:
    """Sum up the purchases of each day and region."""
    revenue = F.coalesce(F.sum("order_value"), F.lit(0)).cast("decimal(28,2)")
    return purchases.groupBy("date", "region").agg(revenue.alias("revenue"), F.count("*").alias("orders"))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day such as 2025-01-08, found `{text}`") from None


def main(arguments: Sequence[str]) -> None:
    """Rebuild the gold tables from silver."""
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS)
    today = datetime.now(tz=timezone.utc).date()
    parser.add_argument("--as-of", type=_date, default=today, help="last day that counts (today)")
    as_of: date = parser.parse_args(arguments).as_of

    spark = SparkSession.builder.appName("load gold").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    register(spark)
    dao = DataAccessObject(spark=spark)
    gold = DataStoreRegistry.get("gold")

    users = dao.read("silver.users_clean")
    purchases = purchases_until(spark.read.format("dao").load("silver.events_enriched"), as_of).cache()
    dao.write(data=users_agg(users, purchases, as_of), data_object=DataObject("users_agg", gold))
    dao.write(data=sales_daily_agg(purchases), data_object=DataObject("sales_daily_agg", gold))
    print(f"gold as of {as_of}: users_agg and sales_daily_agg from {purchases.count()} purchases")


if __name__ == "__main__":
    run_job(main)
