"""Reading: UNLOAD and Spark's own Parquet scan against Spark's JDBC source and awswrangler, and what a scan stages."""

from __future__ import annotations

from pyspark.sql import DataFrame

from tests.benchmarks.gold.orders import NUMBER_OF_COLUMNS, ONE_PERCENT
from tests.benchmarks.gold.place import Place
from tests.benchmarks.gold.sizes import Sizes
from tests.benchmarks.gold.wrangler import Wrangler
from tests.benchmarks.pairs import in_turn
from tests.benchmarks.report import Figure, times_figure

GROUP = "Gold: reading"
LEAST = {"Spark JDBC": 2, "Spark JDBC, fetchsize 10000": 2, "awswrangler": 1}
MOST_STAGED = 0.05


def measure(place: Place, wrangler: Wrangler, data: DataFrame, sizes: Sizes) -> list[Figure]:
    """Read a table as it stands by every way in turn."""
    place.make_table("orders")
    place.dao.write(data, "gold.orders", mode="append")
    place.check("orders", sizes.rows)
    jdbc = place.session.read.format("jdbc").options(**place.jdbc("orders"))
    ways = {
        "dao": lambda: _scan(place.read("orders")),
        "Spark JDBC": lambda: _scan(jdbc.option("fetchsize", "0").load()),
        "Spark JDBC, fetchsize 10000": lambda: _scan(jdbc.option("fetchsize", "10000").load()),
        "awswrangler": lambda: _unload(wrangler, sizes.rows),
    }
    seconds = in_turn(ways, sizes.rounds)
    notes = {
        "Spark JDBC": "one connection, default settings",
        "Spark JDBC, fetchsize 10000": "one connection",
        "awswrangler": "`redshift.unload` into a pandas DataFrame; dao's and JDBC's rows are scanned by Spark",
    }
    own = seconds.pop("dao")
    title = f"{sizes.rows:,} rows × {NUMBER_OF_COLUMNS} columns"
    figures = [
        times_figure(GROUP, f"{title}, against {way}", measured, own, LEAST[way], sizes.rows, notes[way])
        for way, measured in seconds.items()
    ]
    return [*figures, _staged_share(place)]


def _staged_share(place: Place) -> Figure:
    staged = []
    for frame in (place.read("orders"), place.read("orders").where(ONE_PERCENT).select("item")):
        before = place.staged()
        # Held until its files have been looked at: they go with the query that reads them.
        _scan(frame)
        staged.append(sum(size for key, size in place.staged().items() if key not in before))
    full, narrow = staged
    return Figure(
        GROUP,
        "bytes staged for one column of twelve and a filter of 1 %",
        f"{narrow / full:.2%} of the full UNLOAD ({narrow:,} of {full:,} bytes)",
        f"≤ {MOST_STAGED:.0%}",
        0 < narrow <= MOST_STAGED * full,
        "the filter's column is unloaded as well, since Spark evaluates it again",
    )


def _scan(frame: DataFrame) -> None:
    frame.write.format("noop").mode("overwrite").save()


def _unload(wrangler: Wrangler, rows: int) -> None:
    found = wrangler.unload("orders")
    if found != rows:
        raise SystemExit(f"awswrangler read {found} rows of {rows}")
