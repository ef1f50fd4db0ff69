"""Settings of a Redshift store."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface

GIVEN: dict[str, Any] = {
    "host": "warehouse.example.com",
    "user": "loader",
    "password": "hunter2",
    "database": "analytics",
    "s3_temp_dir": "s3://temp/redshift/",
    "iam_role_arn": "arn:aws:iam::000000000000:role/redshift-role",
}


def test_the_original_declaration_is_enough() -> None:
    settings = RedshiftSettings(**GIVEN)
    assert (settings.port, settings.default_schema, settings.control_schema) == (5439, "public", "spark_dao_control")
    assert settings.ssl


def test_a_port_may_be_text_as_references_give_it() -> None:
    assert RedshiftSettings(**GIVEN, port="15439").port == 15439


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hots", "x"),
        ("port", 70000),
        ("s3_temp_dir", "/local"),
        ("s3_temp_dir", "s3://"),
        ("s3_temp_dir", "s3://B/folder/"),
        ("s3_temp_dir", "s3://temp/a//b"),
        ("s3_temp_dir", "s3://temp/a\\b"),
        ("iam_role_arn", "arn:aws:iam::1:role/x' CREDENTIALS 'y"),
        ("schema", ""),
        ("control_schema", "x" * 128),
        ("connect_timeout", 0),
    ],
)
def test_a_wrong_setting_is_refused_without_showing_the_password(key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        RedshiftSparkInterface(**{**GIVEN, key: value})
    assert key in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_are_in_no_representation() -> None:
    interface = RedshiftSparkInterface(**GIVEN, aws_access_key_id="me", aws_secret_access_key="s3cr3t")
    shown = f"{interface!r} {interface.settings!r} {interface.settings} {vars(interface)}"
    assert "hunter2" not in shown
    assert "s3cr3t" not in shown


def test_spark_reaches_the_staging_bucket_with_the_stores_keys() -> None:
    interface = RedshiftSparkInterface(
        **GIVEN, endpoint_url="http://127.0.0.1:8333", aws_access_key_id="me", aws_secret_access_key="s3cr3t"
    )
    entries = interface.hadoop_settings()
    assert entries["fs.s3a.bucket.temp.endpoint"] == "http://127.0.0.1:8333"
    assert entries["fs.s3a.bucket.temp.secret.key"] == "s3cr3t"


def test_roles_may_be_chained_or_the_clusters_default() -> None:
    role = GIVEN["iam_role_arn"]
    assert RedshiftSettings(**{**GIVEN, "iam_role_arn": f"{role},{role}"}).role_clause() == f"IAM_ROLE '{role},{role}'"
    assert RedshiftSettings(**{**GIVEN, "iam_role_arn": "default"}).role_clause() == "IAM_ROLE default"
