"""Writing a DataFrame's files into a staging folder, where no reader sees them."""

from __future__ import annotations

import json
from typing import Any

from spark_dao.core.planner import PlannedWrite
from spark_dao.plans import PLAIN_FILE_FORMATS, FileStorage, StagedFile
from spark_dao.spark.publish_paths import is_visible, relative_to
from spark_dao.spark.running_jvm import can_load
from spark_dao.spark.sessions import is_connect

_IN_THE_JAR = "io.sparkdao.PythonStaging"


def stage_files(
    session: Any, storage: FileStorage, planned: PlannedWrite, data: Any, folder: str, batch_id: str
) -> list[StagedFile]:
    """Write files; what fails is the caller's to clear away.

    With the bridge's jar they are written where they stay. Spark's own committer renames each file twice, and an object
    store copies what it renames (Hadoop's "Committing work to S3 with the S3A Committers").

    Args:
        session: The session.
        storage: The storage that holds the folder.
        planned: The plan whose format, options and partitioning are meant.
        data: The DataFrame.
        folder: URI of a folder that nobody else writes to.
        batch_id: What the files' names carry, where the jar makes them.

    Returns:
        The files of all tasks that were committed.
    """
    plan = planned.plan
    if not is_connect(session) and plan.format in PLAIN_FILE_FORMATS and can_load(session._jvm, _IN_THE_JAR):
        staging = session._jvm.io.sparkdao.PythonStaging
        options, name = dict(plan.options), planned.data_object.full_name
        staged = staging.stage(data._jdf, name, plan.format, options, list(plan.partition_by), folder, batch_id)
        return [StagedFile(f"{folder.rstrip('/')}/{path}", size) for path, size in json.loads(staged)]
    save(planned, data, folder, "errorifexists")
    return [file for file in storage.list_files(folder) if is_visible(relative_to(folder, file.path))]


def save(planned: PlannedWrite, data: Any, path: str, mode: str) -> None:
    """Write a DataFrame with Spark's own writer."""
    plan = planned.plan
    writer = data.write.format(plan.format).mode(mode).options(**plan.options)
    if plan.partition_by:
        writer = writer.partitionBy(*plan.partition_by)
    writer.save(path)
