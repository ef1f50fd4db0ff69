from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.errors import AnalysisException, StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import DataStreamWriter

from .conftest import ROWS, Declare, rows
from .crashing_files import CrashingStore
from .warehouse import Warehouse

SCHEMA = "id long, name string, k int"
SAMPLED = ["parquet", *(pytest.param(each, marks=pytest.mark.full) for each in ("delta", "csv", "json", "orc"))]


def run(writer: DataStreamWriter, target: str = "silver.target") -> None:
    """Run what is there, into an object or, with three parts, into a table."""
    started = writer.trigger(availableNow=True)
    query = started.toTable(target) if target.count(".") == 2 else started.format("dao").start(target)
    query.awaitTermination()


def copying(spark: SparkSession, checkpoint: Path, source: str = "silver.source", **options: str) -> DataStreamWriter:
    frame = spark.readStream.format("dao").schema(SCHEMA).options(**options).load(source)
    return frame.writeStream.option("checkpointLocation", str(checkpoint))


def forget_last_commit(checkpoint: Path) -> None:
    """Bring about what a crash between publishing a batch and Spark's noting it leaves."""
    last = max(checkpoint.joinpath("commits").glob("[0-9]*"), key=lambda file: int(file.name))
    last.unlink()
    last.with_name(f".{last.name}.crc").unlink()


@pytest.mark.parametrize(
    ("place", "format_name"),
    [
        ("declare", "parquet"),
        ("declare_in_s3", "parquet"),
        *(pytest.param("declare", each, marks=pytest.mark.full) for each in ("delta", "csv", "json", "orc")),
        *(pytest.param("declare_in_s3", each, marks=pytest.mark.full) for each in ("delta", "csv", "json", "orc")),
    ],
)
def test_a_stream_is_exactly_once_across_a_replay_and_hides_no_batch_rows(
    spark: SparkSession,
    request: pytest.FixtureRequest,
    data: DataFrame,
    tmp_path: Path,
    place: str,
    format_name: str,
) -> None:
    declared = {"format": format_name, "schema": SCHEMA}
    request.getfixturevalue(place)(source=declared, target=declared)
    data.write.format("dao").save("silver.source")
    data.write.format("dao").save("silver.target")
    frame = spark.readStream.format("dao").load("silver.source")
    writer = frame.writeStream.option("checkpointLocation", str(tmp_path / "checkpoint"))
    run(writer)
    data.write.format("dao").mode("append").save("silver.source")
    run(writer)
    assert rows(spark.table("dao.silver.target")) == sorted(ROWS * 3)
    forget_last_commit(tmp_path / "checkpoint")
    run(writer)
    assert rows(spark.table("dao.silver.target")) == sorted(ROWS * 3)
    data.write.format("dao").mode("append").save("silver.target")
    assert rows(spark.read.format("dao").load("silver.target")) == sorted(ROWS * 4)


@pytest.mark.parametrize("format_name", ["parquet", "delta", *SAMPLED[2:]])
def test_streams_read_and_write_tables_of_the_catalog(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path: Path, format_name: str
) -> None:
    declare(target={"format": format_name, "schema": SCHEMA, "partition_by": ["k"]})
    data.write.format("dao").save("silver.source")
    writer = spark.readStream.table("dao.silver.source").writeStream
    writer = writer.format("delta") if format_name == "delta" else writer
    run(writer.option("checkpointLocation", str(tmp_path / "checkpoint")), "dao.silver.target")
    assert rows(spark.table("dao.silver.target")) == ROWS
    assert rows(spark.table("dao.silver.target").where("k = 1")) == [row for row in ROWS if row[2] == 1]


@pytest.mark.parametrize(
    ("moments", "fails"),
    [
        (["fail-before-move_file"], True),
        (["die-after-move_file", "die-before-move_file"], True),
        pytest.param(["fail-before-write_bytes"], True, marks=pytest.mark.full),
        pytest.param(["die-after-write_bytes"], False, marks=pytest.mark.full),
        pytest.param(["die-before-delete_files"], False, marks=pytest.mark.full),
    ],
)
def test_a_crash_while_a_batch_is_published_neither_loses_nor_doubles_it(
    spark: SparkSession, crashing: CrashingStore, data: DataFrame, tmp_path: Path, moments: list[str], fails: bool
) -> None:
    data.repartition(3).write.format("dao").save("plain.source")
    data.write.format("dao").save("crashing.target")
    for moment in moments:
        crashing.arm(moment)
    writer = copying(spark, tmp_path / "checkpoint", "plain.source")
    if fails:
        with pytest.raises(StreamingQueryException):
            run(writer, "crashing.target")
    run(writer, "crashing.target")
    assert crashing.armed == []
    assert rows(spark.table("dao.crashing.target")) == sorted(ROWS * 2)
    assert [file for file in (tmp_path / "silver" / "target").rglob("*.parquet") if "_dao" in str(file)] == []


def test_a_chain_of_streams_follows_an_object_that_is_overwritten(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path: Path
) -> None:
    declare(source={"partition_by": ["k"]})
    expected: list[tuple[int, str, int]] = []
    for number in range(2):
        shifted = data.selectExpr(f"id + {10 * number} AS id", "name", "k")
        shifted.write.format("dao").mode("overwrite").save("silver.source")
        run(copying(spark, tmp_path / "first", maxFilesPerTrigger="1"), "silver.middle")
        run(copying(spark, tmp_path / "second", "silver.middle"))
        expected += [(id + 10 * number, name, k) for id, name, k in ROWS]
        assert rows(spark.table("dao.silver.target")) == sorted(expected)


def test_two_streams_write_one_object_at_once(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path: Path
) -> None:
    declare()
    for name in ("source", "second"):
        for _ in range(3):
            data.write.format("dao").mode("append").save(f"silver.{name}")
    queries = [
        copying(spark, tmp_path / name, f"silver.{name}", maxFilesPerTrigger="1")
        .trigger(availableNow=True)
        .format("dao")
        .start("silver.target")
        for name in ("source", "second")
    ]
    for query in queries:
        query.awaitTermination()
    assert rows(spark.table("dao.silver.target")) == sorted(ROWS * 6)


@pytest.mark.parametrize("format_name", SAMPLED)
def test_complete_mode_replaces_the_object_and_update_mode_is_refused(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path: Path, format_name: str
) -> None:
    declare(target={"format": format_name, "schema": "k int, count long"})
    for expected in (2, 4):
        data.write.format("dao").mode("append").save("silver.source")
        counted = spark.readStream.format("dao").schema(SCHEMA).load("silver.source").groupBy("k").count()
        writer = counted.writeStream.option("checkpointLocation", str(tmp_path / "checkpoint"))
        run(writer.outputMode("complete"))
        assert sorted(map(tuple, spark.table("dao.silver.target").collect())) == [(k, expected) for k in range(3)]
    with pytest.raises((AnalysisException, StreamingQueryException), match="update"):
        run(counted.writeStream.option("checkpointLocation", str(tmp_path / "other")).outputMode("update"))


def test_every_batch_of_a_stream_into_a_warehouse_is_one_copy_and_never_loaded_twice(
    spark: SparkSession, warehouse: Warehouse, data: DataFrame, tmp_path: Path
) -> None:
    data.write.format("dao").save("silver.source")
    writer = copying(spark, tmp_path / "checkpoint")
    run(writer, "gold.events")
    data.write.format("dao").mode("append").save("silver.source")
    run(writer, "gold.events")
    assert rows(spark.table("dao.gold.events")) == sorted(ROWS * 2)
    assert len(warehouse.received("COPY")) == 2
    forget_last_commit(tmp_path / "checkpoint")
    run(writer, "gold.events")
    assert rows(spark.table("dao.gold.events")) == sorted(ROWS * 2)
    assert [key for key in warehouse.staged() if "/write-" in key] == []
    for _ in range(2):
        run(copying(spark, tmp_path / "table"), "dao.gold.by_table")
    assert rows(spark.table("dao.gold.by_table")) == sorted(ROWS * 2)
    counted = spark.readStream.format("dao").schema(SCHEMA).load("silver.source").groupBy("k").count()
    run(counted.writeStream.outputMode("complete").option("checkpointLocation", str(tmp_path / "c")), "gold.counts")
    assert sorted(map(tuple, spark.table("dao.gold.counts").collect())) == [(k, 4) for k in range(3)]
    with pytest.raises(AnalysisException, match="stream"):
        spark.readStream.format("dao").load("gold.events")
    with pytest.raises((AnalysisException, StreamingQueryException), match=r"(?i)micro-batch|stream"):
        run(spark.readStream.table("dao.gold.events").writeStream.option("checkpointLocation", str(tmp_path / "d")))
