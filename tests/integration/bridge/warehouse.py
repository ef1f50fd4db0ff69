"""A bucket and a warehouse schema of one test's own, and what the warehouse was told."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import boto3
import redshift_connector

from spark_dao.local import LocalStack

ROLE = "arn:aws:iam::000000000000:role/spark-dao-local"


class Warehouse:
    """Stores `silver` (files in S3) and `gold` (tables) that share a bucket, seen from outside of Spark."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        said = stack.environment()
        self.name = f"bridge-{uuid.uuid4().hex[:12]}"
        self.s3 = {
            "endpoint_url": said["SPARK_DAO_LOCAL_S3_ENDPOINT"],
            "aws_access_key_id": said["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
            "aws_secret_access_key": said["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
        }
        self.login = {
            key: said[f"SPARK_DAO_LOCAL_WAREHOUSE_{key.upper()}"]
            for key in ("host", "port", "user", "password", "database")
        }
        self._client = boto3.client("s3", region_name="us-east-1", **self.s3)
        self._client.create_bucket(Bucket=self.name)
        self.sql(f'CREATE SCHEMA "{self.name}"')

    def catalog(self, file: Path, **objects: Any) -> Path:
        gold = {
            **self.login,
            **self.s3,
            "schema": self.name,
            "ssl": False,
            "s3_temp_dir": f"s3://{self.name}/redshift/",
            "iam_role_arn": ROLE,
        }
        stores = {
            "silver": {
                "interface_class": "S3SparkInterface",
                "default_configs": {"bucket": self.name, "prefix": "silver", **self.s3},
                "data_objects": {"users": {"partition_by": ["k"]}, "lake": {"format": "delta"}},
            },
            "gold": {
                "interface_class": "RedshiftSparkInterface",
                "default_configs": gold,
                "data_objects": objects,
                "allow_purge": True,
            },
        }
        file.write_text(json.dumps(stores))
        return file

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        login = {**self.login, "port": int(self.login["port"])}
        with redshift_connector.connect(**login, ssl=False, max_prepared_statements=0) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(f'SET search_path TO "{self.name}"')
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def received(self, kind: str) -> list[str]:
        """Every COPY or UNLOAD that succeeded on this bucket so far, oldest first; schema and folders left out."""
        rows = self.sql(
            "SELECT query_text FROM sys_query_history WHERE query_type = "
            f"'{kind}' AND status = 'success' AND query_text LIKE '%{self.name}%' ORDER BY query_id"
        )
        texts = [row[0].rstrip().replace(f'"{self.name}".', "") for row in rows]
        return [re.sub(r"s3://\S+/(?=')", "s3://…/", text) for text in texts]

    def unloaded(self) -> list[str]:
        """The SELECT of every UNLOAD, its quotes undoubled."""
        found = [re.match(r"UNLOAD \('(.*)'\) TO ", text, re.DOTALL) for text in self.received("UNLOAD")]
        return [match.group(1).replace("''", "'") for match in found if match]

    def staged(self) -> list[str]:
        """Keys of the temporary files."""
        listed = self._client.list_objects_v2(Bucket=self.name, Prefix="redshift/")
        return [entry["Key"] for entry in listed.get("Contents", ())]
