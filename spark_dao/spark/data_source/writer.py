"""The writing side of the Python data source: tasks stage files, one commit makes them visible.

Planning, the tasks and the commit run in different processes; only plain data and the storage travel between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pyspark.sql import datasource as spark_datasource
from pyspark.sql.types import StructType

from spark_dao.core.dao import DataAccessObject
from spark_dao.core.planner import PlannedWrite
from spark_dao.errors import CommitError, PlanError, SparkDaoError
from spark_dao.plans import FileStorage, StagedFile, Token, WritePlan, fields_from_spark_json
from spark_dao.spark.appended_columns import checked_partitions, columns_of
from spark_dao.spark.data_source.columns import field_by_name
from spark_dao.spark.data_source.existing_columns import existing_columns
from spark_dao.spark.data_source.file_writers import FileFormat
from spark_dao.spark.data_source.refusals import checked_options, named, needs_the_jar, surfacing
from spark_dao.spark.data_source.sinks import StagedOutput
from spark_dao.spark.data_source.writable import check_writable
from spark_dao.spark.publish import (
    abort,
    begin,
    empty_partition_folder,
    has_visible_files,
    is_begun,
    new_batch_id,
    publish,
    recover,
    stage_folder,
)
from spark_dao.spark.publish_batches import drop_attempts, is_published, named_batch_id

if TYPE_CHECKING:
    import pyarrow


@dataclass
class StagedFiles(spark_datasource.WriterCommitMessage):
    """What one task staged; plain data."""

    files: tuple[StagedFile, ...]


@dataclass(frozen=True)
class Origin:
    """How the interface of a write is found again in another process.

    Attributes:
        declarations: The catalog, with references to secrets left unresolved.
        name: The object, `store.object`.
        arguments: The caller's options.
    """

    declarations: Mapping[str, Any] = field(repr=False)
    name: str
    arguments: Mapping[str, Any] = field(repr=False)

    def planned(self, schema: StructType, mode: str) -> PlannedWrite:
        """Plan the write."""
        dao = DataAccessObject(dict(self.declarations))
        fields = fields_from_spark_json(schema.json())
        return dao.planner.plan_write(self.name, schema=fields, mode=mode, **self.arguments)


@dataclass(frozen=True)
class DaoWriter(spark_datasource.DataSourceArrowWriter):
    """Writes one DataFrame to one object.

    Args:
        origin: The catalog and the object.
        schema: The DataFrame's columns.
        mode: `append` or `overwrite`.
        target: The object's folder or, with a token, the staging folder.
        output: How and where tasks write; it holds the storage, which travels with the tasks.
        batch_id: Of a write of plain files.
        is_named: Whether it is the caller's batch, which is written once.
        dynamic: Whether an overwrite replaces only the partitions that the data has.
        token: Of a write into a warehouse.
        interface_class: Name of the class that planned the write.
    """

    origin: Origin
    schema: StructType = field(repr=False)
    mode: Literal["append", "overwrite"]
    target: str
    output: StagedOutput
    batch_id: str
    is_named: bool
    dynamic: bool
    token: Token | None
    interface_class: str

    @classmethod
    def planned(
        cls,
        *,
        declarations: Mapping[str, Any],
        name: str,
        arguments: Mapping[str, Any],
        schema: StructType,
        mode: Literal["append", "overwrite"],
        time_zone: str,
        overwrite_mode: str,
    ) -> DaoWriter:
        """Plan a write and finish what earlier writes to the same folder left half done.

        Raises:
            PlanError: Something is asked that only the jar offers.
        """
        origin = Origin(declarations, name, arguments)
        planned = origin.planned(schema, mode)
        plan: WritePlan = planned.plan
        try:
            options = checked_options(plan.format, plan.options, writing=True)
            if not hasattr(planned.interface, "storage"):
                raise needs_the_jar(f"writing what `{type(planned.interface).__name__}` plans")
            partition_by = _partition_columns(_partitioning(planned, schema, mode, time_zone), schema)
            check_writable(plan.format, schema, partition_by)
            storage: FileStorage = planned.interface.storage(plan.path)
            batch_id = new_batch_id() if plan.batch_id is None else named_batch_id(plan.batch_id)
            if plan.token is None:
                recover(storage, plan.path)
                if plan.batch_id is not None:
                    drop_attempts(storage, plan.path, batch_id)
                begin(storage, plan.path, batch_id)
        except SparkDaoError as error:
            raise named(error, planned.data_object) from None
        return cls(
            origin=origin,
            schema=schema,
            mode=mode,
            target=plan.path,
            output=StagedOutput(
                storage=storage,
                folder=plan.path.rstrip("/") if plan.token is not None else stage_folder(plan.path, batch_id),
                batch_id=batch_id,
                schema=schema,
                format=FileFormat(plan.format, options, time_zone),
                partition_by=partition_by,
            ),
            batch_id=batch_id,
            is_named=plan.batch_id is not None,
            dynamic=bool(partition_by) and options.get("partitionoverwritemode", overwrite_mode).lower() == "dynamic",
            token=plan.token,
            interface_class=type(planned.interface).__name__,
        )

    @surfacing
    def write(self, iterator: Iterator[pyarrow.RecordBatch]) -> StagedFiles:
        """Stage one task's rows."""
        from pyspark import TaskContext

        context = TaskContext.get()
        files = self.output.write(iterator, context.partitionId() if context else 0)
        if self.token is None and not is_begun(self.output.storage, self.target, self.batch_id):
            self.output.storage.delete_files([file.path for file in files])
            raise CommitError(f"batch {self.batch_id} was aborted or published while this task was writing")
        return StagedFiles(tuple(files))

    @surfacing
    def commit(self, messages: Sequence[spark_datasource.WriterCommitMessage | None]) -> None:
        """Make exactly the files of the tasks that succeeded visible."""
        files = [file for message in messages if isinstance(message, StagedFiles) for file in message.files]
        if self.token is not None:
            self._interface().commit_write(self.token, files)
            return
        storage = self.output.storage
        if self.is_named and is_published(storage, self.target, self.batch_id):
            abort(storage, self.target, self.batch_id)
            return
        if not files and not self.dynamic and (self.mode == "overwrite" or not has_visible_files(storage, self.target)):
            # What has no file has no schema, so an empty table keeps one empty file.
            files = [self.output.write_empty(empty_partition_folder(self.output.partition_by))]
        try:
            publish(
                storage,
                self.target,
                self.batch_id,
                self.mode,
                dynamic=self.dynamic,
                files=[file.path for file in files],
            )
        except SparkDaoError as error:
            error.store, _, error.data_object = self.origin.name.partition(".")
            raise

    @surfacing
    def abort(self, messages: Sequence[spark_datasource.WriterCommitMessage | None]) -> None:
        """Remove what was staged."""
        if self.token is not None:
            self._interface().abort_write(self.token)
        else:
            abort(self.output.storage, self.target, self.batch_id)

    def _interface(self) -> Any:
        store = DataAccessObject(dict(self.origin.declarations)).planner.data_object(self.origin.name).data_store
        for interface in store.interfaces:
            if type(interface).__name__ == self.interface_class:
                return interface
        raise PlanError(f"store `{store.name}` has no interface `{self.interface_class}` any more")


def _partitioning(planned: PlannedWrite, schema: StructType, mode: str, time_zone: str) -> Sequence[str]:
    plan = planned.plan
    known = existing_columns(planned.data_object, plan, time_zone) if mode == "append" and plan.token is None else None
    if known is None:
        return plan.partition_by
    said = () if plan.partition_by == tuple(planned.data_object.get("partition_by") or ()) else plan.partition_by
    return checked_partitions(known, said, columns_of(schema))


def _partition_columns(partition_by: Sequence[str], schema: StructType) -> tuple[str, ...]:
    columns = []
    for name in partition_by:
        found = field_by_name(schema.fields, name)
        if found is None:
            raise PlanError(
                f"partition column `{name}` is not in the data, which has {', '.join(schema.fieldNames())}",
                key="partition_by",
            )
        columns.append(found.name)
    if columns and len(columns) == len(schema.fields):
        raise PlanError("expected at least one column besides the partition columns, found none", key="partition_by")
    return tuple(columns)
