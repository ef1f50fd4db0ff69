"""The measured rows: twelve columns of mixed types, the same whenever they are made."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

COLUMNS = """
    id BIGINT, user_id INTEGER, quantity SMALLINT, amount DOUBLE PRECISION, rate REAL, price DECIMAL(18,2),
    is_paid BOOLEAN, day DATE, happened_at TIMESTAMP, item VARCHAR(256), city VARCHAR(256), note VARCHAR(256)
"""
NUMBER_OF_COLUMNS = 12
#: A filter that one row in a hundred passes.
ONE_PERCENT = "quantity = 7"


def orders(session: SparkSession, rows: int, *, first: int = 0, step: int = 1) -> DataFrame:
    """Make rows whose `id` starts with one number and grows by another."""
    return session.range(first, first + rows * step, step, 2).selectExpr(
        "id",
        "CAST(pmod(hash(id), 5000) AS INT) AS user_id",
        "CAST(pmod(hash(id, 1), 100) AS SMALLINT) AS quantity",
        "CAST(pmod(xxhash64(id, 1), 100000) / 100.0 AS DOUBLE) AS amount",
        "CAST(pmod(hash(id, 2), 1000) / 8 AS FLOAT) AS rate",
        "CAST(pmod(xxhash64(id, 2), 10000000) / 100 AS DECIMAL(18,2)) AS price",
        "pmod(hash(id, 5), 2) = 0 AS is_paid",
        "date_add(DATE'2025-01-01', CAST(id % 365 AS INT)) AS day",
        "timestamp_micros(1735689600000000 + id * 1234567) AS happened_at",
        "concat('item ', pmod(hash(id, 3), 5000)) AS item",
        "concat('city ', pmod(hash(id, 4), 300)) AS city",
        "CASE WHEN id % 10 = 0 THEN NULL ELSE concat('note ', hash(id, 7), ' of ', id) END AS note",
    )
