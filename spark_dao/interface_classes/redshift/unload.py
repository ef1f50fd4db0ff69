"""Reading by UNLOAD: Redshift writes the needed columns and rows as Parquet, Spark reads the files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spark_dao.errors import InterfaceError, PlanError, near_miss
from spark_dao.interface_classes.redshift.connection import ServerRefusal, connected
from spark_dao.interface_classes.redshift.filters import conditions
from spark_dao.interface_classes.redshift.metadata import derived_table
from spark_dao.interface_classes.redshift.names import (
    TableName,
    fold,
    quote_identifier,
    quote_literal,
    quote_unload_query,
)
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.staging import clear_folder_quietly, warehouse_uri
from spark_dao.interface_classes.redshift.types import UNBOUNDED_NUMERIC_AS, Column
from spark_dao.plans import FileStorage, Filter, StagedFile, Token

_CHEAPEST_TYPES = ("boolean", "smallint", "integer", "date", "real", "bigint")


@dataclass(frozen=True, kw_only=True)
class Unload:
    """What is to be read; a read plan's token in typed form.

    Args:
        table: The table or view, None for a query.
        query: The declared query, None for a table.
        columns: The columns that the plan offers, with their Redshift types.
        conditions: SQL conditions that were pushed when the read was planned.
        staging: Folder below which every scan makes one of its own, as Hadoop spells it.
    """

    table: TableName | None
    query: str | None
    columns: tuple[Column, ...]
    conditions: tuple[str, ...]
    staging: str

    def to_token(self) -> dict[str, Any]:
        """Write the read as a token: JSON without secrets."""
        return {
            "table": None if self.table is None else list(self.table),
            "query": self.query,
            "columns": [list(column) for column in self.columns],
            "conditions": list(self.conditions),
            "staging": self.staging,
        }

    @classmethod
    def from_token(cls, token: Token) -> Unload:
        """Read what `to_token` wrote.

        Example:
            >>> unload = Unload(table=TableName("public", "t"), query=None, columns=(Column("id", "bigint"),),
            ...                 conditions=(), staging="s3a://temp/read-1")
            >>> Unload.from_token(unload.to_token()) == unload
            True
        """
        return cls(
            table=None if token["table"] is None else TableName(*token["table"]),
            query=token["query"],
            columns=tuple(Column(*column) for column in token["columns"]),
            conditions=tuple(token["conditions"]),
            staging=token["staging"],
        )

    def select(self, columns: Sequence[str] | None, filters: Sequence[Filter], limit: int | None = None) -> str:
        """Write the SELECT for one scan.

        Args:
            columns: Names of the needed columns, None for all; none at all (a count) reads the cheapest one.
            filters: What Spark wants to see fulfilled; what is not safe to push is left to Spark.
            limit: How many rows are needed, None for all; in a subquery, since UNLOAD refuses it in the outer SELECT.

        Raises:
            PlanError: A column does not exist.

        Example:
            >>> unload = Unload(table=TableName("public", "t"), query=None, staging="s3a://temp/read-1",
            ...                 columns=(Column("id", "bigint"), Column("name", "character varying(9)")), conditions=())
            >>> unload.select(["name"], [Filter("=", "id", 7)])
            'SELECT "name" FROM "public"."t" WHERE "id" = 7'
            >>> unload.select(["id"], [], 5)
            'SELECT * FROM (SELECT "id" FROM "public"."t" LIMIT 5) AS limited'
        """
        source = self.table.sql if self.table is not None else derived_table(self.query or "")
        statement = ["SELECT", ", ".join(_selected(column) for column in self._needed(columns)), "FROM", source]
        where = [*self.conditions, *conditions(filters, self.columns)]
        if where:
            statement += ["WHERE", " AND ".join(where)]
        if limit is None:
            return " ".join(statement)
        return " ".join(["SELECT * FROM", f"({' '.join(statement)} LIMIT {int(limit)})", "AS limited"])

    def _needed(self, names: Sequence[str] | None) -> Sequence[Column]:
        if names is None:
            return self.columns
        if not names:
            ranks = {kind: rank for rank, kind in enumerate(_CHEAPEST_TYPES)}
            return [min(self.columns, key=lambda column: ranks.get(column.type, len(ranks)))]
        return [find_column(self.columns, name) for name in names]


def find_column(columns: Sequence[Column], name: str) -> Column:
    """Find a column by its folded name.

    Raises:
        PlanError: There is none.
    """
    by_name = {fold(column.name): column for column in columns}
    found = by_name.get(fold(name))
    if found is None:
        known = [column.name for column in columns]
        raise PlanError(f"no column `{name}`{near_miss(name, known)}", key="columns")
    return found


def run_unload(settings: RedshiftSettings, storage: FileStorage, unload: Unload, select: str) -> list[StagedFile]:
    """Unload one SELECT into a fresh folder and list the files.

    Args:
        settings: The warehouse.
        storage: Reaches the folder.
        unload: Whose read this is.
        select: What `Unload.select` wrote.

    Returns:
        The files, none where no row was selected.

    Raises:
        InterfaceError: The warehouse refused or cannot be reached; what it had written is removed.
    """
    folder = f"{unload.staging}/{uuid.uuid4().hex}"
    try:
        with connected(settings) as session:
            session.execute(unload_statement(select, folder, settings.role_clause()))
            session.commit()
        return [file for file in storage.list_files(folder) if file.path.endswith(".parquet")]
    except ServerRefusal as refusal:
        clear_folder_quietly(storage, folder)
        raise InterfaceError(
            f"{settings.where} refused to unload {select!r}: {refusal.reason} [{refusal.code}]"
        ) from None
    except BaseException:
        clear_folder_quietly(storage, folder)
        raise


def unload_statement(select: str, folder: str, role_clause: str) -> str:
    """Write the UNLOAD of a SELECT into a folder.

    Example:
        >>> unload_statement("SELECT 'x'", "s3a://temp/read-1", "IAM_ROLE default")
        "UNLOAD ('SELECT ''x''') TO 's3://temp/read-1/' IAM_ROLE default FORMAT AS PARQUET"
    """
    target = quote_literal(f"{warehouse_uri(folder)}/")
    return f"UNLOAD ({quote_unload_query(select)}) TO {target} {role_clause} FORMAT AS PARQUET"


def _selected(column: Column) -> str:
    name = quote_identifier(column.name)
    # Redshift always knows a numeric's precision; PostgreSQL's aggregates do not, and Parquet needs one.
    return f"CAST({name} AS {UNBOUNDED_NUMERIC_AS}) AS {name}" if column.type == "numeric" else name
