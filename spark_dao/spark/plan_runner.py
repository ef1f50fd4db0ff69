"""Carrying plans out on a Spark session: the engine behind `dao.read` and `dao.write`."""

from __future__ import annotations

import atexit
import dataclasses
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, cast

from spark_dao.catalog import CatalogSource
from spark_dao.core.planner import PlannedRead, PlannedWrite, named_errors
from spark_dao.errors import PlanError, SparkDaoError
from spark_dao.plans import PLAIN_FILE_FORMATS, FileStorage, Filter, StagedFile, Token
from spark_dao.spark.delta_merge import merge_into_delta
from spark_dao.spark.hadoop_settings import apply_hadoop_settings
from spark_dao.spark.narrowing import narrowed
from spark_dao.spark.object_files import fitted_to_files, load, read_files
from spark_dao.spark.publish import (
    abort,
    empty_partition_folder,
    has_visible_files,
    new_batch_id,
    publish,
    recover,
    stage_folder,
)
from spark_dao.spark.publish_batches import drop_attempts, is_published, named_batch_id
from spark_dao.spark.sessions import find_session, is_connect, session_conf
from spark_dao.spark.staged_files import save, stage_files

_log = logging.getLogger(__name__)
_OVERWRITE_MODE = "partitionOverwriteMode"


class SparkEngine:
    """Carries plans out on one session.

    Args:
        spark: The caller's session, None to find or make one when first needed.
        sources: The catalog's sources, which a new session is configured for.
    """

    def __init__(self, spark: Any, sources: CatalogSource | Sequence[CatalogSource] | None) -> None:
        self._spark = spark
        self._sources = sources

    def session(self) -> Any:
        """Return the session in use: the one given, the active one, or a new one."""
        return find_session(self._spark, self._sources)

    def session_conf(self) -> Mapping[str, str]:
        """Return the conf of the session."""
        return session_conf(self.session())

    def read(
        self, planned: PlannedRead, columns: Sequence[str] | None = None, filters: Sequence[Filter] | None = None
    ) -> Any:
        """Return the DataFrame that a plan describes; its plan is that of the direct read.

        Args:
            planned: The plan.
            columns: Names of the wanted columns, None for all.
            filters: Conditions that the wanted rows fulfil.

        Raises:
            SparkDaoError: The store cannot be reached, or what the plan names is not there.
        """
        with named_errors(planned.data_object):
            return narrowed(self._read_whole(planned), columns, filters)

    def _read_whole(self, planned: PlannedRead) -> Any:
        session, plan = self.session(), planned.plan
        apply_hadoop_settings(session, planned.interface)
        if plan.token is None:
            return read_files(session, planned)
        paths = [file.path for file in _staged(planned.interface, plan.token)]
        return load(session, plan, paths) if paths else session.createDataFrame([], plan.schema)

    def write(self, planned: PlannedWrite, data: Any) -> int | None:
        """Write a DataFrame as a plan says; what fails leaves the old data.

        Returns:
            The number of rows, where the store tells.

        Raises:
            SparkDaoError: The object exists and may not, the store cannot be reached, or the commit failed.
        """
        session, plan = self.session(), planned.plan
        with named_errors(planned.data_object), _described(session, f"dao.write {planned.data_object.full_name}"):
            apply_hadoop_settings(session, planned.interface)
            if plan.token is not None:
                return 0 if plan.token.get("skip") else _write_staged(session, planned, plan.token, data)
            if plan.merge_keys:
                merge_into_delta(session, plan, data)
            elif plan.format in PLAIN_FILE_FORMATS and hasattr(planned.interface, "storage"):
                planned = fitted_to_files(session, planned, data) if plan.mode == "append" else planned
                _write_files(planned.interface.storage(plan.path), planned, data, session)
            else:
                save(planned, data, plan.path, plan.mode)
        return None


def _write_files(storage: FileStorage, planned: PlannedWrite, data: Any, session: Any) -> None:
    plan = planned.plan
    recover(storage, plan.path)
    batch_id = new_batch_id()
    if plan.batch_id is not None:
        batch_id = named_batch_id(plan.batch_id)
        drop_attempts(storage, plan.path, batch_id)
        if is_published(storage, plan.path, batch_id):
            return
    if plan.mode in {"ignore", "errorifexists"} and has_visible_files(storage, plan.path):
        if plan.mode == "ignore":
            return
        raise PlanError(
            f"there is data in {plan.path} already; say mode `append` or `overwrite` to add to it or replace it",
            key="mode",
        )
    mode: Literal["append", "overwrite"] = "overwrite" if plan.mode == "overwrite" else "append"
    staging = stage_folder(plan.path, batch_id)
    try:
        files = stage_files(session, storage, planned, data, staging, batch_id)
        dynamic = bool(plan.partition_by) and _is_dynamic(plan.options, session)
        is_emptied = bool(plan.partition_by) and not dynamic and not files
        if is_emptied and (mode == "overwrite" or not has_visible_files(storage, plan.path)):
            # One empty file, since what has no file has no schema.
            folder = f"{staging}/{empty_partition_folder(plan.partition_by)}"
            whole = dataclasses.replace(planned, plan=dataclasses.replace(plan, partition_by=()))
            files = stage_files(session, storage, whole, data.limit(0).drop(*plan.partition_by), folder, batch_id)
    except BaseException:
        abort(storage, plan.path, batch_id)
        raise
    publish(storage, plan.path, batch_id, mode, dynamic=dynamic, files=[file.path for file in files])


def _is_dynamic(options: Mapping[str, str], session: Any) -> bool:
    said = next((value for key, value in options.items() if key.lower() == _OVERWRITE_MODE.lower()), None)
    return cast("str", said or session.conf.get(f"spark.sql.sources.{_OVERWRITE_MODE}", "static")).lower() == "dynamic"


def _write_staged(session: Any, planned: PlannedWrite, token: Token, data: Any) -> int | None:
    plan, interface = planned.plan, planned.interface
    try:
        files = stage_files(session, interface.storage(plan.path), planned, data, plan.path, new_batch_id())
    except BaseException:
        interface.abort_write(token)
        raise
    rows: int | None = interface.commit_write(token, files)
    return rows


def _staged(interface: Any, token: Token) -> list[StagedFile]:
    staged: list[StagedFile] = interface.stage_read(token, None, None)
    # A DataFrame is lazy and may be read until the application ends.
    atexit.register(_release, interface, token)
    return staged


def _release(interface: Any, token: Token) -> None:
    try:
        interface.release_read(token)
    except SparkDaoError as error:
        # The rows were delivered; what stays behind is swept by age.
        _log.warning("staged rows were not removed: %s", error)


@contextmanager
def _described(session: Any, description: str) -> Iterator[None]:
    if is_connect(session):
        yield
        return
    context = session.sparkContext
    before = context.getLocalProperty("spark.job.description")
    context.setJobDescription(description)
    try:
        yield
    finally:
        context.setJobDescription(before)
