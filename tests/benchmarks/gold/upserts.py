"""A large load, upserts into what it loaded, and what the driver holds in all of it."""

from __future__ import annotations

import itertools

from pyspark.sql import DataFrame

from tests.benchmarks.gold.memory import DriverMemory
from tests.benchmarks.gold.orders import orders
from tests.benchmarks.gold.place import Place
from tests.benchmarks.gold.sizes import Sizes
from tests.benchmarks.pairs import Interval, in_turn
from tests.benchmarks.report import Figure, information_figure

GROUP = "Gold: upserting"


def measure(place: Place, data: DataFrame, sizes: Sizes) -> list[Figure]:
    """Write, read and upsert while memory is watched, then upsert against the clock."""
    for table in ("large", "watched"):
        place.make_table(table)
    turns = itertools.count()
    _warm_up(place)
    memory = DriverMemory(place.session)
    work = {
        f"writing {sizes.rows:,} rows": lambda: place.dao.write(data, "gold.watched", mode="append"),
        f"reading {sizes.rows:,} rows": lambda: _scan(place, "watched"),
        f"writing {sizes.large:,} rows": lambda: place.dao.write(
            orders(place.session, sizes.large), "gold.large", mode="append"
        ),
        f"upserting {sizes.upserted:,} rows into {sizes.large:,}": lambda: _upsert(place, sizes, next(turns)),
    }
    grown = [memory.growth(title, each) for title, each in work.items()]
    seconds = in_turn({"dao": lambda: _upsert(place, sizes, next(turns))}, sizes.rounds)["dao"]
    place.check("large", sizes.large + next(turns) * (sizes.upserted - sizes.upserted // 2))
    place.sql("DROP TABLE large", "DROP TABLE watched")
    name = f"{sizes.upserted:,} rows into {sizes.large:,}, one MERGE"
    note = "half of the keys are there, spread over the table"
    return [information_figure(GROUP, name, Interval.of(seconds), "s", note), *grown]


def _warm_up(place: Place) -> None:
    """Let the driver load its classes and connect once, on a few rows of a table of their own."""
    place.make_table("warm_up")
    few = orders(place.session, 100)
    place.dao.write(few, "gold.warm_up", mode="append")
    place.dao.upsert(few, "gold.warm_up", primary_keys=["id"])
    _scan(place, "warm_up")


def _scan(place: Place, table: str) -> None:
    place.read(table).write.format("noop").mode("overwrite").save()


def _upsert(place: Place, sizes: Sizes, turn: int) -> None:
    # Of keys from one end of twice the table to the other, half are there; another turn has others.
    step = 2 * sizes.large // sizes.upserted
    place.dao.upsert(orders(place.session, sizes.upserted, first=turn, step=step), "gold.large")
