"""What the tests of RedshiftSparkInterface share: staging by pyarrow, committing, reading back, plain SQL."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.plans import Filter, SchemaField, StagedFile, WritePlan

ROLE = "arn:aws:iam::000000000000:role/spark-dao-local"
USERS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["ann", "bob"]})
USERS_SCHEMA = (SchemaField("id", "long"), SchemaField("name", "string"))
MORE_USERS = pa.table({"id": pa.array([3], pa.int64()), "name": ["cy"]})


class Thing:
    """A data object, as far as the interface looks at it."""

    def __init__(self, name: str) -> None:
        self.name = name


def configs(environment: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    given = {
        "host": environment["SPARK_DAO_LOCAL_WAREHOUSE_HOST"],
        "port": environment["SPARK_DAO_LOCAL_WAREHOUSE_PORT"],
        "user": environment["SPARK_DAO_LOCAL_WAREHOUSE_USER"],
        "password": environment["SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD"],
        "database": environment["SPARK_DAO_LOCAL_WAREHOUSE_DATABASE"],
        "ssl": False,
        "s3_temp_dir": f"s3://spark-dao-temp/tables-{uuid.uuid4().hex}/",
        "iam_role_arn": ROLE,
        "endpoint_url": environment["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": environment["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }
    return {**given, **changes}


def sql(gold: RedshiftSparkInterface, statement: str) -> list[tuple[Any, ...]]:
    with connected(gold.settings) as session:
        rows = session.execute(statement)
        session.commit()
    return rows


def name_of(thing: Thing) -> str:
    return TableName("public", thing.name).sql


def stage(gold: RedshiftSparkInterface, plan: WritePlan, data: Sequence[pa.Table], **options: Any) -> list[StagedFile]:
    storage = gold.storage(plan.path)
    filesystem = storage.arrow_filesystem() if data else None
    for number, part in enumerate(data):
        path = storage.arrow_path(f"{plan.path}/part-{number}.snappy.parquet")
        pq.write_table(part, path, filesystem=filesystem, **options)
    return storage.list_files(plan.path)


def write(
    gold: RedshiftSparkInterface,
    thing: Thing,
    *data: pa.Table,
    mode: str = "append",
    schema: Sequence[SchemaField] = USERS_SCHEMA,
    options: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> WritePlan:
    plan = gold.plan_write(thing, schema=schema, mode=mode, **arguments)
    gold.commit_write(token_after_a_trip(plan), stage(gold, plan, data, **(options or {})))
    return plan


def token_after_a_trip(plan: WritePlan) -> dict[str, Any]:
    token: dict[str, Any] = json.loads(json.dumps(plan.token))
    return token


def read(
    gold: RedshiftSparkInterface,
    thing: Thing,
    columns: Sequence[str] | None = None,
    filters: Sequence[Filter] | None = None,
    **arguments: Any,
) -> list[dict[str, Any]]:
    plan = gold.plan_read(thing, **arguments)
    assert plan.token is not None
    token = json.loads(json.dumps(plan.token))
    try:
        files = gold.stage_read(token, columns, filters)
        storage = gold.storage(gold.settings.staging_root)
        # Redshift writes INT96, which pyarrow would take for nanoseconds, of which there are few years.
        options = {"filesystem": storage.arrow_filesystem(), "coerce_int96_timestamp_unit": "us"}
        parts = [pq.read_table(storage.arrow_path(file.path), **options) for file in files]
    finally:
        gold.release_read(token)
    rows = pa.concat_tables(parts).to_pylist() if parts else []
    return sorted(rows, key=str)
