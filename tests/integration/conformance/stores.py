"""The stores of the conformance suite: files on this machine and in S3, and a warehouse."""

from __future__ import annotations

COLUMNS = "id BIGINT, name STRING, amount DECIMAL(10,2), born DATE, seen TIMESTAMP, active BOOLEAN"
FORMATS = ("parquet", "orc", "csv", "json", "delta")
ROLE = "arn:aws:iam::000000000000:role/spark-dao-local"


def declared_stores(local_stack, tmp_path_factory):
    """Return a catalog of new folders and prefixes."""
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
    patterns = {f"pattern_{each}": {"format": each, "key": "plain_parquet/nothing*"} for each in ("parquet", "csv")}
    objects = {**plain, **parted, **patterns}
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
