"""The storage that reaches a root: this machine's own files directly, everything else by pyarrow."""

from __future__ import annotations

from spark_dao.interface_classes._file_plans import BrowsableStorage
from spark_dao.interface_classes._file_root import FileRoot
from spark_dao.interface_classes.file.arrow_storage import ArrowStorage
from spark_dao.interface_classes.file.local_storage import LocalStorage


def storage_of(root: FileRoot) -> BrowsableStorage:
    """Return the storage of a root.

    Example:
        >>> storage_of(FileRoot("file", "", "data"))
        LocalStorage('file:///data')
    """
    return LocalStorage(root.uri()) if root.scheme == "file" else ArrowStorage(root.uri())
