"""The doors and the stores of the conformance suite: every behaviour is asked of each pair."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from spark_dao import DataAccessObject, register
from spark_dao.core.jobs import message_of

COLUMNS = "id BIGINT, name STRING, amount DECIMAL(10,2), born DATE, seen TIMESTAMP, active BOOLEAN"
FORMATS = ("parquet", "orc", "csv", "json")
ROLE = "arn:aws:iam::000000000000:role/spark-dao-local"


@dataclasses.dataclass(frozen=True)
class Door:
    """One way into the room: reads by name, writes by name and mode, and shows errors as its users see them."""

    name: str
    spark: Any
    dao: DataAccessObject

    def read(self, name: str, **options: Any):
        if self.name == "dao":
            return self.dao.read(name, **options)
        return self.spark.read.format("dao").options(**options).load(name)

    def write(self, data, name: str, mode: str, **options: Any) -> None:
        if self.name == "dao":
            self.dao.write(data, name, mode=mode, **options)
        else:
            data.write.format("dao").mode(mode).options(**options).save(name)

    def error(self, action) -> str:
        with pytest.raises(Exception) as caught:
            action()
        message = message_of(caught.value)
        assert message is not None, f"not one of our errors: {caught.value!r}"
        return message.splitlines()[0]


@pytest.fixture(scope="session")
def catalog(local_stack, tmp_path_factory):
    running = {
        name.removeprefix("SPARK_DAO_LOCAL_").lower(): value for name, value in local_stack.environment().items()
    }
    secrets = tmp_path_factory.mktemp("secrets")

    def secret(name: str) -> str:
        (secrets / name).write_text(running[name])
        (secrets / name).chmod(0o600)
        return "{{file:" + str(secrets / name) + "}}"

    s3 = {
        "endpoint_url": running["s3_endpoint"],
        "region_name": "us-east-1",
        "aws_access_key_id": running["s3_access_key"],
        "aws_secret_access_key": secret("s3_secret_key"),
    }
    plain = {f"plain_{each}": {"format": each, "schema": COLUMNS} for each in FORMATS}
    parted = {
        f"parted_{each}": {**plain[f"plain_{each}"], "format": each, "partition_by": ["born"]} for each in FORMATS
    }
    for each in FORMATS:
        others = COLUMNS.replace("born DATE, ", "")
        parted[f"parted_{each}"]["schema"] = f"{others}, born DATE"
    objects = {**plain, **parted}
    return {
        "files": {
            "interface_class": "FileSparkInterface",
            "default_configs": {"root": tmp_path_factory.mktemp("files").as_uri()},
            "data_objects": objects,
        },
        "lake": {
            "interface_class": "S3SparkInterface",
            "default_configs": {"bucket": "spark-dao-silver", "prefix": "conformance", **s3},
            "data_objects": objects,
        },
        "house": {
            "interface_class": "RedshiftSparkInterface",
            "default_configs": {
                "host": running["warehouse_host"],
                "port": running["warehouse_port"],
                "user": running["warehouse_user"],
                "password": secret("warehouse_password"),
                "database": running["warehouse_database"],
                "ssl": False,
                "iam_role_arn": ROLE,
                "s3_temp_dir": "s3://spark-dao-temp/conformance/",
                **s3,
            },
            "data_objects": {"plain_table": {"type": "TableObject"}},
        },
    }


@pytest.fixture(scope="session")
def dao(spark, catalog):
    return DataAccessObject(catalog, spark=spark)


@pytest.fixture(params=["dao", "format"])
def door(request, spark, catalog, dao):
    register(spark, catalog)
    return Door(request.param, spark, dao)
