"""The three jobs on the local stack: run by spark-submit, their results read without Spark and spark_dao."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.dataset
import pyarrow.fs
import pyspark
import redshift_connector

ROOT = Path(__file__).parents[3]
SAMPLE_DATA = ROOT / "jobs" / "sample_data"
AS_OF = "2025-01-08"
GOLD_TABLES: Mapping[str, Sequence[str]] = {
    "users_agg": ("user_id", "total_purchases", "avg_order_value", "last_purchase_date", "account_age_days"),
    "sales_daily_agg": ("date", "region", "revenue", "orders"),
}
LAYERS = ("bronze", "silver", "temp")
TIMEOUT_SECONDS = 1500


@dataclass(frozen=True)
class Medallion:
    """Buckets and a schema of their own on the local stack, and the jobs that fill them."""

    name: str
    stack: Mapping[str, str]
    conf: Mapping[str, str] = field(default_factory=dict)
    short_jobs: bool = True

    def submit(
        self,
        job: str,
        *arguments: str,
        environment: Mapping[str, str | None] | None = None,
        conf: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run one job by spark-submit; variables given as None are not set."""
        spark_home = Path(pyspark.__file__).parent
        settings = {
            "spark.master": "local[2]",
            "spark.sql.catalog.dao.config": "conf/catalog.json,conf/local.json",
            **self.conf,
            **(conf or {}),
        }
        variables: dict[str, str | None] = {
            **os.environ,
            **self.stack,
            "SPARK_HOME": str(spark_home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            # Of a job that lasts seconds, half the time would go into optimising it.
            "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1" if self.short_jobs else "",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            **(environment or {}),
        }
        command = [str(spark_home / "bin" / "spark-submit"), "--properties-file", "conf/spark-defaults.conf"]
        for key, value in settings.items():
            command += ["--conf", f"{key}={value}"]
        return subprocess.run(
            [*command, f"jobs/{job}.py", *arguments],
            cwd=ROOT,
            env={name: value for name, value in variables.items() if value is not None},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    def run(self, job: str, *arguments: str) -> str:
        """Run one job that must succeed, and return what it printed."""
        done = self.submit(job, *arguments)
        assert done.returncode == 0, f"{job}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def run_all(self, source: Path, as_of: str) -> list[str]:
        """Run the three jobs, and return what each printed."""
        return [
            self.run("01_ingest_bronze", "--source", str(source)),
            self.run("02_transform_silver"),
            self.run("03_load_gold", "--as-of", as_of),
        ]

    def bronze(self) -> dict[str, bytes]:
        """Every object of the bronze bucket by its key."""
        bucket, client = f"{self.name}-bronze", self.s3()
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in self.keys("bronze")}

    def keys(self, layer: str) -> list[str]:
        """Every key of a layer's bucket."""
        pages = self.s3().get_paginator("list_objects_v2").paginate(Bucket=f"{self.name}-{layer}")
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def silver(self, table: str) -> pa.Table:
        """A silver table, its timestamps as UTC without a zone."""
        access = self.stack["SPARK_DAO_LOCAL_S3_ACCESS_KEY"], self.stack["SPARK_DAO_LOCAL_S3_SECRET_KEY"]
        scheme, _, host = self.stack["SPARK_DAO_LOCAL_S3_ENDPOINT"].partition("://")
        files = pyarrow.dataset.dataset(
            f"{self.name}-silver/datasets/{table}",
            filesystem=pyarrow.fs.S3FileSystem(
                access_key=access[0], secret_key=access[1], scheme=scheme, endpoint_override=host, region="us-east-1"
            ),
            format="parquet",
            partitioning="hive",
        )
        read = files.to_table()
        naive = [
            pa.field(each.name, pa.timestamp("us")) if pa.types.is_timestamp(each.type) else each
            for each in read.schema
        ]
        return read.cast(pa.schema(naive))

    def gold(self) -> dict[str, Counter[Any]]:
        """Rows of both gold tables."""
        return {table: self.rows(table, columns) for table, columns in GOLD_TABLES.items()}

    def rows(self, table: str, columns: Sequence[str]) -> Counter[Any]:
        """Rows of a table in the warehouse, each with how often it is there."""
        quoted = ", ".join(f'"{column}"' for column in columns)
        return Counter(map(tuple, self.query(f'SELECT {quoted} FROM "{self.name}"."{table}"')))

    def gold_tables(self) -> list[str]:
        """Names of the tables in the gold schema."""
        found = self.query(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{self.name}'")
        return sorted(row[0] for row in found)

    def query(self, statement: str) -> Sequence[Any]:
        """Run one statement in the warehouse, committed."""
        with contextlib.closing(self.warehouse()) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            rows: Sequence[Any] = cursor.fetchall() if cursor.description else ()
            connection.commit()
            return rows

    def warehouse(self) -> redshift_connector.Connection:
        """A connection to the warehouse."""
        return redshift_connector.connect(
            host=self.stack["SPARK_DAO_LOCAL_WAREHOUSE_HOST"],
            port=int(self.stack["SPARK_DAO_LOCAL_WAREHOUSE_PORT"]),
            user=self.stack["SPARK_DAO_LOCAL_WAREHOUSE_USER"],
            password=self.stack["SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD"],
            database=self.stack["SPARK_DAO_LOCAL_WAREHOUSE_DATABASE"],
            ssl=False,
        )

    def s3(self) -> Any:
        """A client of the S3 server."""
        return boto3.client(
            "s3",
            endpoint_url=self.stack["SPARK_DAO_LOCAL_S3_ENDPOINT"],
            aws_access_key_id=self.stack["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
            aws_secret_access_key=self.stack["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
            region_name="us-east-1",
        )


def new_medallion(stack: Mapping[str, str]) -> Medallion:
    """Make buckets and a schema with names of their own, and the conf that lays them over the catalog."""
    name = f"medallion{uuid.uuid4().hex[:12]}"
    store = "spark.sql.catalog.dao.store"
    made = Medallion(
        name=name,
        stack=stack,
        conf={
            f"{store}.bronze.default_configs.bucket": f"{name}-bronze",
            f"{store}.silver.default_configs.bucket": f"{name}-silver",
            f"{store}.gold.default_configs.s3_temp_dir": f"s3://{name}-temp/redshift/",
            f"{store}.gold.default_configs.schema": name,
        },
    )
    for layer in LAYERS:
        made.s3().create_bucket(Bucket=f"{name}-{layer}")
    made.query(f'CREATE SCHEMA "{name}"')
    return made
