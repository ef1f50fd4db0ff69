"""Writing: COPY of staged files against rows sent one by one, Spark's JDBC writer, and awswrangler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from tests.benchmarks.gold.orders import NUMBER_OF_COLUMNS
from tests.benchmarks.gold.place import Place
from tests.benchmarks.gold.sizes import Sizes
from tests.benchmarks.gold.wrangler import Wrangler
from tests.benchmarks.pairs import in_turn
from tests.benchmarks.report import Figure, times_figure

GROUP = "Gold: writing, appended to a table"
LEAST = {"executemany": 60, "Spark JDBC": 2.5, "awswrangler": 1}
NOTES = {
    "Spark JDBC": "driver org.postgresql, its and Spark's default settings",
    "Spark JDBC past the proxy": "straight into the PostgreSQL behind the warehouse, without the proxy's work",
    "awswrangler": "`redshift.copy` of a pandas DataFrame",
    "executemany": "redshift_connector's, which its `write_dataframe` calls",
}
_WARM_UP = 10


def measure(place: Place, wrangler: Wrangler, data: DataFrame, sizes: Sizes) -> list[Figure]:
    """Append the rows by every way in turn, after a tenth of them that is not timed."""
    sample = [tuple(row) for row in data.limit(sizes.sample).collect()]
    for table in ("by_dao", "by_jdbc", "past_the_proxy", "by_executemany"):
        place.make_table(table)
    few = sizes.rows // _WARM_UP
    in_turn(_ways(place, wrangler, data.where(f"id < {few}"), sample, 1 / _WARM_UP), 1, warm_up=0)
    seconds = in_turn(_ways(place, wrangler, data, sample, 1), sizes.rounds, warm_up=0)
    for table in ("by_dao", "by_jdbc", "past_the_proxy", "by_awswrangler"):
        place.check(table, few + sizes.rows * sizes.rounds)
    place.check("by_executemany", sizes.sample * (sizes.rounds + 1))
    scale = sizes.rows / sizes.sample
    seconds["executemany"] = [each * scale for each in seconds["executemany"]]
    scaled = f"; {sizes.sample:,} rows, scaled by {scale:g}: each takes a round trip of its own"
    notes = {**NOTES, "executemany": NOTES["executemany"] + scaled}
    own = seconds.pop("dao")
    title = f"{sizes.rows:,} rows × {NUMBER_OF_COLUMNS} columns"
    return [
        times_figure(GROUP, f"{title}, against {way}", measured, own, LEAST.get(way), sizes.rows, notes[way])
        for way, measured in seconds.items()
    ]


def _ways(
    place: Place, wrangler: Wrangler, data: DataFrame, sample: Sequence[tuple[Any, ...]], share: float
) -> dict[str, Callable[[], object]]:
    def jdbc(options: dict[str, str]) -> None:
        data.write.format("jdbc").options(**options).mode("append").save()

    return {
        "dao": lambda: place.dao.write(data, "gold.by_dao", mode="append"),
        "Spark JDBC": lambda: jdbc(place.jdbc("by_jdbc")),
        "Spark JDBC past the proxy": lambda: jdbc(place.jdbc_past_the_proxy("past_the_proxy")),
        "awswrangler": lambda: wrangler.copy("by_awswrangler", share=share),
        "executemany": lambda: _send_one_by_one(place, sample),
    }


def staged_rows(data: DataFrame, folder: Path) -> Path:
    """Put the rows where awswrangler's process finds them."""
    place = folder / "orders"
    data.coalesce(1).write.mode("overwrite").parquet(str(place))
    return place


def _send_one_by_one(place: Place, rows: Sequence[tuple[Any, ...]]) -> None:
    connection = place.connect()
    try:
        placeholders = ", ".join(["%s"] * NUMBER_OF_COLUMNS)
        connection.cursor().executemany(f"INSERT INTO by_executemany VALUES ({placeholders})", rows)
        connection.commit()
    finally:
        connection.close()
