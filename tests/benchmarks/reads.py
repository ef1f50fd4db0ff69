"""Reads: `format("dao")` and SQL against the direct read of the same files."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from tests.benchmarks.pairs import in_turn, ratio
from tests.benchmarks.report import Figure, ratio_figure
from tests.benchmarks.sessions import plan

LIMIT = 1.02
_Query = Callable[[DataFrame, DataFrame], DataFrame]

QUERIES: dict[str, _Query] = {
    "full scan": lambda events, users: events,
    "one column of ten": lambda events, users: events.selectExpr("sum(quantity)"),
    "one partition of 365": lambda events, users: events.where("day = DATE'2025-01-07'").selectExpr("sum(amount)"),
    "selective filter": lambda events, users: events.where("id BETWEEN 1000 AND 2000").select("item", "amount"),
    "join": lambda events, users: (
        events.join(users, "user_id").groupBy("country").agg({"amount": "sum"}).orderBy("country")
    ),
}


def declared() -> dict[str, dict[str, object]]:
    """Declare the tables: `events` as parquet, `lake` as Delta, both in the same folder."""
    return {
        "events": {"format": "parquet", "path": "events"},
        "lake": {"format": "delta", "path": "events"},
        "users": {"format": "parquet"},
    }


def measure(session: SparkSession, folder: Path, rounds: int) -> list[Figure]:
    """Measure every query on parquet and on Delta."""
    figures = []
    for format_name, name in (("parquet", "events"), ("delta", "lake")):
        for title, query in QUERIES.items():
            doors = _doors(session, folder, format_name, name, query)
            plans = {door: plan(frame()) for door, frame in doors.items()}
            seconds = in_turn({door: _run(frame) for door, frame in doors.items()}, rounds)
            base = seconds.pop("direct")
            for door, measured in seconds.items():
                same = plans[door] == plans["direct"]
                figure = ratio_figure(
                    f"Reading {format_name}",
                    f"{title}, {door}",
                    ratio(measured, base),
                    LIMIT,
                    statistics.median(base),
                    "plan =" if same else "**plan ≠**",
                )
                figures.append(dataclasses.replace(figure, holds=figure.holds and same))
    return figures


def _doors(
    session: SparkSession, folder: Path, format_name: str, name: str, query: _Query
) -> dict[str, Callable[[], DataFrame]]:
    def direct(each: str, kind: str) -> DataFrame:
        return session.read.format(kind).load(str(folder / each))

    def dao(each: str) -> DataFrame:
        return session.read.format("dao").load(f"store.{each}")

    def sql(each: str) -> DataFrame:
        return session.sql(f"SELECT * FROM dao.store.{each}")

    return {
        "direct": lambda: query(direct("events", format_name), direct("users", "parquet")),
        'format("dao")': lambda: query(dao(name), dao("users")),
        "SQL": lambda: query(sql(name), sql("users")),
    }


def _run(frame: Callable[[], DataFrame]) -> Callable[[], object]:
    return lambda: frame().write.format("noop").mode("overwrite").save()
