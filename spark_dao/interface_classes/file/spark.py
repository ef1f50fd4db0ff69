"""Objects in any file system of Hadoop's that Spark reads and writes."""

from __future__ import annotations

from typing import Any

from spark_dao.interface_classes._file_plans import FileInterface
from spark_dao.interface_classes.file.settings import FileSettings
from spark_dao.interface_classes.file.storage import storage_of


class FileSparkInterface(FileInterface):
    """Folders of csv, json, parquet, orc, avro, text or binary files, and Delta tables, below a root.

    Args:
        **default_configs: `root`, as `FileSettings` takes it.

    Raises:
        pydantic.ValidationError: The root is missing or malformed, or another setting is given.

    Example:
        >>> FileSparkInterface(root="file:///data/silver")
        FileSparkInterface(file:///data/silver)
    """

    settings_model = FileSettings

    def __init__(self, **default_configs: Any) -> None:
        self.settings = FileSettings(**default_configs)
        super().__init__(self.settings.file_root, storage_of(self.settings.file_root))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings.root})"
