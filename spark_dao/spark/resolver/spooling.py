"""Reads of interfaces without a plan: their rows are spooled to Parquet where executors can read them."""

from __future__ import annotations

import dataclasses
import posixpath
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from spark_dao.core.planner import Planner, call, named_errors
from spark_dao.core.router import Fit, route
from spark_dao.data_object import DataObject
from spark_dao.errors import InterfaceError, PlanError, near_miss
from spark_dao.interface_classes.file.settings import FileSettings
from spark_dao.interface_classes.file.storage import storage_of
from spark_dao.interface_classes.temporary_folders import fresh_folder
from spark_dao.plans import FileStorage, Filter, ReadPlan, StagedFile, Token
from spark_dao.spark.resolver.arrow_types import spark_ddl
from spark_dao.spark.resolver.batches import Batches, as_batches
from spark_dao.spark.resolver.protocol import LongWork

if TYPE_CHECKING:
    import pyarrow

_SCHEMES_OF_S3 = ("s3://", "s3a://")


class Spool(NamedTuple):
    """Where a store's rows are spooled.

    Attributes:
        folder: URI of the store's `spool_dir`.
        storage: Reaches it.
        hadoop: Hadoop configuration entries with which Spark reaches it.
    """

    folder: str
    storage: FileStorage
    hadoop: Mapping[str, str]


def plan_spooled_read(
    planner: Planner, data_object: DataObject, arguments: Mapping[str, Any], *, may_take_long: bool = False
) -> tuple[ReadPlan, Any, dict[str, str]]:
    """Plan a read whose rows are produced by a `read` method.

    The declared `schema` says the columns; where none is declared the first batch has to be looked at.

    Args:
        planner: The catalog.
        data_object: The object.
        arguments: What the caller said.
        may_take_long: Whether user code may be called here.

    Returns:
        The plan, the interface, and the Hadoop configuration entries for the spooled files.

    Raises:
        LongWork: User code must be called and may not be.
        PlanError: The store has no usable `spool_dir`.
    """
    fit, declared = _route(data_object, arguments), data_object.get("schema") or arguments.get("schema")
    with named_errors(data_object):
        spool = spool_of(planner, data_object)
        if declared is None and not may_take_long:
            raise LongWork
        schema = declared or _schema_by_looking(fit, data_object)
    token = {"spool": fresh_folder(spool.folder.rstrip("/"), "read"), "arguments": dict(arguments)}
    return ReadPlan(format="parquet", schema=schema, token=token), fit.candidate.interface, dict(spool.hadoop)


def spool_rows(
    planner: Planner,
    data_object: DataObject,
    token: Token,
    columns: Sequence[str] | None,
    filters: Sequence[Filter] | None,
) -> list[StagedFile]:
    """Call the `read` method and write its rows to a folder of their own.

    A method that takes `columns` or `filters` gets them; Spark evaluates all filters again.

    Returns:
        The files; none where there are no rows.

    Raises:
        InterfaceError: The method failed, or returned no rows.
        PlanError: The store has no usable `spool_dir`.
    """
    fit = _route(data_object, token["arguments"])
    for name, value in (("columns", columns), ("filters", filters)):
        if value is not None and name in fit.candidate.signature.parameters:
            fit = dataclasses.replace(fit, arguments={**fit.arguments, name: value})
    with named_errors(data_object), _closing(fit, data_object) as rows:
        spool = spool_of(planner, data_object)
        if rows.schema is None:
            return []
        folder = posixpath.join(_owned(spool, token["spool"]), uuid.uuid4().hex)
        file = posixpath.join(folder, "part-00000.parquet")
        try:
            count = _write(spool.storage, file, rows.batches, _wanted(rows.schema, columns))
        except BaseException:
            spool.storage.delete_files([file])
            raise
        return [found._replace(rows=count) for found in spool.storage.list_files(folder)] if count else []


def clear_spool(planner: Planner, data_object: DataObject, token: Token, folder: str | None) -> None:
    """Remove what a read spooled; calling it again does nothing."""
    with named_errors(data_object):
        spool = spool_of(planner, data_object)
        files = spool.storage.list_files(_owned(spool, folder or token["spool"]))
        spool.storage.delete_files([file.path for file in files])


def spool_of(planner: Planner, data_object: DataObject) -> Spool:
    """Find out where the rows of an object's store are spooled; see `spool_of_store`."""
    return spool_of_store(planner, data_object.data_store.name)


def spool_of_store(planner: Planner, name: str) -> Spool:
    """Find out where a store's rows are spooled.

    Raises:
        PlanError: The store has no `spool_dir`, or one in S3 that lies in no store of the catalog.
    """
    stores = planner.stores
    said = stores[name].declaration.spool_dir
    if said is None:
        raise PlanError(
            "the interface makes no plans, so its rows must be spooled where Spark's executors can read them; "
            "declare `spool_dir` in the store",
            key="spool_dir",
        )
    if not said.startswith(_SCHEMES_OF_S3):
        root = FileSettings(root=said).file_root
        return Spool(root.uri(), storage_of(root), {})
    folder = f"s3a://{said.partition('://')[2].rstrip('/')}"
    for store in stores.values():
        for interface_class, interface in zip(store.interface_classes, _built(store, folder), strict=True):
            if interface is not None and hasattr(interface_class, "storage"):
                return Spool(folder, interface.storage(folder), interface.hadoop_settings())
    raise PlanError(
        f"`{said}` lies in no store of the catalog, so nothing says how to reach it; declare a store in that bucket",
        key="spool_dir",
    )


def _built(store: Any, folder: str) -> list[Any]:
    bucket = folder.removeprefix("s3a://").partition("/")[0]
    if not any(each.default_configs.get("bucket") == bucket for each in store.interface_declarations):
        return [None for _ in store.interface_declarations]
    return [
        interface
        if f"{folder}/".startswith(f"{getattr(getattr(interface, 'settings', None), 'root', None)}/")
        else None
        for interface in store.interfaces
    ]


def _route(data_object: DataObject, arguments: Mapping[str, Any]) -> Fit:
    wanted = {name: value for name, value in arguments.items() if name not in {"interface_class", "schema"}}
    return route("read", data_object, wanted, interface_class=arguments.get("interface_class"), kinds=["direct"])


def _schema_by_looking(fit: Fit, data_object: DataObject) -> str:
    with _closing(fit, data_object) as rows:
        if rows.schema is None:
            raise InterfaceError(
                f"`{fit.candidate.label}` has no rows that would say the columns; declare `schema`", key="schema"
            )
        return spark_ddl(rows.schema)


@contextmanager
def _closing(fit: Fit, data_object: DataObject) -> Iterator[Batches]:
    answer = call(fit, fit.arguments, data_object)
    try:
        yield as_batches(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()


def _wanted(schema: pyarrow.Schema, columns: Sequence[str] | None) -> pyarrow.Schema:
    import pyarrow

    if not columns:
        # None at all is a count, which needs the rows of one column.
        return schema if columns is None else pyarrow.schema(list(schema)[:1])
    folded = {field.name.lower(): field for field in reversed(list(schema))}
    for column in columns:
        if column.lower() not in folded:
            raise PlanError(f"the rows have no column `{column}`{near_miss(column, schema.names)}", key="columns")
    return pyarrow.schema([folded[column.lower()] for column in columns])


def _write(storage: FileStorage, file: str, batches: Iterable[pyarrow.RecordBatch], schema: pyarrow.Schema) -> int:
    from pyarrow import parquet

    spark_ddl(schema)  # What Spark could not read back is refused before it is written.
    place = storage.arrow_path(file)
    if file.startswith("file:"):
        Path(place).parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with parquet.ParquetWriter(place, schema, filesystem=storage.arrow_filesystem(), coerce_timestamps="us") as writer:
        for batch in batches:
            writer.write_batch(batch.select(schema.names))
            count += batch.num_rows
    return count


def _owned(spool: Spool, folder: str) -> str:
    if not folder.startswith(f"{spool.folder.rstrip('/')}/read-") or ".." in folder.split("/"):
        raise PlanError(f"`{folder}` is not a spooled read below `{spool.folder}`")
    return folder
