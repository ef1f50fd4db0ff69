"""A driver whose executors are processes of their own; prints what it saw as one line of JSON."""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession

from spark_dao import DataAccessObject, configure


def main():
    told = json.load(sys.stdin)
    builder = SparkSession.builder
    for key, value in told["conf"].items():
        builder = builder.config(key, value)
    spark = configure(builder, catalog=told["catalog"]).getOrCreate()
    dao = DataAccessObject(spark=spark)
    rows = spark.range(1000).selectExpr("id", "id % 3 AS year").repartition(2)
    rows.write.format("dao").save("files.orders")
    dao.write(data=rows, data_object="lake.users_clean")
    rows.write.format("dao").save("lake.events")
    spark.sql("INSERT OVERWRITE dao.files.orders SELECT id, 5 AS year FROM dao.lake.users_clean WHERE year = 1")
    spark.sql("DELETE FROM dao.lake.events WHERE year = 0")
    spark.sql("INSERT INTO dao.house.orders SELECT * FROM dao.files.orders")
    said = {
        "by_format": spark.read.format("dao").load("files.orders").count(),
        "by_sql": spark.sql("SELECT count(*) AS n FROM dao.files.orders WHERE year = 5").collect()[0]["n"],
        "by_dao": dao.read("lake.users_clean").count(),
        "delta": spark.table("dao.lake.events").count(),
        "house": spark.table("dao.house.orders").where("id < 500").count(),
        "processes": len(spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()),
    }
    spark.stop()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
