from __future__ import annotations

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import DataStreamWriter

from .conftest import ROWS, Declare, rows


def run(writer: DataStreamWriter, table: str | None = None) -> None:
    started = writer.trigger(availableNow=True)
    query = started.toTable(table) if table else started.format("dao").start("silver.target")
    query.awaitTermination()


def test_a_stream_of_files_is_exactly_once_across_a_replay_and_hides_no_batch_rows(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path: Path
) -> None:
    declare()
    data.write.format("dao").save("silver.source")
    data.write.format("dao").save("silver.target")
    writer = spark.readStream.format("dao").load("silver.source").writeStream
    writer = writer.option("checkpointLocation", str(tmp_path / "checkpoint"))
    run(writer)
    data.write.format("dao").mode("append").save("silver.source")
    run(writer)
    assert rows(spark.table("dao.silver.target")) == sorted(ROWS * 3)
    for name in ("1", ".1.crc"):
        (tmp_path / "checkpoint" / "commits" / name).unlink()
    run(writer)
    assert rows(spark.table("dao.silver.target")) == sorted(ROWS * 3)


def test_streams_read_and_write_tables_of_the_catalog(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path: Path
) -> None:
    declare(lake={"format": "delta"})
    data.write.format("dao").save("silver.source")
    for number, (table, format_name) in enumerate([("dao.silver.target", "parquet"), ("dao.silver.lake", "delta")]):
        writer = spark.readStream.table("dao.silver.source").writeStream.format(format_name)
        run(writer.option("checkpointLocation", str(tmp_path / f"checkpoint{number}")), table)
        assert rows(spark.table(table)) == ROWS
