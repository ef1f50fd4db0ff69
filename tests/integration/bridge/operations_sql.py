"""Rows of the matrix: SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cells import NEW, Cell, Operation, Rows, delta_only
from .conftest import ROWS, SCHEMA, rows

READS, WRITES, DELTA = "SQL read", "SQL write", "SQL on Delta tables"
T = "dao.silver.users"
K1 = (9, "new", 1)
OTHERS = [row for row in ROWS if row[2] != 1]


def select(
    name: str, statement: str, returns: Rows = tuple(ROWS), refused: Mapping[str, str] | None = None
) -> Operation:
    return Operation(READS, name, lambda cell: rows(cell.sql(statement)), returns=list(returns), refused=refused or {})


def write(
    name: str,
    statement: str,
    leaves: Rows,
    *,
    section: str = WRITES,
    target: str = "users",
    refused: Mapping[str, str] | None = None,
) -> Operation:
    def run(cell: Cell) -> None:
        for each in statement.split(";"):
            cell.sql(each.replace("USING ?", f"USING {cell.format}"))

    return Operation(section, name, run, leaves, target=target, refused=refused or {})


def through(view: str) -> Any:
    def run(cell: Cell) -> list[tuple[Any, ...]]:
        cell.sql(view)
        try:
            return rows(cell.spark.table("seen"))
        finally:
            cell.sql(f"DROP VIEW {'seen' if 'TEMPORARY' in view else 'spark_catalog.default.seen'}")

    return run


def in_the_store(cell: Cell) -> list[tuple[Any, ...]]:
    cell.sql("USE dao.silver")
    try:
        return rows(cell.sql("SELECT * FROM users"))
    finally:
        cell.sql("USE spark_catalog.default")


def at_an_earlier_time(cell: Cell) -> list[tuple[Any, ...]]:
    first = cell.sql(f"DESCRIBE HISTORY {T}").first()
    assert first is not None
    cell.sql(f"INSERT INTO {T} VALUES (9, 'new', 9)")
    return rows(cell.sql(f"SELECT * FROM {T} TIMESTAMP AS OF '{first.timestamp.isoformat()}'"))


def from_the_cache(cell: Cell) -> list[tuple[Any, ...]]:
    cell.sql(f"CACHE TABLE {T}")
    try:
        cell.sql(f"INSERT INTO {T} VALUES (9, 'new', 9)")
        return rows(cell.sql(f"SELECT * FROM {T}"))
    finally:
        cell.sql(f"UNCACHE TABLE {T}")


def history(cell: Cell) -> list[str]:
    return [row.operation for row in cell.sql(f"DESCRIBE HISTORY {T}").collect()]


MERGE = (
    f"MERGE INTO {T} t USING (SELECT 1L id, 'merged' name, 1 k UNION SELECT 9L, 'new', 9) s ON t.id = s.id"
    " WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
)
TIME_TRAVEL = delta_only("time travel needs a Delta table|TIME_TRAVEL")
NOT_ROW_LEVEL = delta_only("(MERGE|UPDATE|DELETE) needs a Delta table")

OPERATIONS = [
    select("SELECT", f"SELECT id, name, k FROM {T}"),
    select("SELECT of a partition", f"SELECT * FROM {T} WHERE k = 1", [row for row in ROWS if row[2] == 1]),
    select("JOIN across stores", f"SELECT u.id, o.name, u.k FROM {T} u JOIN dao.gold.others o ON u.id = o.id"),
    select("subquery", f"SELECT * FROM {T} WHERE id IN (SELECT id FROM dao.gold.others)"),
    select("TABLESAMPLE", f"SELECT * FROM {T} TABLESAMPLE (100 PERCENT)"),
    Operation(READS, "temporary view", through(f"CREATE TEMPORARY VIEW seen AS SELECT * FROM {T}"), returns=ROWS),
    Operation(
        READS,
        "temporary view USING dao",
        through("CREATE TEMPORARY VIEW seen USING dao OPTIONS (path 'silver.users')"),
        returns=ROWS,
    ),
    Operation(
        READS,
        "view in Spark's own catalog",
        through(f"CREATE VIEW spark_catalog.default.seen AS SELECT * FROM {T}"),
        returns=ROWS,
    ),
    Operation(READS, "`USE dao.silver`", in_the_store, returns=ROWS),
    Operation(READS, "`spark.table`", lambda cell: rows(cell.table()), returns=ROWS),
    Operation(READS, "CACHE TABLE, then a write", from_the_cache, [*ROWS, NEW], returns=[*ROWS, NEW]),
    select("VERSION AS OF", f"SELECT * FROM {T} VERSION AS OF 0", refused=TIME_TRAVEL),
    Operation(
        READS,
        "TIMESTAMP AS OF",
        at_an_earlier_time,
        [*ROWS, NEW],
        returns=ROWS,
        refused=delta_only("Delta"),
    ),
    write("INSERT INTO, by position", f"INSERT INTO {T} VALUES (9, 'new', 9)", [*ROWS, NEW]),
    write("INSERT INTO, column list", f"INSERT INTO {T} (k, id, name) VALUES (9, 9, 'new')", [*ROWS, NEW]),
    write("INSERT INTO … BY NAME", f"INSERT INTO {T} BY NAME SELECT 9 AS k, 'new' AS name, 9L AS id", [*ROWS, NEW]),
    write("INSERT INTO … PARTITION (k = 9)", f"INSERT INTO {T} PARTITION (k = 9) VALUES (9, 'new')", [*ROWS, NEW]),
    write("INSERT OVERWRITE", f"INSERT OVERWRITE {T} VALUES (9, 'new', 9)", [NEW]),
    write(
        "INSERT OVERWRITE … PARTITION (k = 1)",
        f"INSERT OVERWRITE {T} PARTITION (k = 1) VALUES (9, 'new')",
        [*OTHERS, K1],
    ),
    write(
        "INSERT OVERWRITE … PARTITION (k = 1), no rows",
        f"INSERT OVERWRITE {T} PARTITION (k = 1) SELECT 9L, 'x' WHERE false",
        OTHERS,
    ),
    write(
        "INSERT OVERWRITE … PARTITION (k), dynamic",
        "SET spark.sql.sources.partitionOverwriteMode = dynamic;"
        f"INSERT OVERWRITE {T} PARTITION (k) VALUES (9, 'new', 1);"
        "RESET spark.sql.sources.partitionOverwriteMode",
        [*OTHERS, K1],
    ),
    write(
        "INSERT INTO … REPLACE WHERE partition = value",
        f"INSERT INTO {T} REPLACE WHERE k = 1 VALUES (9, 'new', 1)",
        [*OTHERS, K1],
    ),
    write(
        "INSERT INTO … REPLACE WHERE other condition",
        f"INSERT INTO {T} REPLACE WHERE id >= 4 VALUES (9, 'new', 9)",
        [*(row for row in ROWS if row[0] < 4), NEW],
        refused=delta_only(r"by equality on their leading partition columns \[k\]"),
    ),
    write(
        "CREATE TABLE … USING, then INSERT",
        f"CREATE TABLE dao.silver.fresh ({SCHEMA}) USING ? PARTITIONED BY (k);"
        "INSERT INTO dao.silver.fresh VALUES (9, 'new', 9)",
        [NEW],
        target="fresh",
    ),
    write("CREATE TABLE IF NOT EXISTS", f"CREATE TABLE IF NOT EXISTS {T} ({SCHEMA}) USING ?", ROWS),
    write(
        "CREATE TABLE AS SELECT",
        f"CREATE TABLE dao.silver.fresh USING ? PARTITIONED BY (k) AS SELECT * FROM {T}",
        ROWS,
        target="fresh",
    ),
    write(
        "CREATE TABLE IF NOT EXISTS … AS SELECT", f"CREATE TABLE IF NOT EXISTS {T} AS SELECT 1L id, 'x' name, 1 k", ROWS
    ),
    write("CREATE OR REPLACE TABLE", f"CREATE OR REPLACE TABLE {T} ({SCHEMA}) USING ? PARTITIONED BY (k)", []),
    write(
        "CREATE OR REPLACE TABLE … AS SELECT",
        f"CREATE OR REPLACE TABLE {T} PARTITIONED BY (k) AS SELECT 9L id, 'new' name, 9 k",
        [NEW],
    ),
    write("REPLACE TABLE … AS SELECT", f"REPLACE TABLE {T} PARTITIONED BY (k) AS SELECT 9L id, 'new' name, 9 k", [NEW]),
    write("TRUNCATE TABLE", f"TRUNCATE TABLE {T}", []),
    write(
        "MERGE",
        MERGE,
        [*(row if row[0] != 1 else (1, "merged", 1) for row in ROWS), NEW],
        section=DELTA,
        refused=NOT_ROW_LEVEL,
    ),
    write(
        "UPDATE",
        f"UPDATE {T} SET name = 'updated' WHERE id = 0",
        [(0, "updated", 0), *ROWS[1:]],
        section=DELTA,
        refused=NOT_ROW_LEVEL,
    ),
    write("DELETE", f"DELETE FROM {T} WHERE id > 0", ROWS[:1], section=DELTA, refused=NOT_ROW_LEVEL),
    write("OPTIMIZE", f"OPTIMIZE {T}", ROWS, section=DELTA, refused=delta_only("Delta")),
    Operation(DELTA, "DESCRIBE HISTORY", history, returns=["WRITE"], refused=delta_only("Delta")),
    write(
        "ALTER TABLE … ADD COLUMNS",
        f"ALTER TABLE {T} ADD COLUMNS (extra STRING);INSERT INTO {T} VALUES (9, 'new', 9, 'x')",
        [*ROWS, NEW],
        section=DELTA,
        refused=delta_only("ALTER TABLE needs a Delta table"),
    ),
]
