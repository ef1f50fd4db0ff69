"""Reading a warehouse: what is needed is unloaded as Parquet, which Spark reads natively."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift import metadata
from spark_dao.interface_classes.redshift.connection import Session, connected
from spark_dao.interface_classes.redshift.filters import conditions
from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.staging import FORMAT, check_format, clear_folder, owned_folder
from spark_dao.interface_classes.redshift.table_actions import Named, TableActions
from spark_dao.interface_classes.redshift.types import Column, spark_schema
from spark_dao.interface_classes.redshift.unload import Unload, find_column, run_unload, unload_statement
from spark_dao.interface_classes.s3.storage import S3Storage
from spark_dao.interface_classes.temporary_folders import fresh_folder
from spark_dao.plans import Filter, ReadPlan, StagedFile, Token


class TableReads(TableActions):
    """The reads of `RedshiftSparkInterface`, beside what needs no Spark.

    Args:
        settings: The warehouse.
    """

    def __init__(self, settings: RedshiftSettings) -> None:
        super().__init__(settings)
        # One for all operations: building a boto3 client costs more than most of them.
        self._storage = S3Storage(settings.staging_settings())

    def plan_read(
        self,
        data_object: Named,
        *,
        format: str | None = None,
        table: str | None = None,
        query: str | None = None,
        columns: Sequence[str] | None = None,
        filters: Sequence[Filter] | None = None,
    ) -> ReadPlan:
        """Plan a read of a table, a view or a declared query; nothing is unloaded yet.

        Args:
            data_object: The object; its name is the table's unless `table` or `query` says otherwise.
            format: Format of the unloaded files; Parquet is the only one.
            table: `table` or `schema.table`.
            query: A SELECT to read instead of a table.
            columns: The columns that are needed, None for all.
            filters: Conditions that may be applied early; Spark evaluates all of them again.

        Raises:
            CatalogError: The table does not exist, or both `table` and `query` are given.
            PlanError: A column does not exist, or Spark has no type for it.
            InterfaceError: The warehouse cannot be reached, or refuses the query.
        """
        check_format(format)
        if query is not None and table is not None:
            raise PlanError("`table` and `query` contradict each other; give one of them", key="query")
        with connected(self.settings) as session:
            name, known = self._source(session, data_object, table, query)
        offered = known if columns is None else [find_column(known, column) for column in columns]
        unload = Unload(
            table=name,
            query=query,
            columns=tuple(offered),
            conditions=tuple(conditions(filters or (), known)),
            staging=fresh_folder(self.settings.staging_root, "read"),
        )
        return ReadPlan(format=FORMAT, schema=spark_schema(offered), token=unload.to_token())

    def stage_read(
        self,
        token: Token,
        columns: Sequence[str] | None = None,
        filters: Sequence[Filter] | None = None,
        limit: int | None = None,
    ) -> list[StagedFile]:
        """Unload what one scan needs and list the files; each call makes a folder of its own.

        Args:
            token: The plan's token.
            columns: The columns that this scan needs, None for all that were planned.
            filters: Conditions that may be applied early; Spark evaluates all of them again.
            limit: How many rows are needed, None for all; Spark gives it only where no condition is left to evaluate.

        Returns:
            Parquet files; none where no row was selected.

        Raises:
            InterfaceError: The warehouse refused the query or cannot be reached.
        """
        unload = Unload.from_token(token)
        owned_folder(self.settings.staging_root, unload.staging)
        select = unload.select(columns, [Filter(*entry) for entry in filters or ()], limit)
        return run_unload(self.settings, self._storage, unload, select)

    def release_read(self, token_or_folder: Token | str) -> None:
        """Remove what a read unloaded; calling it again does nothing.

        Args:
            token_or_folder: The plan's token for everything that was unloaded with it, or the folder of one scan.

        Raises:
            InterfaceError: Some files could not be removed.
        """
        folder = token_or_folder if isinstance(token_or_folder, str) else token_or_folder["staging"]
        clear_folder(self._storage, owned_folder(self.settings.staging_root, folder))

    def preview_plan_read(self, data_object: Named, **arguments: Any) -> list[str]:
        """List the SQL of a read of all its columns, without unloading anything."""
        plan = self.plan_read(data_object, **arguments)
        unload = Unload.from_token(plan.token or {})
        return [unload_statement(unload.select(None, ()), unload.staging, self.settings.role_clause())]

    def _source(
        self, session: Session, data_object: Named, table: str | None, query: str | None
    ) -> tuple[TableName | None, Sequence[Column]]:
        if query is not None:
            return None, metadata.query_columns(session, query)
        found = metadata.existing_table(session, self._target(data_object, table))
        return found.name, found.columns
