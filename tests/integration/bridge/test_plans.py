"""Golden plans: what Spark plans for a read through dao is what it plans for the direct read, letter by letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import broadcast

from .conftest import Declare, plans

Read = Callable[[str], DataFrame]
QUERIES: dict[str, Callable[[Read], DataFrame]] = {
    "scan": lambda read: read("wide"),
    "one column of ten": lambda read: read("wide").select("c3"),
    "one partition": lambda read: read("wide").where("day = 5"),
    "selective filter": lambda read: read("wide").where("id = 17 AND c1 > 3").select("id", "c2"),
    "join": lambda read: read("wide").join(broadcast(read("names")), "id").where("day < 3").select("name", "c1"),
    "aggregate": lambda read: read("wide").groupBy("day").count(),
}


CELLS = [
    pytest.param("parquet", tuple(QUERIES)),
    pytest.param("delta", ("one column of ten", "one partition")),
    *(pytest.param(name, tuple(QUERIES), marks=pytest.mark.full) for name in ("delta", "orc", "csv", "json")),
]


@pytest.mark.parametrize(("format_name", "queries"), CELLS)
def test_every_query_has_the_plan_of_the_direct_read(
    spark: SparkSession, declare: Declare, format_name: str, queries: tuple[str, ...]
) -> None:
    text = format_name in ("csv", "json")
    columns = {
        "wide": "id long, " + ", ".join(f"c{n} long" for n in range(9)) + ", day int",
        "names": "id long, name string",
    }
    folder = declare(
        **{name: {"format": format_name, **({"schema": schema} if text else {})} for name, schema in columns.items()}
    )
    wide = spark.range(100).selectExpr("id", *(f"id * {n} AS c{n}" for n in range(9)), "CAST(id % 10 AS INT) AS day")
    wide.coalesce(1).write.format(format_name).option("header", True).partitionBy("day").save(str(folder / "wide"))
    names = spark.range(20).selectExpr("id", "'n' || id AS name").coalesce(1)
    names.write.format(format_name).option("header", True).save(str(folder / "names"))

    def direct(name: str) -> DataFrame:
        reader = spark.read.format(format_name)
        reader = reader.option("header", True) if format_name == "csv" else reader
        return (reader.schema(columns[name]) if text else reader).load(str(folder / name))

    for query in queries:
        ask = QUERIES[query]
        wanted = plans(ask(direct))
        assert plans(ask(lambda name: spark.read.format("dao").load(f"silver.{name}"))) == wanted, query
        assert plans(ask(lambda name: spark.table(f"dao.silver.{name}"))) == wanted, query
    assert "PartitionFilters: [isnotnull(day#), (day# = 5)]" in plans(QUERIES["one partition"](direct))
