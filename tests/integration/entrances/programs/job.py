"""A job for spark-submit that knows nothing of jars and catalogs; prints what it saw as one line of JSON."""

from __future__ import annotations

import json

from pyspark.sql import SparkSession

from spark_dao import DataAccessObject, attach


def names(spark, store):
    return sorted(row.tableName for row in spark.sql(f"SHOW TABLES IN dao.{store}").collect())


def main():
    spark = SparkSession.builder.getOrCreate()
    dao = DataAccessObject(spark=spark)
    rows = spark.createDataFrame([(1, "a"), (2, "b")], "id int, name string")
    rows.write.format("dao").save("packed.things")
    dao.write(data=rows, data_object="beside.things", mode="append")
    spark.sql("INSERT INTO dao.beside.things SELECT * FROM dao.packed.things WHERE id = 2")
    said = {
        "joined": spark.sql("SELECT * FROM dao.packed.things p JOIN dao.beside.things b ON p.id = b.id").count(),
        "by_dao": dao.read("beside.things").count(),
        "packed": names(spark, "packed"),
        "beside": names(spark, "beside"),
        "jars": spark.conf.get("spark.jars"),
    }
    attach(spark)
    said["after_attach"] = spark.read.format("dao").load("packed.things").count()
    print(json.dumps(said))
    spark.stop()


if __name__ == "__main__":
    main()
