"""Planning: what a warm lookup adds to a load, and how long the first use of a driver takes."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from tests.benchmarks.pairs import Interval, added_milliseconds, in_turn
from tests.benchmarks.report import Figure, most_figure
from tests.benchmarks.sessions import ask

MOST_MILLISECONDS = 3
SCHEMA = "user_id int, user_name string, country int"


def declared() -> dict[str, dict[str, object]]:
    """Declare the loaded table with its schema, so that loading it reads no file."""
    return {"known": {"format": "parquet", "path": "users", "schema": SCHEMA}}


def measure(session: SparkSession, folder: Path, rounds: int) -> list[Figure]:
    """Measure the time that a load takes longer than the direct one."""
    place = str(folder / "users")
    cases = {
        "schema declared": ("store.known", lambda: session.read.schema(SCHEMA).parquet(place)),
        "schema inferred": ("store.users", lambda: session.read.parquet(place)),
    }
    figures = []
    for title, (name, direct) in cases.items():
        ways = {
            "direct": direct,
            'format("dao")': lambda name=name: session.read.format("dao").load(name),
            "SQL": lambda name=name: session.table(f"dao.{name}"),
        }
        seconds = in_turn(ways, rounds, warm_up=max(10, rounds // 4))
        base = seconds.pop("direct")
        figures += [
            most_figure(
                "Planning",
                f"added to a warm load, {title}, {way}",
                added_milliseconds(measured, base),
                MOST_MILLISECONDS,
                "ms",
                f"of {1000 * sorted(base)[len(base) // 2]:.0f} ms",
            )
            for way, measured in seconds.items()
        ]
    question = in_turn({"describe": lambda: ask(session, "describe", name="store.known")}, rounds)["describe"]
    return [
        *figures,
        most_figure(
            "Planning",
            "one question to the resolver",
            Interval.of([1000 * second for second in question]),
            MOST_MILLISECONDS,
            "ms",
        ),
    ]
