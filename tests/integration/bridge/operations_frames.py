"""Rows of the matrix: DataFrame reads and writes."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql.functions import col, lit

from .cells import FILES, NEW, Cell, Operation, delta_only
from .conftest import ROWS, rows

READS, WRITES, TABLES = '`spark.read.format("dao")`', '`df.write.format("dao")`', "DataFrame to a table"
K1 = (9, "new", 1)
OTHERS = [row for row in ROWS if row[2] != 1]
DYNAMIC = "spark.sql.sources.partitionOverwriteMode"


def load(cell: Cell, **options: Any) -> list[tuple[Any, ...]]:
    return rows(cell.spark.read.format("dao").options(**options).load("silver.users"))


def save(cell: Cell, values: tuple[Any, ...], mode: str, name: str = "users", **options: Any) -> None:
    cell.one(*values).write.format("dao").mode(mode).options(**options).save(f"silver.{name}")


def load_with_schema(cell: Cell) -> list[tuple[Any, ...]]:
    reader = cell.spark.read.format("dao").schema("id long, k long")
    return sorted(tuple(row) for row in reader.load("silver.users").collect())


def an_option_is_heeded(cell: Cell) -> bool:
    if cell.format != "delta":
        return load(cell, pathGlobFilter="nothing-*") == []
    with pytest.raises(AnalysisException, match="99"):
        load(cell, versionAsOf="99")
    return load(cell, versionAsOf="0") == ROWS


def dynamically(cell: Cell, action: Any) -> None:
    cell.spark.conf.set(DYNAMIC, "dynamic")
    try:
        action()
    finally:
        cell.spark.conf.unset(DYNAMIC)


def save_dynamically(cell: Cell) -> None:
    dynamically(cell, lambda: save(cell, K1, "overwrite"))


def save_partitioned(cell: Cell) -> int:
    cell.data.write.format("dao").partitionBy("k").save("silver.fresh")
    partitions = {path.split("/k=")[1][0] for path in cell.table("fresh").inputFiles()}
    return len(partitions)


def save_merging(cell: Cell) -> list[str]:
    wider = cell.one(*NEW).withColumn("extra", lit("x"))
    wider.write.format("dao").mode("append").option("mergeSchema", True).save("silver.users")
    return cell.table().columns


def insert_dynamically(cell: Cell) -> None:
    dynamically(cell, lambda: cell.one(*K1).write.mode("overwrite").insertInto("dao.silver.users"))


def table_writer(cell: Cell, name: str = "users") -> Any:
    return cell.one(*NEW).writeTo(f"dao.silver.{name}")


def created(cell: Cell) -> None:
    table_writer(cell, "fresh").partitionedBy(col("k")).create()


OPERATIONS = [
    Operation(READS, "`.load(name)`", load, returns=ROWS),
    Operation(READS, "options reach the format", an_option_is_heeded, returns=True),
    Operation(
        READS,
        "`.schema(…)`",
        load_with_schema,
        returns=[(row[0], row[2]) for row in ROWS],
        refused={"delta": "DELTA_READ_TABLE_WITHOUT_COLUMNS|schema"},
    ),
    Operation(READS, '`.option("catalog", "dao2")`', lambda cell: load(cell, catalog="dao2"), returns=ROWS),
    Operation(WRITES, "append", lambda cell: save(cell, NEW, "append"), [*ROWS, NEW]),
    Operation(WRITES, "overwrite", lambda cell: save(cell, NEW, "overwrite"), [NEW]),
    Operation(WRITES, "ignore, object present", lambda cell: save(cell, NEW, "ignore")),
    Operation(WRITES, "ignore, object missing", lambda cell: save(cell, NEW, "ignore", "fresh"), [NEW], target="fresh"),
    Operation(
        WRITES,
        "errorifexists, object present",
        lambda cell: save(cell, NEW, "errorifexists"),
        refused=dict.fromkeys((*FILES, "delta"), "there is data in|DELTA_PATH_EXISTS|already exists"),
        note="as asked",
    ),
    Operation(
        WRITES,
        "errorifexists, object missing",
        lambda cell: save(cell, NEW, "errorifexists", "fresh"),
        [NEW],
        target="fresh",
    ),
    Operation(WRITES, "`partitionBy`", save_partitioned, returns=3, target="fresh"),
    Operation(
        WRITES,
        "dynamic partition overwrite by option",
        lambda cell: save(cell, K1, "overwrite", partitionOverwriteMode="dynamic"),
        [*OTHERS, K1],
    ),
    Operation(WRITES, "dynamic partition overwrite by conf", save_dynamically, [*OTHERS, K1]),
    Operation(
        WRITES,
        "`replaceWhere`",
        lambda cell: save(cell, K1, "overwrite", replaceWhere="k = 1"),
        [*OTHERS, K1],
        refused=delta_only("key `replaceWhere`: .*needs a Delta table"),
    ),
    Operation(
        WRITES,
        "`mergeSchema`",
        save_merging,
        [*ROWS, NEW],
        returns=["id", "name", "k", "extra"],
        refused=delta_only("extra"),
    ),
    Operation(TABLES, "`writeTo(…).append`", lambda cell: table_writer(cell).append(), [*ROWS, NEW]),
    Operation(TABLES, "`writeTo(…).overwrite(true)`", lambda cell: table_writer(cell).overwrite(lit(True)), [NEW]),
    Operation(
        TABLES,
        "`writeTo(…).overwrite(partition = value)`",
        lambda cell: cell.one(*K1).writeTo("dao.silver.users").overwrite(col("k") == 1),
        [*OTHERS, K1],
    ),
    Operation(
        TABLES,
        "`writeTo(…).overwrite(other condition)`",
        lambda cell: table_writer(cell).overwrite(col("id") >= 4),
        [*(row for row in ROWS if row[0] < 4), NEW],
        refused=delta_only(r"by equality on their leading partition columns \[k\]"),
    ),
    Operation(
        TABLES,
        "`writeTo(…).overwritePartitions`",
        lambda cell: cell.one(*K1).writeTo("dao.silver.users").overwritePartitions(),
        [*OTHERS, K1],
    ),
    Operation(TABLES, "`writeTo(…).create`", created, [NEW], target="fresh"),
    Operation(TABLES, "`writeTo(…).createOrReplace`", lambda cell: table_writer(cell).createOrReplace(), [NEW]),
    Operation(
        TABLES, "`insertInto`, append", lambda cell: cell.one(*NEW).write.insertInto("dao.silver.users"), [*ROWS, NEW]
    ),
    Operation(
        TABLES,
        "`insertInto`, overwrite",
        lambda cell: cell.one(*NEW).write.mode("overwrite").insertInto("dao.silver.users"),
        [NEW],
    ),
    Operation(TABLES, "`insertInto`, dynamic partition overwrite", insert_dynamically, [*OTHERS, K1]),
    Operation(
        TABLES,
        "`saveAsTable`, append",
        lambda cell: cell.one(*NEW).write.mode("append").partitionBy("k").saveAsTable("dao.silver.users"),
        [*ROWS, NEW],
    ),
    Operation(
        TABLES,
        "`saveAsTable`, overwrite",
        lambda cell: cell.one(*NEW).write.mode("overwrite").partitionBy("k").saveAsTable("dao.silver.users"),
        [NEW],
    ),
    Operation(
        TABLES,
        "`saveAsTable`, object missing",
        lambda cell: cell.one(*NEW).write.saveAsTable("dao.silver.fresh"),
        [NEW],
        target="fresh",
    ),
]
