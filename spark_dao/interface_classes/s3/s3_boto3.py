"""Objects in S3 as files and bytes, by boto3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple

from spark_dao.data_object import DataObject
from spark_dao.errors import CatalogError, InterfaceError, near_miss
from spark_dao.interface_classes._file_plans import FilePlanner
from spark_dao.interface_classes.s3.settings import S3Settings
from spark_dao.interface_classes.s3.spark import s3_root
from spark_dao.interface_classes.s3.storage import S3Storage
from spark_dao.interface_classes.s3.uploads import Upload, file_name, opened_upload
from spark_dao.plans import FileStorage, Filter, ReadPlan, StagedFile

CHECKSUM = "spark-dao-sha256"
_FILES_SHOWN = 10


class WrittenFile(NamedTuple):
    """One file that was written, or found unchanged.

    Attributes:
        path: Full URI.
        bytes: Size in bytes.
        changed: Whether it was uploaded; False only where `if_changed` found the same content there.
    """

    path: str
    bytes: int
    changed: bool


class S3Boto3Interface:
    """Files of any kind in a bucket, moved by boto3; Spark can read them where the caller names a format.

    An object lies at its `path` or `key`, else at its own name below the store's prefix. A caller's `path` is a URI
    inside the store, or relative to the object; it is taken literally, except where Spark reads.

    Args:
        **default_configs: As `S3Settings` takes them: `bucket`, `prefix`, `endpoint_url`, `region_name`, ….

    Raises:
        pydantic.ValidationError: A setting is unknown, missing or malformed.

    Example:
        >>> S3Boto3Interface(bucket="my-company-bronze")
        S3Boto3Interface(s3a://my-company-bronze)
    """

    settings_model = S3Settings
    uses_s3a = True
    enrichment_exclude: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("path",),
        "write": ("path",),
        "list": ("path",),
        "delete": ("path",),
        "plan_read": ("path", "format"),
    }

    def __init__(self, **default_configs: Any) -> None:
        self.settings = S3Settings(**default_configs)
        self._root = s3_root(self.settings)
        self._storage = S3Storage(self.settings)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings.root})"

    def hadoop_settings(self) -> Mapping[str, str]:
        """Return the Hadoop configuration entries of the bucket, secrets included."""
        return self.settings.hadoop_settings(self.settings.bucket)

    def storage(self, path: str) -> FileStorage:
        """Return the storage that holds a path."""
        return self._storage

    def read(self, data_object: DataObject, *, path: str | None = None) -> bytes:
        """Return the bytes of one file.

        Args:
            data_object: The object.
            path: The file; left out, or a folder with `/` at its end, the only file in there.

        Raises:
            CatalogError: There is no such file.
            InterfaceError: There are several files, or S3 refuses.
            PlanError: The path leads out of the store.
        """
        place = self._root.uri(self._root.resolve(data_object, path))
        is_folder = path is None or path.endswith("/")
        files = self._storage.list_files(place) if is_folder else []
        if len(files) > 1:
            raise _several_files(place, files)
        content = self._storage.read_bytes(files[0].path if files else place)
        if content is None:
            raise self._missing(place)
        return content

    def write(
        self,
        data_object: DataObject,
        *,
        data: bytes | BinaryIO | Path,
        path: str | None = None,
        if_changed: bool = False,
    ) -> WrittenFile:
        """Write one file; it appears only when it is complete.

        Args:
            data_object: The object.
            data: Bytes, a file opened in binary mode, or a path of this machine.
            path: Where to; one that ends with `/` keeps the file's name. Left out: the file's name, in the object.
            if_changed: Leave a file alone that has the same size and SHA-256 checksum, as noted by an earlier write.

        Returns:
            The file's URI and size, and whether it was uploaded.

        Raises:
            InterfaceError: The data has no name and none is given, cannot be read, or S3 refuses.
            PlanError: The path leads out of the store.
        """
        target = self._target(data_object, data, path)
        with opened_upload(data) as upload:
            changed = not (if_changed and self._holds(target, upload))
            if changed:
                self._storage.upload(target, upload.stream, metadata={CHECKSUM: upload.sha256})
            return WrittenFile(target, upload.bytes, changed)

    def list(self, data_object: DataObject, *, path: str | None = None) -> tuple[StagedFile, ...]:
        """List the files of an object, sorted by path.

        Args:
            data_object: The object.
            path: A folder of it, or a file; left out, the whole object.

        Raises:
            InterfaceError: S3 refuses.
            PlanError: The path leads out of the store.
        """
        place = self._root.uri(self._root.resolve(data_object, path))
        files = tuple(self._storage.list_files(place))
        if files:
            return files
        found = self._storage.attributes(place)
        return (StagedFile(place, found.bytes),) if found is not None else ()

    def delete(self, data_object: DataObject, *, path: str) -> int:
        """Delete one file, or every file in a folder.

        Args:
            data_object: The object.
            path: The file, or a folder with `/` at its end.

        Returns:
            How many files were deleted; 0 where there were none, so that a repeated call succeeds.

        Raises:
            InterfaceError: The path is a folder without `/` at its end, or S3 refuses.
            PlanError: The path leads out of the store.
        """
        place = self._root.uri(self._root.resolve(data_object, path))
        if path.endswith("/"):
            paths = [file.path for file in self._storage.list_files(place)]
        elif self._storage.attributes(place) is not None:
            paths = [place]
        elif self._storage.holds_files(place, hidden=True):
            raise InterfaceError(
                f"`{place}` is a folder; end the path with `/` to delete all that is in it", key="path"
            )
        else:
            paths = []
        self._storage.delete_files(paths)
        return len(paths)

    def plan_read(
        self,
        data_object: DataObject,
        *,
        format: str,
        path: str | None = None,
        schema: str | None = None,
        partition_by: Sequence[str] | None = None,
        spark_options: Mapping[str, Any] | None = None,
        columns: Sequence[str] | None = None,
        filters: Sequence[Filter] | None = None,
        **options: Any,
    ) -> ReadPlan:
        """Plan a read of an object's files by Spark, as `S3SparkInterface.plan_read` does.

        All files below the object are read, in folders of any name; with `partition_by`, or with the option
        `recursiveFileLookup` set to false, Spark reads partition folders (`key=value`) instead.

        Args:
            data_object: The object.
            format: Format of the files; never taken from the catalog, so that files stay bytes unless the caller
                says otherwise.
            path: A file, a folder or a glob; left out, the whole object, with all folders in it.
            schema: DDL of the columns; left out, the format infers them.
            partition_by: Partition columns, where the folders are Spark's `column=value`.
            spark_options: Reader options.
            columns: Not needed: Spark prunes columns of files itself.
            filters: Not needed: Spark pushes filters into files itself.
            **options: Further reader options; they win over `spark_options`.

        Raises:
            PlanError: The path leads out of the store, or an option cannot be in a plan.
            CatalogError: There are no files.
            InterfaceError: S3 refuses.
        """
        return FilePlanner(self._root, self._storage).read(
            data_object,
            format_name=format,
            path=path,
            schema=schema,
            partition_by=partition_by,
            spark_options=spark_options,
            options=options,
            # Files are kept as they were delivered, and Spark passes over folders that are no partitions
            # (`PartitioningAwareFileIndex.allFiles`).
            defaults=None if partition_by else {"recursiveFileLookup": True},
        )

    def list_objects(self) -> tuple[str, ...]:
        """List the objects that are there, declared or not: what lies directly below the prefix and has visible files.

        Raises:
            InterfaceError: S3 refuses.
        """
        return tuple(FilePlanner(self._root, self._storage).list_objects())

    def _target(self, data_object: DataObject, data: bytes | BinaryIO | Path, path: str | None) -> str:
        place = self._root.uri(self._root.resolve(data_object, path))
        if path is not None and not path.endswith("/"):
            return place
        name = file_name(data)
        if name is None:
            raise InterfaceError(
                "the data has no file name (bytes, or a stream without `name`); give a `path` that ends with one",
                key="path",
            )
        return self._root.uri(self._root.key_of_uri(f"{place}/{name}"))

    def _holds(self, target: str, upload: Upload) -> bool:
        found = self._storage.attributes(target)
        return found is not None and found.bytes == upload.bytes and found.metadata.get(CHECKSUM) == upload.sha256

    def _missing(self, place: str) -> CatalogError:
        folder, _, name = place.rpartition("/")
        if self._storage.holds_files(place, hidden=True):
            return CatalogError(f"`{place}` is a folder, not a file; end the path with the name of a file in it")
        hint = near_miss(name, self._storage.names_in(folder))
        return CatalogError(f"there is no file `{place}`; write it first, or correct the path{hint}")


def _several_files(place: str, files: Sequence[StagedFile]) -> InterfaceError:
    shown = "".join(f"\n  {file.path} ({file.bytes} bytes)" for file in files[:_FILES_SHOWN])
    more = f"\n  … and {len(files) - _FILES_SHOWN} more" if len(files) > _FILES_SHOWN else ""
    return InterfaceError(
        f"expected one file, found {len(files)} under `{place}`; give the `path` of one, or a `format` to read "
        f"all of them with Spark:{shown}{more}",
        key="path",
    )
