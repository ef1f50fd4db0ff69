from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, SCHEMA, Declare, rows, session_tables


def test_delta_objects_have_everything_that_delta_does_by_name(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    declare(users={"format": "delta", "partition_by": ["k"]})
    data.write.format("dao").save("silver.users")
    assert spark.sql("DESCRIBE DETAIL dao.silver.users").head().partitionColumns == ["k"]
    spark.sql(
        "MERGE INTO dao.silver.users t USING (SELECT 1L id, 'merged' name, 1 k UNION SELECT 9L, 'new', 9) s"
        " ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    spark.sql("UPDATE dao.silver.users SET name = 'updated' WHERE id = 0")
    spark.sql("DELETE FROM dao.silver.users WHERE id > 1 AND id < 9")
    expected = [(0, "updated", 0), (1, "merged", 1), (9, "new", 9)]
    assert rows(spark.table("dao.silver.users")) == rows(spark.read.format("dao").load("silver.users")) == expected
    assert rows(spark.sql("SELECT * FROM dao.silver.users VERSION AS OF 0")) == ROWS
    assert rows(spark.read.format("dao").option("versionAsOf", 0).load("silver.users")) == ROWS
    spark.sql("OPTIMIZE dao.silver.users")
    spark.sql("ALTER TABLE dao.silver.users ADD COLUMNS (extra STRING)")
    assert spark.table("dao.silver.users").columns == ["id", "name", "k", "extra"]
    operations = [row.operation for row in spark.sql("DESCRIBE HISTORY dao.silver.users").collect()]
    assert {"WRITE", "MERGE", "UPDATE", "DELETE", "ADD COLUMNS"} <= set(operations)


def test_delta_objects_are_created_and_replaced_in_their_declared_place(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    folder = declare(users={"format": "delta"})
    spark.sql("CREATE TABLE dao.silver.users (id long, name string) USING delta")
    data.createOrReplaceTempView("data")
    spark.sql("CREATE OR REPLACE TABLE dao.silver.users PARTITIONED BY (k) AS SELECT * FROM data")
    new = spark.createDataFrame([(9, "new", 1)], SCHEMA)
    new.write.format("dao").mode("overwrite").option("replaceWhere", "k = 1").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == sorted([*(row for row in ROWS if row[2] != 1), (9, "new", 1)])
    assert (folder / "users" / "_delta_log").is_dir()
    assert session_tables(spark) == []
