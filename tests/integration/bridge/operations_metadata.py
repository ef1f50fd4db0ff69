"""Rows of the matrix: what is shown of stores and objects."""

from __future__ import annotations

from typing import Any

from .cells import Cell, Operation, delta_only
from .conftest import ROWS

SECTION = "Metadata"
T = "dao.silver.users"


def first_column(cell: Cell, statement: str) -> list[Any]:
    return [row[0] for row in cell.sql(statement).collect()]


def names_of_tables(cell: Cell, pattern: str = "") -> list[str]:
    return sorted(row.tableName for row in cell.sql(f"SHOW TABLES IN dao.silver {pattern}").collect())


def described(cell: Cell) -> bool:
    found = {row.col_name: row.data_type for row in cell.sql(f"DESCRIBE EXTENDED {T}").collect()}
    properties = found["Table Properties"]
    assert found["id"] == "bigint"
    assert found["Provider"] == cell.format
    assert found["Owner"] == "data team"
    assert found["Comment"] == "one row each"
    assert (
        found["Location"]
        .removeprefix("file:")
        .lstrip("/")
        .endswith(cell.root.removeprefix("file:").lstrip("/") + "/users")
    )
    assert "store=silver" in properties
    assert "primary_keys=id" in properties
    assert f"interface_class={'FileSparkInterface' if cell.store == 'local' else 'S3SparkInterface'}" in properties
    return "secret" not in str(found).lower()


def statement_that_creates(cell: Cell) -> bool:
    text = first_column(cell, f"SHOW CREATE TABLE {T}")[0]
    assert "PARTITIONED BY (k)" in text
    assert f"USING {cell.format}" in text
    return T in text


def partitions(cell: Cell) -> list[str]:
    found = first_column(cell, f"SHOW PARTITIONS {T}")
    return sorted(f"k={value}" for value in found) if cell.format == "delta" else found


def through_the_catalog_api(cell: Cell) -> list[Any]:
    catalog = cell.spark.catalog
    catalog.refreshTable(T)
    catalog.setCurrentCatalog("dao")
    try:
        catalog.setCurrentDatabase("silver")
        return [
            catalog.tableExists(T),
            catalog.tableExists("dao.silver.nothing"),
            catalog.currentDatabase(),
            catalog.getTable(T).name,
            [column.name for column in catalog.listColumns(T)],
            "users" in [table.name for table in catalog.listTables()],
            [database.name for database in catalog.listDatabases()],
            catalog.databaseExists("dao.silver"),
        ]
    finally:
        catalog.setCurrentCatalog("spark_catalog")


def purged(cell: Cell) -> list[str]:
    cell.sql(f"DROP TABLE {T} PURGE")
    names = names_of_tables(cell)
    cell.data.write.format("dao").save("silver.users")
    return names


OPERATIONS = [
    Operation(
        SECTION,
        "SHOW NAMESPACES",
        lambda cell: first_column(cell, "SHOW NAMESPACES IN dao"),
        returns=["gold", "silver"],
    ),
    Operation(SECTION, "SHOW TABLES", names_of_tables, returns=["fresh", "users"]),
    Operation(SECTION, "SHOW TABLES LIKE", lambda cell: names_of_tables(cell, "LIKE 'us*'"), returns=["users"]),
    Operation(SECTION, "DESCRIBE EXTENDED", described, returns=True),
    Operation(
        SECTION,
        "SHOW PARTITIONS",
        partitions,
        returns=["k=0", "k=1", "k=2"],
        note="Delta shows a column for each partition column",
    ),
    Operation(SECTION, "SHOW CREATE TABLE", statement_that_creates, returns=True),
    Operation(
        SECTION, "SHOW COLUMNS", lambda cell: first_column(cell, f"SHOW COLUMNS IN {T}"), returns=["id", "name", "k"]
    ),
    Operation(SECTION, "REFRESH TABLE", lambda cell: cell.sql(f"REFRESH TABLE {T}")),
    Operation(
        SECTION,
        "`spark.catalog.*`",
        through_the_catalog_api,
        returns=[True, False, "silver", "users", ["id", "name", "k"], True, ["gold", "silver"], True],
    ),
    Operation(
        SECTION,
        "DROP TABLE",
        lambda cell: cell.sql(f"DROP TABLE {T}"),
        refused={**delta_only("DROP TABLE is refused"), "delta": "DROP TABLE is refused"},
        note="the catalog declares what exists",
    ),
    Operation(
        SECTION,
        "DROP TABLE … PURGE",
        purged,
        ROWS,
        returns=["fresh", "users"],
        note="in a store with `allow_purge: true`",
    ),
]
