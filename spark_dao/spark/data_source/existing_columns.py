"""The columns of an object that a write adds to, as far as they can be known without Spark's readers."""

from __future__ import annotations

import re

from spark_dao.core.existing import existing_data
from spark_dao.data_object import DataObject
from spark_dao.plans import WritePlan
from spark_dao.spark.appended_columns import ObjectColumns, columns_of, tells_partitions
from spark_dao.spark.data_source.columns import declared_columns
from spark_dao.spark.data_source.discovery import discover, partition_columns
from spark_dao.spark.data_source.inference import infer_columns
from spark_dao.spark.data_source.refusals import checked_options, is_true
from spark_dao.spark.data_source.text import TextFormat
from spark_dao.spark.data_source.type_texts import simple_type


def existing_columns(data_object: DataObject, plan: WritePlan, time_zone: str) -> ObjectColumns | None:
    """Find the columns of the object that a plan adds to.

    Args:
        data_object: The object.
        plan: The plan of the write.
        time_zone: Name of the session's time zone.

    Returns:
        The columns; None where there are none yet, or only reading every row would tell.

    Raises:
        SparkDaoError: The store cannot be reached, or the files can be read with the jar only.
    """
    existing = existing_data(data_object, plan.path)
    if existing is None:
        return None
    read = existing.plan
    if read.schema is None and read.format == "json":
        return None
    options = checked_options(read.format, read.options, writing=False)
    columns = [] if read.schema is None else [(name, _type_of(text)) for name, text in declared_columns(read.schema)]
    partition_by = list(read.partition_by)
    if not tells_partitions(columns, partition_by):
        storage = existing.interface.storage(plan.path)
        files = discover(storage, read.paths)
        partition_by = list(partition_columns(files))
        if read.schema is None:
            inferred = infer_columns(storage, files, read.format, TextFormat(read.format, options, time_zone))
            columns = list(columns_of(inferred))
    return ObjectColumns(
        format=read.format,
        columns=columns,
        partition_by=partition_by,
        declared=read.schema is not None,
        merging=is_true(options, "mergeschema"),
    )


def _type_of(definition: str) -> str:
    return simple_type(re.sub(r"^(`(?:[^`]|``)+`|[^\s:`]+)\s*:?", "", definition))
