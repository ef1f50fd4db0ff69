"""Reading an object's files by Spark, and what Spark then knows of them: their names and columns."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from spark_dao.core.existing import existing_data
from spark_dao.core.planner import PlannedRead, PlannedWrite
from spark_dao.errors import PlanError
from spark_dao.plans import PLAIN_FILE_FORMATS, ReadPlan
from spark_dao.spark.appended_columns import ObjectColumns, checked_partitions, columns_of, tells_partitions
from spark_dao.spark.data_source.globs import expand, no_match
from spark_dao.spark.data_source.refusals import is_true
from spark_dao.spark.foreign_files import refuse_foreign_files
from spark_dao.spark.publish_paths import is_visible, relative_to
from spark_dao.spark.sessions import is_connect


def load(session: Any, plan: ReadPlan, paths: Sequence[str]) -> Any:
    """Return the DataFrame of some paths, read as a plan says."""
    reader = session.read.format(plan.format).options(**plan.options)
    if plan.schema is not None:
        reader = reader.schema(plan.schema)
    return reader.load(list(paths)) if paths else reader.load()


def read_files(session: Any, planned: PlannedRead) -> Any:
    """Return the DataFrame that a plan describes, if all its files are of its format.

    Raises:
        PlanError: There are files of another format, no file fits the pattern, or the session lacks Delta.
    """
    plan = planned.plan
    try:
        frame = load(session, plan, plan.paths)
    except Exception as error:
        _explain(planned, error)
        raise
    if plan.format in PLAIN_FILE_FORMATS and plan.paths:
        refuse_foreign_files(plan.format, _files_of(session, frame))
    return frame


def fitted_to_files(session: Any, planned: PlannedWrite, data: Any) -> PlannedWrite:
    """Check a DataFrame that is added to files against their columns; keep to the partitions that there are.

    Raises:
        PlanError: The data has other columns, or would be partitioned otherwise.
    """
    plan = planned.plan
    existing = existing_data(planned.data_object, plan.path)
    if existing is None or existing.plan.format == "delta":
        return planned
    known = _columns(session, existing)
    if known is None:
        return planned
    said = () if plan.partition_by == existing.plan.partition_by else plan.partition_by
    partition_by = checked_partitions(known, said, columns_of(data.schema))
    return dataclasses.replace(planned, plan=dataclasses.replace(plan, partition_by=partition_by))


def _explain(planned: PlannedRead, error: Exception) -> None:
    plan = planned.plan
    condition = getattr(error, "getCondition", lambda: None)()
    if condition == "PATH_NOT_FOUND":
        raise no_match(plan.paths[0]) from None
    if condition == "DATA_SOURCE_NOT_FOUND" and plan.format == "delta":
        raise PlanError(
            "it is a Delta table, and the Spark session lacks Delta's package; declare an object with `format: delta` "
            "and start the session with `spark_dao.configure(builder, catalog=…)`, or add "
            "`io.delta:delta-spark_4.2_2.13` to spark.jars.packages"
        ) from None
    is_filtered = any(name.lower() == "pathglobfilter" for name in plan.options)
    if plan.format in PLAIN_FILE_FORMATS and hasattr(planned.interface, "storage") and not is_filtered:
        for path in plan.paths:
            for root, files in expand(planned.interface.storage(path), path):
                inside = (file.path for file in files if file.path == root or is_visible(relative_to(root, file.path)))
                refuse_foreign_files(plan.format, inside)


def _columns(session: Any, existing: PlannedRead) -> ObjectColumns | None:
    plan = existing.plan
    if plan.schema is None and plan.format == "json":
        # Only reading every row would tell; where there is no file yet, below, nothing would.
        return None
    partition_by = list(plan.partition_by)
    columns = columns_of(session.createDataFrame([], plan.schema).schema) if plan.schema else []
    if not tells_partitions(columns, partition_by):
        frame = load(session, plan, plan.paths)
        columns = columns_of(frame.schema)
        files = _files_of(session, frame)
        if not files:
            return None
        partition_by = _partitions_of(files[0], plan.paths[0], [name for name, _ in columns])
    options = {name.lower(): value for name, value in plan.options.items()}
    return ObjectColumns(
        format=plan.format,
        columns=columns,
        partition_by=partition_by,
        declared=plan.schema is not None,
        merging=is_true(options, "mergeschema"),
    )


def _files_of(session: Any, frame: Any) -> list[str]:
    # Spark has listed them already.
    if is_connect(session):
        found = frame.inputFiles()
    else:
        # One answer for all: py4j would ask for each file by itself.
        mapper = session._jvm.com.fasterxml.jackson.databind.ObjectMapper()
        found = json.loads(mapper.writeValueAsString(frame._jdf.inputFiles()))
    return [unquote(file) for file in found]


def _partitions_of(file: str, folder: str, columns: Sequence[str]) -> list[str]:
    names = {name.lower(): name for name in columns}
    levels = [unquote(level.partition("=")[0]).lower() for level in relative_to(folder, file).split("/")[:-1]]
    return [names[level] for level in levels if level in names]
