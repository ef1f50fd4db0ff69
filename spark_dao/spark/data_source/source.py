"""The Python data source `dao`: plans are made in Spark's planning workers, which see options and the catalog only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pyspark.sql import datasource as spark_datasource
from pyspark.sql.types import StructType

from spark_dao.core.dao import DataAccessObject
from spark_dao.core.router import weigh
from spark_dao.errors import PlanError, SparkDaoError
from spark_dao.plans import FileStorage, ReadPlan
from spark_dao.spark.data_source.columns import declared_columns, definition, with_partitions_last
from spark_dao.spark.data_source.discovery import DataFile, discover, partition_columns
from spark_dao.spark.data_source.inference import infer_columns
from spark_dao.spark.data_source.reader import FileReader, staged_files
from spark_dao.spark.data_source.refusals import checked_options, is_true, named, needs_the_jar, surfacing
from spark_dao.spark.data_source.text import TextFormat
from spark_dao.spark.data_source.writer import DaoWriter
from spark_dao.spark.foreign_files import refuse_foreign_files

# Spark hands options over in lower case.
_ARGUMENT_NAMES = {"batchid": "batch_id", "primarykeys": "primary_keys"}


class DaoDataSource(spark_datasource.DataSource):
    """Reads and writes the objects of one catalog; `make_data_source` gives it that catalog.

    | option | meaning |
    |---|---|
    | `path` | the object, `store.object`: what `load` and `save` are given |
    | any other | an argument of the interface's `plan_read` or `plan_write` |
    """

    declarations: Mapping[str, Any] = {}
    time_zone = "UTC"
    local_time_zone = "UTC"
    parallelism = 0
    overwrite_mode = "static"

    @classmethod
    def name(cls) -> str:
        """Return the short name."""
        return "dao"

    def __repr__(self) -> str:
        return f"DaoDataSource({self.options.get('path')!r})"

    @surfacing
    def schema(self) -> str | StructType:
        """Return the object's columns: declared ones, else what the files say; partition columns come last."""
        planned = self._plan_read()
        plan: ReadPlan = planned.plan
        with _naming(planned.data_object):
            options = checked_options(plan.format, plan.options, writing=False)
            if plan.token is not None:
                if plan.schema is None:
                    raise PlanError("the interface's plan to read a warehouse says no schema", key="schema")
                return plan.schema
            storage = _storage(planned.interface, plan.paths)
            files = _files(storage, plan, options)
            refuse_foreign_files(plan.format, [file.path for file in files])
            partitions = [(name, definition(name, kind)) for name, kind in partition_columns(files).items()]
            if plan.schema is None:
                text = TextFormat(plan.format, options, self.time_zone)
                inferred = infer_columns(storage, files, plan.format, text)
                columns = [(field.name, definition(field.name, field.dataType)) for field in inferred.fields]
            else:
                columns = declared_columns(plan.schema)
            return ", ".join(column for _, column in with_partitions_last(columns, partitions))

    @surfacing
    def reader(self, schema: StructType) -> spark_datasource.DataSourceReader:
        """Return what reads the object with the columns that Spark settled on."""
        planned = self._plan_read()
        plan: ReadPlan = planned.plan
        with _naming(planned.data_object):
            options = checked_options(plan.format, plan.options, writing=False)
            is_text = plan.format in ("csv", "json")
            text = TextFormat(plan.format, options, self.time_zone) if is_text else None
            if plan.token is not None:
                return FileReader(
                    storage=planned.interface.storage(_staging_of(plan)),
                    schema=schema,
                    format_name=plan.format,
                    text=text,
                    files=lambda columns, filters: staged_files(
                        planned.interface.stage_read(plan.token, columns, filters)
                    ),
                    time_zone=self.time_zone,
                    local_time_zone=self.local_time_zone,
                    parallelism=self.parallelism,
                )
            storage = _storage(planned.interface, plan.paths)
            return FileReader(
                storage=storage,
                schema=schema,
                format_name=plan.format,
                text=text,
                files=lambda columns, filters: _files(storage, plan, options),
                time_zone=self.time_zone,
                local_time_zone=self.local_time_zone,
                parallelism=self.parallelism,
            )

    @surfacing
    def writer(self, schema: StructType, overwrite: bool) -> spark_datasource.DataSourceWriter:
        """Return what writes the object: tasks stage files, the commit publishes them."""
        return DaoWriter.planned(
            declarations=self.declarations,
            name=self._name(),
            arguments=self._arguments(),
            schema=schema,
            mode="overwrite" if overwrite else "append",
            time_zone=self.time_zone,
            overwrite_mode=self.overwrite_mode,
        )

    @surfacing
    def streamReader(self, schema: StructType) -> spark_datasource.DataSourceStreamReader:
        """Refuse: streams need the jar."""
        raise needs_the_jar("reading a stream")

    @surfacing
    def streamWriter(self, schema: StructType, overwrite: bool) -> spark_datasource.DataSourceStreamWriter:
        """Refuse: streams need the jar."""
        raise needs_the_jar("writing a stream")

    def _name(self) -> str:
        name = self.options.get("path")
        if not name:
            raise PlanError(
                'expected the name of one object, such as `load("silver.users_clean")`, found '
                f"{'several' if 'paths' in self.options else 'none'}",
                key="path",
            )
        return str(name)

    def _arguments(self) -> dict[str, Any]:
        return {_ARGUMENT_NAMES.get(key, key): value for key, value in self.options.items() if key != "path"}

    def _plan_read(self) -> Any:
        planner = DataAccessObject(dict(self.declarations)).planner
        found = planner.data_object(self._name())
        if not weigh("read", found, {}, kinds=["plan"]) and weigh("read", found, {}, kinds=["direct"]):
            raise named(needs_the_jar("reading rows of an interface class that makes no plans"), found)
        return planner.plan_read(found, **self._arguments())


def make_data_source(
    declarations: Mapping[str, Any],
    *,
    time_zone: str = "UTC",
    local_time_zone: str = "UTC",
    parallelism: int = 0,
    overwrite_mode: str = "static",
) -> type[spark_datasource.DataSource]:
    """Make the data source class of one catalog, for `spark.dataSource.register`.

    Args:
        declarations: The catalog's declarations, with references to secrets left unresolved: the class is pickled.
        time_zone: The session's `spark.sql.session.timeZone`, for text that names no zone.
        local_time_zone: The JVM's default time zone, in which orc keeps timestamps.
        parallelism: How many tasks the session runs at once, 0 where that is not known.
        overwrite_mode: The session's `spark.sql.sources.partitionOverwriteMode`.

    Example:
        >>> make_data_source({"silver": {"interface_class": "S3SparkInterface"}}).name()
        'dao'
    """
    # A class made here is pickled whole, with its catalog; one found by name in a module would lose it.
    return type(
        "DaoCatalogDataSource",
        (DaoDataSource,),
        {
            "__doc__": DaoDataSource.__doc__,
            "declarations": dict(declarations),
            "time_zone": time_zone,
            "local_time_zone": local_time_zone,
            "parallelism": parallelism,
            "overwrite_mode": overwrite_mode.lower(),
        },
    )


def _storage(interface: Any, paths: Sequence[str]) -> FileStorage:
    if not hasattr(interface, "storage") or not paths:
        raise needs_the_jar(f"reading what `{type(interface).__name__}` plans")
    storage: FileStorage = interface.storage(paths[0])
    return storage


def _files(storage: FileStorage, plan: ReadPlan, options: Mapping[str, str]) -> list[DataFile]:
    return discover(
        storage, plan.paths, recursive=is_true(options, "recursivefilelookup"), base_path=options.get("basepath")
    )


def _staging_of(plan: ReadPlan) -> str:
    token = plan.token or {}
    return str(token.get("staging", plan.paths[0] if plan.paths else ""))


@contextmanager
def _naming(data_object: Any) -> Iterator[None]:
    try:
        yield
    except SparkDaoError as error:
        raise named(error, data_object) from None
