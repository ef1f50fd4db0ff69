"""The measured table: ten columns, one of them the partitions', read as parquet and as Delta from the same files."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

DAYS_PER_TASK = 5


def make_tables(session: SparkSession, folder: Path, rows: int, days: int) -> None:
    """Write `events` and the small `users` that is joined to it, unless they are there from an earlier run."""
    done = folder / f"made-{rows}-{days}"
    if done.exists():
        return
    rows_of(session, rows, days).write.mode("overwrite").partitionBy("day").parquet(str(folder / "events"))
    session.range(max(1, rows // 200)).selectExpr(
        "CAST(id AS INT) AS user_id", "concat('user ', id) AS user_name", "CAST(id % 50 AS INT) AS country"
    ).coalesce(1).write.mode("overwrite").parquet(str(folder / "users"))
    # The log is a hidden folder, so the files stay what they were to a reader of parquet.
    session.sql(f"CONVERT TO DELTA parquet.`{folder}/events` PARTITIONED BY (day DATE)")
    done.touch()


def rows_of(session: SparkSession, rows: int, days: int) -> DataFrame:
    """Make rows, one file a day, the same whenever they are made."""
    numbers = session.range(0, rows, 1, max(1, days // DAYS_PER_TASK))
    return numbers.selectExpr(
        "id",
        f"CAST(pmod(hash(id), {max(1, rows // 200)}) AS INT) AS user_id",
        "CAST(pmod(xxhash64(id, 1), 100000) / 100.0 AS DOUBLE) AS amount",
        "CAST(pmod(xxhash64(id, 2), 10000) / 100 AS DECIMAL(10,2)) AS price",
        "concat('item ', pmod(hash(id, 3), 5000)) AS item",
        "concat('city ', pmod(hash(id, 4), 300)) AS city",
        "pmod(hash(id, 5), 2) = 0 AS is_paid",
        "timestamp_seconds(1735689600 + pmod(id, 31536000)) AS happened_at",
        "CAST(pmod(hash(id, 6), 90) AS INT) AS quantity",
        f"date_add(DATE'2025-01-01', CAST(id * {days} DIV {rows} AS INT)) AS day",
    )
