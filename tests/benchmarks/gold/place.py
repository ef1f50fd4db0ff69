"""Where all of it happens: a local stack, a session with a store `gold` in it, and what the peers need to reach it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import redshift_connector
from pyspark.sql import DataFrame, SparkSession

from spark_dao import DataAccessObject
from spark_dao.local import LocalStack
from spark_dao.local.postgres import SUPERUSER
from spark_dao.local.state import StackState
from spark_dao.local.warehouse_server import DATABASE
from spark_dao.spark.packages import EXCLUDES, S3A_CONF, S3A_PACKAGES
from tests.benchmarks.gold.memory import HEAP_CONF
from tests.benchmarks.gold.orders import COLUMNS
from tests.benchmarks.sessions import start_session

ROLE = "arn:aws:iam::000000000000:role/spark-dao-local"
BUCKET = "spark-dao-temp"
CATALOG = "gold.json"
# Redshift's own driver goes through Spark's dialect for unknown databases, writes as fast, and reads no faster.
JDBC_PACKAGE = "org.postgresql:postgresql:42.7.14"
_JDBC_DRIVER = "org.postgresql.Driver"


class Place:
    """The warehouse, as dao and as its peers reach it.

    Args:
        environment: Where the stack is.
        session: The Spark session.
        folder: Where stack and catalog are.
    """

    def __init__(self, environment: Mapping[str, str], session: SparkSession, folder: Path) -> None:
        self._folder = folder
        self.environment = environment
        self.session = session
        self.dao = DataAccessObject(str(folder / CATALOG), session)
        self._s3 = boto3.client("s3", region_name="us-east-1", **s3_keys(environment))

    def connect(self) -> Any:
        """Open a connection as a user of redshift-connector would."""
        login = warehouse_login(self.environment)
        return redshift_connector.connect(**{**login, "port": int(login["port"])}, ssl=False)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements; return the rows of the last."""
        with contextlib.closing(self.connect()) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def make_table(self, name: str) -> None:
        """Make an empty table of orders."""
        self.sql(f"DROP TABLE IF EXISTS {name}", f"CREATE TABLE {name} ({COLUMNS})")

    def check(self, table: str, rows: int) -> None:
        """Make sure that what was timed did its work.

        Raises:
            SystemExit: The table holds another number of rows.
        """
        ((found,),) = self.sql(f"SELECT count(*) FROM {table}")
        if found != rows:
            raise SystemExit(f"{table} should hold {rows} rows and holds {found}")

    def read(self, table: str) -> DataFrame:
        """Read a table by dao."""
        return self.session.read.format("dao").load(f"gold.{table}")

    def jdbc(self, table: str) -> dict[str, str]:
        """Options of Spark's JDBC source, which it needs and no others."""
        login = warehouse_login(self.environment)
        return {
            "url": f"jdbc:postgresql://{login['host']}:{login['port']}/{login['database']}",
            "driver": _JDBC_DRIVER,
            "user": login["user"],
            "password": login["password"],
            "dbtable": table,
        }

    def jdbc_past_the_proxy(self, table: str) -> dict[str, str]:
        """The same, for the PostgreSQL that is behind the warehouse."""
        state = StackState.load(self._folder / "stack" / "state.json")
        if state is None:
            raise SystemExit("the local stack has no state")
        url = f"jdbc:postgresql://127.0.0.1:{state.ports['postgres']}/{DATABASE}"
        return {**self.jdbc(table), "url": url, "user": SUPERUSER, "password": state.backend_password}

    def staged(self) -> dict[str, int]:
        """Keys and sizes of all that lies below the store's `s3_temp_dir`."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="benchmark/")
        return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", ())}


def warehouse_login(environment: Mapping[str, str]) -> dict[str, str]:
    """Where the warehouse is, and with which user."""
    keys = ("host", "port", "user", "password", "database")
    return {key: environment[f"SPARK_DAO_LOCAL_WAREHOUSE_{key.upper()}"] for key in keys}


def s3_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Where S3 is, and with which keys."""
    return {
        "endpoint_url": environment["SPARK_DAO_LOCAL_S3_ENDPOINT"],
        "aws_access_key_id": environment["SPARK_DAO_LOCAL_S3_ACCESS_KEY"],
        "aws_secret_access_key": environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"],
    }


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Place]:
    """Start an empty stack and the session of this process; stop both at the end."""
    stack = LocalStack(folder / "stack")
    # Of a run that was killed.
    stack.down(wipe=True)
    with contextlib.ExitStack() as ends:
        ends.callback(stack.down, wipe=True)
        ends.enter_context(stack)
        environment = stack.environment()
        catalog = _write_catalog(folder / CATALOG, environment)
        conf = {
            "spark.jars.packages": ",".join((*S3A_PACKAGES, JDBC_PACKAGE)),
            "spark.jars.excludes": ",".join(EXCLUDES),
            **S3A_CONF,
            **HEAP_CONF,
        }
        session = start_session(catalog, more=conf)
        ends.callback(session.stop)
        yield Place(environment, session, folder)


def _write_catalog(file: Path, environment: Mapping[str, str]) -> Path:
    gold = {
        "interface_class": "RedshiftSparkInterface",
        "default_configs": {
            **warehouse_login(environment),
            **s3_keys(environment),
            "ssl": False,
            "s3_temp_dir": f"s3://{BUCKET}/benchmark/",
            "iam_role_arn": ROLE,
        },
        "data_objects": {"large": {"primary_keys": ["id"]}},
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps({"gold": gold}))
    return file
