"""The capability matrix: every operation on every format in every store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from pyspark.sql import SparkSession

from spark_dao.local import LocalStack

from .cells import Cell, Lakes, Operation
from .conftest import SCHEMA
from .matrix import DOCUMENT, OPERATIONS, cells, document


@pytest.fixture(scope="module")
def lakes(spark: SparkSession, local_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Lakes:
    said = local_stack.environment()
    connection = {
        "endpoint_url": said["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": said["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": said["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }
    client = boto3.client("s3", region_name="us-east-1", **connection)
    bucket = f"matrix-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    spark.conf.set("spark.sql.catalog.dao2", "io.sparkdao.DaoCatalog")
    return Lakes(spark, tmp_path_factory.mktemp("lakes"), client, bucket, connection)


@pytest.fixture(scope="module")
def namesakes(spark: SparkSession) -> Iterator[Path]:
    """Tables of Spark's own catalog that are called as the cells' are; nothing may ever reach them."""
    spark.sql("CREATE DATABASE spark_catalog.silver")
    for name in ("users", "fresh"):
        spark.createDataFrame([(-1, "namesake", -1)], SCHEMA).write.saveAsTable(f"spark_catalog.silver.{name}")
    yield Path(str(spark.conf.get("spark.sql.warehouse.dir")).removeprefix("file:"))
    spark.sql("DROP DATABASE spark_catalog.silver CASCADE")


def listing(spark: SparkSession, warehouse: Path) -> list[object]:
    files = sorted((str(path), path.stat().st_mtime_ns) for path in warehouse.rglob("*"))
    tables = [row.tableName for name in ("default", "silver") for row in spark.sql(f"SHOW TABLES IN {name}").collect()]
    return [*files, *tables]


@pytest.mark.parametrize(("operation", "format_name", "store"), cells())
def test_a_cell_of_the_matrix(
    lakes: Lakes, namesakes: Path, operation: Operation, format_name: str, store: str
) -> None:
    before = listing(lakes.spark, namesakes)
    cell: Cell = lakes.cell(format_name, store)
    operation.check(cell)
    assert listing(lakes.spark, namesakes) == before


def test_names_of_operations_are_unique() -> None:
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS)


def test_the_documentation_shows_this_matrix() -> None:
    assert DOCUMENT.read_text() == document(), "run `python -m tests.integration.bridge.matrix`"
