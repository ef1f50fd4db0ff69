"""What a table is made with when the first write finds none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spark_dao.errors import PlanError, near_miss
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.names import fold, quote_identifier, quote_literal
from spark_dao.interface_classes.redshift.types import Column

_ENCODINGS = (
    *("AUTO", "RAW", "AZ64", "BYTEDICT", "DELTA", "DELTA32K", "LZO", "MOSTLY8", "MOSTLY16", "MOSTLY32"),
    *("RUNLENGTH", "TEXT255", "TEXT32K", "ZSTD"),
)
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


def checked_encodings(columns: Sequence[Column], encode: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """Return the compression of columns by the names that the table gives them.

    Args:
        columns: The table's columns.
        encode: Encoding by column name (guide, "Compression encodings"); the others are left to Redshift.

    Raises:
        PlanError: A column or an encoding is unknown.

    Example:
        >>> checked_encodings([Column("id", "bigint")], {"ID": "az64"})
        (('id', 'AZ64'),)
    """
    found = []
    for name, encoding in (encode or {}).items():
        if str(encoding).upper() not in _ENCODINGS:
            raise PlanError(
                f"unknown encoding `{encoding}` of `{name}`{near_miss(str(encoding).upper(), _ENCODINGS)}", key="encode"
            )
        found.append((_known(columns, name, "encode"), str(encoding).upper()))
    return tuple(found)


def create_statements(load: Load) -> list[str]:
    """Write a CREATE TABLE and its comments; every column is nullable, since Spark's own nullability is a guess.

    Args:
        load: What to load where.

    Example:
        >>> from spark_dao.interface_classes.redshift.names import TableName
        >>> load = Load(batch_id="1", mode="append", target=TableName("public", "t"), staging="s3a://temp/write-1",
        ...             columns=(Column("id", "bigint"),), table_clauses='SORTKEY ("id")', encodings=(("id", "RAW"),),
        ...             description="one row per user")
        >>> for statement in create_statements(load):
        ...     print(statement)
        CREATE TABLE "public"."t" ("id" bigint ENCODE RAW) SORTKEY ("id")
        COMMENT ON TABLE "public"."t" IS 'one row per user'
    """
    encodings = dict(load.encodings)
    defined = ", ".join(
        f"{quote_identifier(column.name)} {column.type}"
        + (f" ENCODE {encodings[column.name]}" if column.name in encodings else "")
        for column in load.columns
    )
    table = load.target.sql
    comments = [f"COMMENT ON TABLE {table} IS {quote_literal(load.description)}"] if load.description else []
    comments += [
        f"COMMENT ON COLUMN {table}.{quote_identifier(column)} IS {quote_literal(comment)}"
        for column, comment in load.comments
    ]
    return [f"CREATE TABLE {table} ({defined}) {load.table_clauses}".rstrip(), *comments]


def add_column_statements(load: Load) -> list[str]:
    """Write an ALTER TABLE for each column that the table gains: Redshift adds one at a time (guide, "ALTER TABLE")."""
    return [
        f"ALTER TABLE {load.target.sql} ADD COLUMN {quote_identifier(column.name)} {column.type}"
        for column in load.new_columns
    ]


def _column(columns: Sequence[Column], name: str, key: str) -> str:
    return quote_identifier(_known(columns, name, key))


def _known(columns: Sequence[Column], name: str, key: str) -> str:
    names = [column.name for column in columns]
    for known in names:
        if fold(known) == fold(name):
            return known
    raise PlanError(f"the data has no column `{name}`{near_miss(name, names)}", key=key)
