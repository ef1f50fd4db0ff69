"""Writes of parquet: `dao.write`, `format("dao")` and SQL against the direct write."""

from __future__ import annotations

import dataclasses
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from spark_dao import DataAccessObject
from tests.benchmarks.pairs import in_turn, ratio
from tests.benchmarks.report import Figure, ratio_figure
from tests.benchmarks.tables import rows_of

LIMIT = 1.02
WAYS = ("direct", "dao.write", 'format("dao")', "SQL")


def declared() -> dict[str, dict[str, object]]:
    """Declare one target for each way."""
    return {f"written_{number}": {"format": "parquet"} for number in range(len(WAYS))}


def measure(session: SparkSession, folder: Path, catalog: Path, rows: int, rounds: int) -> list[Figure]:
    """Measure overwriting and appending, a large frame and a small one."""
    dao = DataAccessObject(str(catalog), session)
    figures = []
    for count, is_large in ((rows, True), (1000, False)):
        # Kept in memory, so that what is timed is the writing.
        data = rows_of(session, count, days=10).cache()
        data.createOrReplaceTempView("source")
        data.count()
        for mode in ("overwrite", "append"):
            for number in range(len(WAYS)):
                shutil.rmtree(folder / f"written_{number}", ignore_errors=True)
            seconds = in_turn(_ways(session, dao, folder, data, mode), rounds)
            base = seconds.pop("direct")
            for way, measured in seconds.items():
                figure = ratio_figure(
                    "Writing parquet",
                    f"{mode}, {count:,} rows, {way}",
                    ratio(measured, base),
                    LIMIT,
                    statistics.median(base),
                )
                # A journal and the check of the target take their milliseconds, however few rows there are.
                figures.append(figure if is_large else dataclasses.replace(figure, limit="", holds=True))
        data.unpersist()
    return figures


def _ways(
    session: SparkSession, dao: DataAccessObject, folder: Path, data: DataFrame, mode: str
) -> dict[str, Callable[[], object]]:
    into = "OVERWRITE" if mode == "overwrite" else "INTO"
    # INSERT needs a table that is there; the other ways make theirs alike.
    for number in range(len(WAYS)):
        data.limit(0).write.mode("overwrite").parquet(str(folder / f"written_{number}"))
    ways: tuple[Callable[[], object], ...] = (
        lambda: data.write.mode(mode).parquet(str(folder / "written_0")),
        lambda: dao.write(data, "store.written_1", mode=mode),
        lambda: data.write.format("dao").mode(mode).save("store.written_2"),
        lambda: session.sql(f"INSERT {into} dao.store.written_3 SELECT * FROM source"),
    )
    return dict(zip(WAYS, ways, strict=True))
