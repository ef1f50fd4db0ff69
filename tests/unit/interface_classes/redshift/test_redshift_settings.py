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


IAM: dict[str, Any] = {key: value for key, value in GIVEN.items() if key not in ("user", "password")} | {"iam": True}
CLUSTER_HOST = "sales.abc123.eu-west-1.redshift.amazonaws.com"
WORKGROUP_HOST = "etl.111122223333.eu-central-1.redshift-serverless.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "said", "expected"),
    [
        (CLUSTER_HOST, {}, ("sales", None, "eu-west-1")),
        (WORKGROUP_HOST, {}, (None, "etl", "eu-central-1")),
        ("wh.example.com", {"cluster_identifier": "c", "region_name": "us-west-2"}, ("c", None, "us-west-2")),
        ("wh.example.com", {"serverless_work_group": "w"}, (None, "w", None)),
        (CLUSTER_HOST, {"cluster_identifier": "other"}, ("other", None, "eu-west-1")),
    ],
)
def test_iam_knows_the_warehouse_by_its_settings_or_its_host(
    host: str, said: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    assert RedshiftSettings(**{**IAM, "host": host, **said}).warehouse_identity == expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "`iam: true` needs `cluster_identifier` or `serverless_work_group`, which `warehouse.example.com` does"),
        ({"cluster_identifier": "c", "password": "hunter2"}, "`password` and `iam: true` contradict each other"),
        ({"cluster_identifier": "c", "serverless_work_group": "w"}, "contradict each other; give one of them"),
        ({"cluster_identifier": "c", "ssl": False}, "needs an encrypted connection; leave `ssl` out"),
        ({"serverless_work_group": "w", "user": "ann"}, "leave `user` out"),
        ({"cluster_identifier": "c", "auto_create": True}, "are for a named `user`"),
        ({"iam": False}, "expected `user` and `password`, or `iam: true`; missing: `user`, `password`"),
        ({"iam": False, "user": "ann"}, "missing: `password`"),
        ({"iam": False, "user": "ann", "password": "hunter2", "cluster_identifier": "c"}, "belongs to `iam: true`"),
    ],
)
def test_a_login_that_contradicts_itself_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RedshiftSettings(**{**IAM, **said})
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
