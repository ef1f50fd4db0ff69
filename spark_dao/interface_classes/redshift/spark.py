"""RedshiftSparkInterface: Spark stages Parquet, Redshift copies it; Redshift unloads Parquet, Spark reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from spark_dao.data_object import DataObject
from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift import metadata
from spark_dao.interface_classes.redshift.connection import Session, connected
from spark_dao.interface_classes.redshift.copy_load import commit_load
from spark_dao.interface_classes.redshift.filters import conditions
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.previews import load_statements
from spark_dao.interface_classes.redshift.purging import purge_table
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.staging import (
    clear_folder,
    clear_folder_quietly,
    owned_folder,
)
from spark_dao.interface_classes.redshift.table_actions import Named, TableActions, check_writable
from spark_dao.interface_classes.redshift.transaction import OutcomeUnknown
from spark_dao.interface_classes.redshift.types import Column, spark_schema
from spark_dao.interface_classes.redshift.unload import Unload, find_column, run_unload, unload_statement
from spark_dao.interface_classes.redshift.write_plans import WriteRequest, plan_load
from spark_dao.interface_classes.s3.storage import S3Storage
from spark_dao.interface_classes.temporary_folders import fresh_folder
from spark_dao.plans import Filter, ReadPlan, SchemaField, StagedFile, Token, WritePlan

_FORMAT = "parquet"


class RedshiftSparkInterface(TableActions):
    """Tables of an Amazon Redshift warehouse, written by COPY and read by UNLOAD.

    A write stages Parquet in a folder of its own below `s3_temp_dir`; the commit is one transaction of DELETE
    (overwrite) or CREATE TABLE (first write), COPY, and a row that records the batch. A read unloads the needed columns
    and rows. The folders are removed afterwards.

    Args:
        default_configs: The fields of `RedshiftSettings`.

    Raises:
        pydantic.ValidationError: A setting is missing, unknown or malformed.

    Example:
        >>> gold = RedshiftSparkInterface(host="wh", user="me", password="hunter2", database="analytics",
        ...     s3_temp_dir="s3://my-company-temp/redshift/", iam_role_arn="arn:aws:iam::000000000000:role/redshift")
        >>> gold
        RedshiftSparkInterface('wh:5439/analytics')
    """

    settings_model: ClassVar[type[RedshiftSettings]] = RedshiftSettings
    uses_s3a: ClassVar[bool] = True
    #: What one call means for one call: never taken from an object's or the store's properties.
    enrichment_exclude: ClassVar[Mapping[str, tuple[str, ...]]] = {"plan_write": ("operation", "batch_id")}

    def __init__(self, **default_configs: Any) -> None:
        super().__init__(RedshiftSettings(**default_configs))
        # One for all operations: building a boto3 client costs more than most of them.
        self._storage = S3Storage(self.settings.staging_settings())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings.where!r})"

    def hadoop_settings(self) -> dict[str, str]:
        """Return the Hadoop configuration that reaches `s3_temp_dir`, secrets included."""
        return self.settings.hadoop_settings(self.settings.staging_bucket)

    def temporary_root(self) -> str:
        """Return the folder below which reads and writes make folders of their own; `storage` reaches it."""
        return self.settings.staging_root

    def storage(self, path: str) -> S3Storage:
        """Return the storage that holds a staged path.

        Args:
            path: A URI below `s3_temp_dir`.

        Raises:
            PlanError: It is not below it.
        """
        root = self.settings.staging_root
        if path.rstrip("/") != root and not path.startswith(f"{root}/"):
            raise PlanError(f"`{path}` is not below `s3_temp_dir` ({root})")
        return self._storage

    def plan_write(
        self,
        data_object: Named,
        *,
        schema: Sequence[SchemaField],
        mode: str,
        format: str | None = None,
        table: str | None = None,
        varchar_lengths: Mapping[str, int] | None = None,
        diststyle: str | None = None,
        distkey: str | None = None,
        sortkey: Sequence[str] | None = None,
        encode: Mapping[str, str] | None = None,
        description: str | None = None,
        add_new_columns: bool = False,
        batch_id: str | None = None,
        operation: str | None = None,
        primary_keys: Sequence[str] | None = None,
        pre_statements: Any = None,
        post_statements: Any = None,
        query: str | None = None,
        spark_options: Mapping[str, Any] | None = None,
    ) -> WritePlan:
        """Plan a write into a table; everything that can be refused is refused here, before anything is staged.

        Args:
            data_object: The object; its name is the table's unless `table` says otherwise.
            schema: The data's columns.
            mode: `append`, `overwrite` (keeps the table and its grants), `ignore` or `errorifexists`.
            format: Format of the staged files; Parquet is the only one.
            table: `table` or `schema.table`.
            varchar_lengths: Bytes by column name for the VARCHARs of a new table; the others are measured and get at
                least twice their longest value, 256 or more; 65535 where there is no text or too much to measure.
            diststyle: Distribution style of a new table.
            distkey: Distribution key of a new table.
            sortkey: Sort key of a new table.
            encode: Compression by column name of a new table.
            description: Comment of a new table; comments of columns come from the DataFrame's schema.
            add_new_columns: Let an existing table gain the columns that it lacks, committed before the load.
            batch_id: Name of the batch: a batch that was committed under the same name is not loaded again.
            operation: `upsert`: rows whose key the table has replace its values, the others are added; columns that
                the data lacks keep their values, and get their defaults in new rows. `delete`: rows whose key the data
                has are deleted. Both with the mode `append`.
            primary_keys: Columns that tell rows apart, for `operation`; NULL in one of them, or in an upsert two rows
                for one key, refuse the whole write.
            pre_statements: SQL statements, as a list, to run in the write's transaction before it; no secrets.
            post_statements: Likewise, after it.
            query: Refused: what is declared as a query is read-only.
            spark_options: Options of Spark's Parquet writer.

        Returns:
            The plan. Its token holds `"skip": true` where the table exists and the mode is `ignore`: nothing is to
            be written.

        Raises:
            PlanError: The data does not fit Redshift or the existing table, or the mode forbids the write.
            CatalogError: The table's name is malformed, or a table to delete from does not exist.
            InterfaceError: The warehouse cannot be reached.
        """
        _check_format(format)
        check_writable(query)
        load = plan_load(
            self.settings,
            WriteRequest(
                target=self._target(data_object, table),
                schema=schema,
                mode=mode,
                operation=operation,
                primary_keys=primary_keys,
                varchar_lengths=varchar_lengths,
                diststyle=diststyle,
                distkey=distkey,
                sortkey=sortkey,
                encode=encode,
                description=description,
                add_new_columns=add_new_columns,
                batch_id=batch_id,
                pre_statements=pre_statements,
                post_statements=post_statements,
            ),
        )
        options = {str(key): str(value) for key, value in (spark_options or {}).items() if str(key).lower() != "mode"}
        if load is None:
            skipped = fresh_folder(self.settings.staging_root, "write")
            return WritePlan(format=_FORMAT, path=skipped, mode="ignore", options=options, token={"skip": True})
        return WritePlan(
            format=_FORMAT, path=load.staging, mode="errorifexists", options=options, token=load.to_token()
        )

    def commit_write(self, token: Token, files: Sequence[StagedFile]) -> int:
        """Load staged files into their table, exactly once however often this is called, and remove them.

        Args:
            token: The plan's token.
            files: Exactly the files that the write committed.

        Returns:
            The number of rows that were written or, by `delete`, deleted.

        Raises:
            CommitError: The table is as it was, or, where the message says so, the outcome is unknown and the staged
                files are kept for another commit of the same batch.
            InterfaceError: The warehouse cannot be reached.
        """
        if token.get("skip"):
            return 0
        load = Load.from_token(token)
        folder = owned_folder(self.settings.staging_root, load.staging)
        decided = True
        try:
            return commit_load(self.settings, self._storage, load, [StagedFile(*file) for file in files])
        except OutcomeUnknown:
            decided = False
            raise
        finally:
            if decided:
                clear_folder_quietly(self._storage, folder)

    def abort_write(self, token: Token) -> None:
        """Remove what a write staged; calling it again does nothing.

        Args:
            token: The plan's token.

        Raises:
            InterfaceError: Some files could not be removed.
        """
        if not token.get("skip"):
            clear_folder(self._storage, owned_folder(self.settings.staging_root, token["staging"]))

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
        _check_format(format)
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
        return ReadPlan(format=_FORMAT, schema=spark_schema(offered), token=unload.to_token())

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

    def preview_plan_write(self, data_object: Named, **arguments: Any) -> list[str]:
        """List the SQL of a write, without staging or changing anything."""
        plan = self.plan_write(data_object, **arguments)
        if plan.token is None or plan.token.get("skip"):
            return []
        return load_statements(self.settings, Load.from_token(plan.token))

    def purge(self, data_object: DataObject) -> None:
        """Drop an object's table; what `DROP TABLE … PURGE` does in a store with `allow_purge: true`.

        Args:
            data_object: The object.

        Raises:
            CatalogError: There is no such table.
            PlanError: It is a view or a declared query, which hold no data of their own.
            InterfaceError: The warehouse refuses, as where a view still reads the table.
        """
        purge_table(self.settings, self._target(data_object, data_object.get("table")), data_object.get("query"))

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


def _check_format(format: str | None) -> None:
    if format is not None and format.lower() != _FORMAT:
        raise PlanError(f"a warehouse is reached by {_FORMAT} only, found `{format}`; leave `format` out", key="format")
