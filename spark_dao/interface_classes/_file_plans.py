"""Plans for objects that are folders of files, whatever the storage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Protocol

from spark_dao.data_object import DataObject
from spark_dao.errors import CatalogError, PlanError, near_miss
from spark_dao.interface_classes._file_options import batch_options, checked_format, read_options, write_options
from spark_dao.interface_classes._file_root import FileRoot, refuse_glob
from spark_dao.interface_classes._keys import before_glob, has_glob, is_hidden
from spark_dao.interface_classes._merge_keys import merge_keys
from spark_dao.plans import FileStorage, Filter, ReadPlan, SchemaField, WritePlan

_DEFAULT_FORMAT = "parquet"
_DELTA_LOG = "_delta_log"
_MODES = {"append": "append", "overwrite": "overwrite", "ignore": "ignore", "errorifexists": "errorifexists"}
_MODES |= {"error": "errorifexists", "default": "errorifexists"}


class BrowsableStorage(FileStorage, Protocol):
    """A storage that can also be asked what is there.

    Attributes:
        questions_at_once: How many threads are worth asking it: more than one where answers come over a network.
    """

    questions_at_once: ClassVar[int]

    def holds_files(self, path: str, *, hidden: bool = False) -> bool:
        """Tell whether a path is a file, or a folder with files in it; hidden ones count where that is said."""

    def names_in(self, folder: str) -> list[str]:
        """List the names of the files and folders directly in a folder."""


class FilePlanner:
    """Makes plans for the objects below one root.

    Args:
        root: The store's folder.
        storage: The storage that holds it.
    """

    def __init__(self, root: FileRoot, storage: BrowsableStorage) -> None:
        self.root = root
        self.storage = storage

    def read(
        self,
        data_object: DataObject,
        *,
        format_name: str,
        path: str | None = None,
        schema: str | None = None,
        partition_by: Sequence[str] | None = None,
        spark_options: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> ReadPlan:
        """Plan a read; see `FileInterface.plan_read`; `defaults` are options below all others."""
        location = self.root.location(data_object)
        key = self.root.resolve(data_object, path)
        format_name = self._found_format(data_object, checked_format(format_name), key)
        merged = read_options(format_name, defaults, spark_options, options)
        if format_name == "delta" and schema == data_object.get("schema"):
            # Delta knows its columns itself, and refuses a schema that has them in another order.
            schema = None
        is_slip = key == location and not data_object.declared
        known = data_object.data_store.declared_objects if is_slip else ()
        self._require_files(key, known, hidden=schema is not None or format_name == "delta")
        if _is_part_of(key, location) and partition_by and format_name != "delta" and "basepath" not in _folded(merged):
            # Without it Spark takes the part for the whole, and its partition columns would be missing or null.
            merged["basePath"] = self.root.uri(location)
        return ReadPlan(
            format=format_name,
            paths=(self.root.glob_uri(key),),
            options=merged,
            schema=schema,
            partition_by=tuple(partition_by or ()),
        )

    def write(
        self,
        data_object: DataObject,
        *,
        schema: Sequence[SchemaField],
        mode: str,
        format_name: str,
        path: str | None = None,
        partition_by: Sequence[str] | None = None,
        batch_id: str | None = None,
        operation: str | None = None,
        primary_keys: Sequence[str] | None = None,
        spark_options: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> WritePlan:
        """Plan a write; see `FileInterface.plan_write`."""
        format_name = checked_format(format_name)
        if format_name == "binaryFile":
            raise PlanError("Spark reads the format `binaryFile` but cannot write it; use another", key="format")
        if mode.lower() not in _MODES:
            raise PlanError(f"unknown write mode `{mode}`{near_miss(mode, _MODES)}", key="mode")
        columns = [field.name for field in schema]
        known = {column.lower() for column in columns}
        for column in partition_by or ():
            if column.lower() not in known:
                raise PlanError(
                    f"the data has no column `{column}` to partition by{near_miss(column, columns)}",
                    key="partition_by",
                )
        key = refuse_glob(self.root.resolve(data_object, path))
        format_name = self._found_format(data_object, format_name, key)
        if format_name == "delta":
            # Plain files are listed before they are written; Delta would answer a wrong store with its own stack.
            self.storage.holds_files(self.root.uri(key), hidden=True)
        merged = write_options(format_name, spark_options, options)
        if batch_id is not None:
            merged |= batch_options(format_name, batch_id)
        return WritePlan(
            format=format_name,
            path=self.root.uri(key),
            mode=_MODES[mode.lower()],
            options=merged,
            partition_by=tuple(partition_by or ()),
            batch_id=None if format_name == "delta" else batch_id,
            merge_keys=merge_keys(format_name, operation, primary_keys, columns, batch_id),
        )

    def list_objects(self) -> list[str]:
        """List the names directly below the root that readers see files under."""
        names = [name for name in self.storage.names_in(self.root.uri()) if not is_hidden(name)]
        # One thread is slower than none where each answer takes microseconds.
        at_once = self.storage.questions_at_once
        with ThreadPoolExecutor(at_once) as threads:
            found = (threads.map if at_once > 1 else map)(self._holds_files, names)
            return [name for name, holds in zip(names, found, strict=True) if holds]

    def _holds_files(self, name: str) -> bool:
        return self.storage.holds_files(self.root.uri(name))

    def _found_format(self, data_object: DataObject, format_name: str, key: str) -> str:
        """Take a folder with Delta's log for Delta where nobody says a format but the store; any other costs a look."""
        default = data_object.data_store.properties.get("format") or _DEFAULT_FORMAT
        if data_object.declared or data_object.get("format") or format_name != default or has_glob(key):
            return format_name
        log = self.root.uri(f"{key}/{_DELTA_LOG}")
        return "delta" if self.storage.holds_files(log, hidden=True) else format_name

    def _require_files(self, key: str, known: Iterable[str], *, hidden: bool) -> None:
        literal = before_glob(key)
        if self.storage.holds_files(self.root.uri(literal), hidden=hidden):
            return
        parent, _, name = literal.rpartition("/")
        hint = near_miss(name, {*known, *self.storage.names_in(self.root.uri(parent))} - {name}) if name else ""
        raise CatalogError(
            f"no files under `{self.root.uri(key)}`; write the object first, or correct its path or name"
            f"{hint if 'did you mean' in hint else ''}"
        )


class FileInterface:
    """Base of the interface classes whose objects are folders of files that Spark reads and writes.

    An object lies at its `path` (a URI inside the store) or `key` (relative to the store), else at its own name below
    the store's root. A caller's `path` is a URI inside the store, or relative to the object; for reads it may be a
    file, a folder or a glob. Nothing leads out of the store.

    Args:
        root: The store's folder.
        storage: The storage that holds it.
    """

    enrichment_exclude: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "plan_read": ("path",),
        "plan_write": ("path", "schema", "mode", "batch_id", "operation"),
    }

    def __init__(self, root: FileRoot, storage: BrowsableStorage) -> None:
        self._planner = FilePlanner(root, storage)

    def plan_read(
        self,
        data_object: DataObject,
        *,
        format: str = _DEFAULT_FORMAT,
        path: str | None = None,
        schema: str | None = None,
        partition_by: Sequence[str] | None = None,
        spark_options: Mapping[str, Any] | None = None,
        columns: Sequence[str] | None = None,
        filters: Sequence[Filter] | None = None,
        **options: Any,
    ) -> ReadPlan:
        """Plan a read of an object's files.

        Args:
            data_object: The object.
            format: `parquet`, `csv`, `json`, `orc`, `avro`, `text`, `binaryFile`, `delta` or another Spark format.
                csv has `header=true` unless said otherwise. The folder of an object that nobody declared is
                read as Delta where it has Delta's log, unless another format than the store's is asked for.
            path: What to read instead of the whole object: a URI inside the store, or relative to the object; a
                file, a folder or a glob.
            schema: DDL of the columns; left out, the format infers them.
            partition_by: Partition columns; with them, a `path` to a part of the object keeps their values.
            spark_options: Reader options.
            columns: Not needed: Spark prunes columns of files itself.
            filters: Not needed: Spark pushes filters into files itself.
            **options: Further reader options; they win over `spark_options`.

        Raises:
            PlanError: A path leads out of the store, or an option cannot be in a plan.
            CatalogError: There are no files.
            InterfaceError: The storage cannot be reached.
        """
        return self._planner.read(
            data_object,
            format_name=format,
            path=path,
            schema=schema,
            partition_by=partition_by,
            spark_options=spark_options,
            options=options,
        )

    def plan_write(
        self,
        data_object: DataObject,
        *,
        schema: Sequence[SchemaField],
        mode: str,
        format: str = _DEFAULT_FORMAT,
        path: str | None = None,
        partition_by: Sequence[str] | None = None,
        batch_id: str | None = None,
        operation: str | None = None,
        primary_keys: Sequence[str] | None = None,
        spark_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> WritePlan:
        """Plan a write of an object's files.

        Args:
            data_object: The object.
            schema: Columns of the data.
            mode: `append`, `overwrite`, `ignore`, `errorifexists` or `error`.
            format: As for `plan_read`.
            path: Where to write instead of the object's own location: a folder inside the store.
            partition_by: Columns of the data that become folders.
            batch_id: The caller's name for this batch: while its files are there, it is not written again, so a job
                that was killed can be run again. Delta remembers it for as long as it remembers its transactions.
            operation: `upsert`, which Delta alone can do: rows whose key is there replace it, the others are added.
            primary_keys: Columns that tell rows apart, for `operation`.
            spark_options: Writer options.
            **options: Further writer options; they win over `spark_options`.

        Raises:
            PlanError: A path leads out of the store, a partition column is missing, the mode is unknown, or an
                option cannot be in a plan.
        """
        return self._planner.write(
            data_object,
            schema=schema,
            mode=mode,
            format_name=format,
            path=path,
            partition_by=partition_by,
            batch_id=batch_id,
            operation=operation,
            primary_keys=primary_keys,
            spark_options=spark_options,
            options=options,
        )

    def list_objects(self) -> list[str]:
        """List the objects that are there, declared or not: the folders of the root that have visible files.

        Raises:
            InterfaceError: The storage cannot be reached.
        """
        return self._planner.list_objects()

    def storage(self, path: str) -> FileStorage:
        """Return the storage that holds a path."""
        return self._planner.storage


def _is_part_of(key: str, location: str) -> bool:
    return not has_glob(location) and key.startswith(f"{location}/")


def _folded(options: Mapping[str, str]) -> set[str]:
    return {name.lower() for name in options}
