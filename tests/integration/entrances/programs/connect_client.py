"""A Spark Connect client without the jar; prints what it saw as one line of JSON."""

from __future__ import annotations

import json
import sys

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

import spark_dao


def refused(action):
    try:
        action()
    except (AnalysisException, spark_dao.SparkDaoError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main():
    address = json.load(sys.stdin)["address"]
    spark = SparkSession.builder.remote(address).getOrCreate()
    rows = spark.createDataFrame([(7, "Ann"), (8, "Bob")], "id int, name string")
    rows.write.format("dao").save("lake.users_clean")
    rows.write.format("dao").mode("append").save("lake.users_clean")
    rows.writeTo("dao.files.copies").using("parquet").create()
    spark.sql("INSERT INTO dao.lake.users_clean VALUES (9, 'Cid')")
    dao_catalog = {"files": {"interface_class": "FileSparkInterface", "default_configs": {"root": "/tmp"}}}
    said = {
        "by_format": spark.read.format("dao").load("lake.users_clean").count(),
        "by_sql": spark.sql(
            "SELECT count(*) AS n FROM dao.lake.users_clean u JOIN dao.files.copies c ON u.id = c.id"
        ).collect()[0]["n"],
        "tables": [row.tableName for row in spark.sql("SHOW TABLES IN dao.lake").collect()],
        "typo": refused(lambda: spark.table("dao.lak.users_clean").count()),
        "missing": refused(lambda: spark.read.format("dao").load("lake.users_claen").count()),
        "exists": refused(lambda: rows.write.format("dao").save("lake.users_clean")),
        "attach": refused(lambda: spark_dao.attach(spark)),
        "attach_catalog": refused(lambda: spark_dao.attach(spark, catalog=dao_catalog)),
        "configure": refused(lambda: spark_dao.configure(SparkSession.builder.remote(address), catalog=dao_catalog)),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
