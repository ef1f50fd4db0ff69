"""RedshiftSparkInterface: Spark stages Parquet, Redshift copies it; Redshift unloads Parquet, Spark reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from spark_dao.data_object import DataObject
from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift.copy_load import commit_load
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.previews import load_statements
from spark_dao.interface_classes.redshift.purging import purge_table
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.staging import (
    FORMAT,
    check_format,
    clear_folder,
    clear_folder_quietly,
    owned_folder,
)
from spark_dao.interface_classes.redshift.table_actions import Named, check_writable
from spark_dao.interface_classes.redshift.table_reads import TableReads
from spark_dao.interface_classes.redshift.transaction import OutcomeUnknown
from spark_dao.interface_classes.redshift.write_plans import WriteRequest, plan_load
from spark_dao.interface_classes.s3.storage import S3Storage
from spark_dao.interface_classes.temporary_folders import fresh_folder
from spark_dao.plans import SchemaField, StagedFile, Token, WritePlan


class RedshiftSparkInterface(TableReads):
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
        check_format(format)
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
            return WritePlan(format=FORMAT, path=skipped, mode="ignore", options=options, token={"skip": True})
        return WritePlan(format=FORMAT, path=load.staging, mode="errorifexists", options=options, token=load.to_token())

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
