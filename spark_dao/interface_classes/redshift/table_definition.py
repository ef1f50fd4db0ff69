"""What a table is made with when the first write finds none."""

from __future__ import annotations

from collections.abc import Sequence

from spark_dao.errors import PlanError, near_miss
from spark_dao.interface_classes.redshift.names import TableName, fold, quote_identifier
from spark_dao.interface_classes.redshift.types import Column

_DISTRIBUTION_STYLES = ("AUTO", "EVEN", "ALL", "KEY")


def table_clauses(
    columns: Sequence[Column],
    *,
    diststyle: str | None = None,
    distkey: str | None = None,
    sortkey: Sequence[str] | None = None,
) -> str:
    """Write the distribution and sort clauses of a CREATE TABLE.

    Args:
        columns: The table's columns.
        diststyle: `AUTO`, `EVEN`, `ALL` or `KEY`; left out, Redshift decides.
        distkey: Column whose values decide where rows live.
        sortkey: Columns that rows are kept sorted by.

    Raises:
        PlanError: A column does not exist, or style and key contradict each other.

    Example:
        >>> table_clauses([Column("id", "bigint"), Column("day", "date")], distkey="id", sortkey=["day", "id"])
        'DISTSTYLE KEY DISTKEY ("id") SORTKEY ("day", "id")'
    """
    style = (diststyle or ("KEY" if distkey else "")).upper()
    if style and style not in _DISTRIBUTION_STYLES:
        raise PlanError(
            f"unknown distribution style `{diststyle}`{near_miss(style, _DISTRIBUTION_STYLES)}", key="diststyle"
        )
    if (style == "KEY") != (distkey is not None):
        raise PlanError(
            f"`distkey` goes with the distribution style KEY and no other, found {style or 'none'}; correct one",
            key="diststyle",
        )
    clauses = [f"DISTSTYLE {style}"] if style else []
    if distkey is not None:
        clauses.append(f"DISTKEY ({_column(columns, distkey, 'distkey')})")
    if sortkey:
        clauses.append(f"SORTKEY ({', '.join(_column(columns, name, 'sortkey') for name in sortkey)})")
    return " ".join(clauses)


def create_statement(target: TableName, columns: Sequence[Column], clauses: str = "") -> str:
    """Write a CREATE TABLE; every column is nullable, since Spark's own nullability is a guess.

    Args:
        target: The table.
        columns: Its columns.
        clauses: What `table_clauses` wrote.

    Example:
        >>> create_statement(TableName("public", "t"), [Column("id", "bigint")], 'SORTKEY ("id")')
        'CREATE TABLE "public"."t" ("id" bigint) SORTKEY ("id")'
    """
    defined = ", ".join(f"{quote_identifier(column.name)} {column.type}" for column in columns)
    return f"CREATE TABLE {target.sql} ({defined}) {clauses}".rstrip()


def _column(columns: Sequence[Column], name: str, key: str) -> str:
    names = [column.name for column in columns]
    for known in names:
        if fold(known) == fold(name):
            return quote_identifier(known)
    raise PlanError(f"the data has no column `{name}`{near_miss(name, names)}", key=key)
