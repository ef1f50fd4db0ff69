"""The columns of files that nobody declared, as Spark would infer them."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql.types import StructType

from spark_dao.errors import PlanError
from spark_dao.plans import FileStorage
from spark_dao.spark.data_source.columnar import infer_schema
from spark_dao.spark.data_source.discovery import DataFile
from spark_dao.spark.data_source.refusals import is_true, needs_the_jar
from spark_dao.spark.data_source.text import TextFormat


def infer_columns(storage: FileStorage, files: Sequence[DataFile], format_name: str, text: TextFormat) -> StructType:
    """Infer the columns inside the files.

    Args:
        storage: The storage that holds them.
        files: The object's files.
        format_name: Their format.
        text: How csv and JSON are read.

    Raises:
        PlanError: There is no file to infer from, or only Spark's own inference could say.
    """
    filled = [file for file in files if file.bytes > 0]
    if not filled:
        raise PlanError("there are no files to infer the columns from; declare `schema`", key="schema")
    if format_name == "csv":
        if is_true(text.options, "inferschema"):
            raise needs_the_jar("`inferSchema` (or declare `schema`)", key="inferSchema")
        from spark_dao.spark.data_source.csv_reading import header_columns

        return header_columns(storage, filled[0].path, text)
    if format_name == "json":
        from spark_dao.spark.data_source.json_inference import infer_json_columns

        return infer_json_columns(storage, [file.path for file in filled])
    return infer_schema(storage, filled[0].path, format_name)
