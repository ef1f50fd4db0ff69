"""A plain Python process that calls `configure`; prints what it saw as one line of JSON."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql.datasource import DataSource

import spark_dao
from spark_dao.core.jobs import message_of


def listed(frame):
    return sorted(list(row) for row in frame.collect())


def refused(action):
    try:
        action()
    except AnalysisException as error:
        return str(error)
    return None


def explained(frame):
    with contextlib.redirect_stdout(io.StringIO()) as text:
        frame.explain(True)
    return text.getvalue()


def three_doors(spark, said):
    orders = spark.createDataFrame([(1, 7, 2024), (2, 7, 2025), (3, 8, 2025)], "id int, user_id int, year int")
    orders.write.format("dao").save("files.orders")
    dao = spark_dao.DataAccessObject(spark=spark)
    users = spark.createDataFrame([(7, "Ann"), (8, "Bob")], "id int, name string")
    dao.write(data=users, data_object="lake.users_clean")
    spark.sql("INSERT INTO dao.lake.users_clean VALUES (9, 'Cid')")
    said["joined"] = listed(
        spark.sql(
            "SELECT u.name, count(o.id) FROM dao.lake.users_clean u LEFT JOIN dao.files.orders o ON o.user_id = u.id "
            "GROUP BY u.name"
        )
    )
    said["by_dao"] = dao.read("lake.users_clean").count()
    said["by_format"] = spark.read.format("dao").load("lake.users_clean").count()
    spark.table("dao.lake.users_clean").write.format("dao").save("house.users")
    said["house"] = listed(spark.sql("SELECT id FROM dao.house.users WHERE id > 7"))
    said["tables"] = [row.tableName for row in spark.sql("SHOW TABLES IN dao.house").collect()]
    said["typo"] = refused(lambda: spark.sql("SELECT * FROM dao.lak.users_clean"))
    try:
        spark.read.format("dao").load("lake.users_claen")
    except AnalysisException as error:
        said["in_a_job"] = message_of(error)


def two_threads(spark, said):
    def work(number):
        frame = spark.range(number + 1).selectExpr("id", f"{number} AS thread")
        frame.write.format("dao").mode("append").save(f"files.thread{number}")
        spark.sql(f"INSERT INTO dao.files.thread{number} VALUES (100, {number})")
        return listed(spark.sql(f"SELECT thread, count(*) FROM dao.files.thread{number} GROUP BY thread"))

    with ThreadPoolExecutor(2) as threads:
        said["threads"] = list(threads.map(work, range(2)))


def two_sessions(spark, other_catalog, said):
    other = spark.newSession()
    spark_dao.attach(other, catalog=other_catalog)
    one = spark.createDataFrame([(5, 5, 2023)], "id int, user_id int, year int")
    other.createDataFrame(one.collect(), one.schema).write.format("dao").save("files.orders")
    counts = []
    for session in (spark, other, spark):
        counts.append(session.table("dao.files.orders").count())
        counts.append(session.read.format("dao").load("files.orders").count())
        counts.append(spark_dao.DataAccessObject(spark=session).read("files.orders").count())
        counts.append(len(session.catalog.listTables("dao.files")))
        counts.append(session.sql("SHOW NAMESPACES IN dao").count())
    said["sessions"] = [counts[0:5], counts[5:10], counts[10:15]]
    said["other_lacks"] = refused(lambda: other.table("dao.lake.users_clean"))


def two_catalogs(spark, file, catalog, said):
    """Catalog dao2, whose file changes, breaks, vanishes and comes back during the session."""
    spark.conf.set("spark.sql.catalog.dao2", "io.sparkdao.DaoCatalog")
    spark.conf.set("spark.sql.catalog.dao2.config", str(file))
    joined = "SELECT count(*) FROM dao.files.orders a CROSS JOIN dao2.files.orders b"
    said["dao2"] = listed(spark.sql(joined))
    said["dao2_by_format"] = spark.read.format("dao").option("catalog", "dao2").load("files.orders").count()
    states = []

    def look():
        states.append(refused(lambda: spark.sql("SELECT * FROM dao2.files.orders").collect()))

    text = file.read_text()
    file.write_text(text.replace("files", "renamed"))
    look()
    states.append(spark.table("dao2.renamed.orders").count())
    file.write_text('{"files": ')
    look()
    file.unlink()
    look()
    file.mkdir()
    look()
    file.rmdir()
    file.write_text(text)
    look()
    said["changes"] = states


def running_session(spark, catalog, said):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        again = spark_dao.configure(SparkSession.builder, catalog=catalog).getOrCreate()
        said["again"] = [again is spark, [str(warning.message) for warning in caught]]
        said["after_again"] = spark.table("dao.files.orders").count()
        delta = {"tables": {**catalog["files"], "properties": {"format": "delta"}}}
        spark_dao.configure(SparkSession.builder, catalog=delta)
        said["delta"] = [str(warning.message) for warning in caught]


def python_source_as_well(spark, other_catalog, said):
    class Impostor(DataSource):
        @classmethod
        def name(cls):
            return "dao"

        def schema(self):
            return "never STRING"

    said["python_source"] = refused(lambda: spark.dataSource.register(Impostor))
    spark_dao.register(spark)
    said["plan"] = explained(spark.read.format("dao").load("files.orders").where("year = 2025"))
    spark_dao.register(spark, catalog=other_catalog)
    said["registered"] = [
        spark.read.format("dao").load("files.orders").count(),
        spark.table("dao.files.orders").count(),
    ]


def main():
    told = json.load(sys.stdin)
    builder = SparkSession.builder.master("local[2]")
    for key, value in told["conf"].items():
        builder = builder.config(key, value)
    spark = spark_dao.configure(builder, catalog=told["catalog"]).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    said = {"package": str(Path(spark_dao.__file__).parents[1])}
    three_doors(spark, said)
    two_threads(spark, said)
    two_sessions(spark, told["other_catalog"], said)
    two_catalogs(spark, Path(told["changing"]), told["other_catalog"], said)
    running_session(spark, told["catalog"], said)
    python_source_as_well(spark, told["other_catalog"], said)
    said["conf"] = [*spark.sparkContext.getConf().getAll(), *spark.conf.getAll.items()]
    processes = Path("/proc").glob("[0-9]*/cmdline")
    said["arguments"] = [text for text in map(read, processes) if "spark" in text]
    said["private_file"] = spark.conf.get("spark.sql.catalog.dao.config")
    said["mode"] = oct(Path(said["private_file"]).stat().st_mode)[-3:]
    spark.stop()
    print(json.dumps(said))


def read(file):
    try:
        return file.read_text().replace("\0", " ")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
