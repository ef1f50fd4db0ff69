"""Objects in S3 that Spark reads and writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_dao.interface_classes._file_plans import FileInterface
from spark_dao.interface_classes._file_root import FileRoot
from spark_dao.interface_classes.s3.settings import S3Settings
from spark_dao.interface_classes.s3.storage import S3Storage


class S3SparkInterface(FileInterface):
    """Folders of csv, json, parquet, orc, avro, text or binary files, and Delta tables, in a bucket.

    Args:
        **default_configs: As `S3Settings` takes them: `bucket`, `prefix`, `endpoint_url`, `region_name`, ….

    Raises:
        pydantic.ValidationError: A setting is unknown, missing or malformed.

    Example:
        >>> S3SparkInterface(bucket="my-company-silver", prefix="datasets")
        S3SparkInterface(s3a://my-company-silver/datasets)
    """

    settings_model = S3Settings
    uses_s3a = True

    def __init__(self, **default_configs: Any) -> None:
        self.settings = S3Settings(**default_configs)
        super().__init__(s3_root(self.settings), S3Storage(self.settings))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings.root})"

    def hadoop_settings(self) -> Mapping[str, str]:
        """Return the Hadoop configuration entries of the bucket, secrets included."""
        return self.settings.hadoop_settings(self.settings.bucket)


def s3_root(settings: S3Settings) -> FileRoot:
    """Return the folder that a store in S3 is confined to; `s3://` means the same as `s3a://`.

    Example:
        >>> s3_root(S3Settings(bucket="my-company-silver", prefix="datasets")).uri("users_clean")
        's3a://my-company-silver/datasets/users_clean'
    """
    return FileRoot("s3a", settings.bucket, settings.prefix, aliases=("s3",))
