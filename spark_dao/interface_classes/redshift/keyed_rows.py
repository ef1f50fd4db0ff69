"""Rows that are matched with a table's by their keys: upsert, and delete by staged keys.

The staged files are copied into a temporary table of the session first, whose keys are checked there: Redshift enforces
no primary key, and a MERGE with two rows for one key either fails or writes both. A crash ends the session, and the
temporary table with it.

Redshift's MERGE (guide, "MERGE") takes exactly one `WHEN MATCHED` and one `WHEN NOT MATCHED`, no alias for the target,
and joins by equality; what is written here stays inside that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spark_dao.errors import CommitError
from spark_dao.interface_classes.redshift.connection import Session
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.names import fold, joined, quote_identifier

STAGING_TABLE = "spark_dao_staged_rows"
_SAMPLES = 5
_STAGED = quote_identifier(STAGING_TABLE)


def create_staging(load: Load) -> str:
    """Write the CREATE of the session's temporary table.

    Example:
        >>> from spark_dao.interface_classes.redshift.names import TableName
        >>> from spark_dao.interface_classes.redshift.types import Column
        >>> load = Load(batch_id="1", mode="upsert", target=TableName("public", "t"), keys=("id",),
        ...             columns=(Column("id", "bigint"), Column("n", "integer")), staging="s3a://temp/write-1")
        >>> create_staging(load)
        'CREATE TEMPORARY TABLE "spark_dao_staged_rows" ("id" bigint, "n" integer)'
    """
    defined = ", ".join(f"{quote_identifier(column.name)} {column.type}" for column in load.columns)
    return f"CREATE TEMPORARY TABLE {_STAGED} ({defined})"


def merge_statement(load: Load) -> str:
    r"""Write the statement that puts the staged rows into an existing table.

    Columns that the data does not have keep their values in rows that exist, and get their defaults in new ones.

    Example:
        >>> from spark_dao.interface_classes.redshift.names import TableName
        >>> from spark_dao.interface_classes.redshift.types import Column
        >>> load = Load(batch_id="1", mode="upsert", target=TableName("public", "t"), keys=("id",),
        ...             columns=(Column("id", "bigint"), Column("n", "integer")), staging="s3a://temp/write-1")
        >>> print(merge_statement(load).replace(" WHEN", "\nWHEN"))
        MERGE INTO "public"."t" USING "spark_dao_staged_rows" ON "t"."id" = "spark_dao_staged_rows"."id"
        WHEN MATCHED THEN UPDATE SET "n" = "spark_dao_staged_rows"."n"
        WHEN NOT MATCHED THEN INSERT ("id", "n") VALUES ("spark_dao_staged_rows"."id", "spark_dao_staged_rows"."n")
    """
    names = [column.name for column in load.columns]
    keys = {fold(key) for key in load.keys}
    others = [name for name in names if fold(name) not in keys]
    if not others:
        # There is nothing to update, and MERGE must update something.
        missing = joined("NOT EXISTS (SELECT 1 FROM", load.target.sql, "WHERE", _same_keys(load)) + ")"
        return joined(insert_statement(load), "WHERE", missing)
    assignments = ", ".join(f"{quote_identifier(name)} = {_staged(name)}" for name in others)
    values = ", ".join(_staged(name) for name in names)
    return joined(
        *("MERGE INTO", load.target.sql, "USING", _STAGED, "ON", _same_keys(load)),
        *("WHEN MATCHED THEN UPDATE SET", assignments),
        *("WHEN NOT MATCHED THEN INSERT", f"({_listed(names)})", "VALUES", f"({values})"),
    )


def insert_statement(load: Load) -> str:
    """Write the statement that puts the staged rows into a table just made."""
    listed = _listed(column.name for column in load.columns)
    return joined("INSERT INTO", load.target.sql, f"({listed})", "SELECT", listed, "FROM", _STAGED)


def count_statement() -> str:
    """Write the statement that counts the staged rows."""
    return joined("SELECT count(*) FROM", _STAGED)


def delete_statement(load: Load) -> str:
    """Write the statement that deletes the rows whose keys were staged.

    Example:
        >>> from spark_dao.interface_classes.redshift.names import TableName
        >>> from spark_dao.interface_classes.redshift.types import Column
        >>> delete_statement(Load(batch_id="1", mode="delete", target=TableName("public", "t"), keys=("id",),
        ...                       columns=(Column("id", "bigint"),), staging="s3a://temp/write-1"))
        'DELETE FROM "public"."t" USING "spark_dao_staged_rows" WHERE "t"."id" = "spark_dao_staged_rows"."id"'
    """
    return joined("DELETE FROM", load.target.sql, "USING", _STAGED, "WHERE", _same_keys(load))


def check_keys(session: Session, load: Load) -> None:
    """Check the staged rows' keys.

    Raises:
        CommitError: A key is null, or several rows of an upsert have the same; the message counts and samples them.
    """
    keys = _listed(load.keys)
    named = ", ".join(f"`{key}`" for key in load.keys)
    missing = " OR ".join(f"{quote_identifier(key)} IS NULL" for key in load.keys)
    (nulls,) = session.execute(joined("SELECT count(*) FROM", _STAGED, "WHERE", missing))[0]
    if nulls:
        sample = session.execute(joined("SELECT", keys, "FROM", _STAGED, "WHERE", missing, "LIMIT", str(_SAMPLES)))
        raise CommitError(
            f"{nulls} of the rows for {load.target.sql} have NULL in their key ({named}), such as "
            f"{_shown(load.keys, sample)}; nothing was written: leave them out or give them a key"
        )
    if load.mode == "delete":
        return
    repeated = joined(
        "SELECT", keys, ", count(*) AS spark_dao_rows FROM", _STAGED, "GROUP BY", keys, "HAVING count(*) > 1"
    )
    found = session.execute(joined("SELECT count(*), sum(spark_dao_rows) FROM", f"({repeated}) AS repeated"))[0]
    if found[0]:
        sample = session.execute(joined(repeated, "ORDER BY spark_dao_rows DESC,", keys, "LIMIT", str(_SAMPLES)))
        raise CommitError(
            f"{found[0]} keys ({named}) come more than once in the rows for {load.target.sql}, {found[1]} rows in "
            f"all, such as {_shown(load.keys, sample)}; nothing was written: keep one row for each key"
        )


def _same_keys(load: Load) -> str:
    table = quote_identifier(load.target.table)
    return " AND ".join(f"{table}.{quote_identifier(key)} = {_staged(key)}" for key in load.keys)


def _staged(name: str) -> str:
    return f"{_STAGED}.{quote_identifier(name)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quote_identifier(name) for name in names)


def _shown(keys: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    samples = []
    for row in rows:
        values = ", ".join(f"{key}={_value(value)}" for key, value in zip(keys, row, strict=False))
        times = f" ({row[len(keys)]} rows)" if len(row) > len(keys) else ""
        samples.append(f"{values}{times}")
    return "; ".join(samples)


def _value(value: object) -> str:
    if value is None:
        return "NULL"
    return repr(value) if isinstance(value, str) else str(value)
