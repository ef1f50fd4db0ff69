"""One declaration for boto3, pyarrow and S3A."""

from __future__ import annotations

import pickle
import sys

import pytest
from pydantic import ValidationError

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.s3.settings import S3ConnectionSettings, S3Settings

KEYS = {"aws_access_key_id": "me", "aws_secret_access_key": "hunter2"}
SERVICE = {"endpoint_url": "http://127.0.0.1:8333", **KEYS}


def entry(settings, name):
    return settings.hadoop_settings("silver").get(f"fs.s3a.bucket.silver.{name}")


def test_an_endpoint_of_ones_own_is_reached_by_path_in_a_fixed_region():
    settings = S3ConnectionSettings(**SERVICE)
    assert settings.path_style is True
    assert entry(settings, "endpoint") == "http://127.0.0.1:8333"
    assert entry(settings, "endpoint.region") == "us-east-1"
    assert entry(settings, "path.style.access") == "true"
    assert entry(settings, "connection.ssl.enabled") == "false"
    assert entry(settings, "aws.credentials.provider") == "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
    assert (entry(settings, "access.key"), entry(settings, "secret.key")) == ("me", "hunter2")


def test_boto3_gets_the_same_connection_with_bounded_retries_and_no_unasked_checksums():
    client = S3ConnectionSettings(**SERVICE).client()
    assert client.meta.endpoint_url == "http://127.0.0.1:8333"
    assert client.meta.region_name == "us-east-1"
    assert client.meta.config.s3["addressing_style"] == "path"
    assert client.meta.config.request_checksum_calculation == "when_required"
    assert client.meta.config.retries["total_max_attempts"] == 3
    assert client.meta.config.connect_timeout == 5


def test_aws_itself_keeps_its_checksums_and_host_names():
    settings = S3ConnectionSettings(region_name="eu-central-1", **KEYS)
    client = settings.client()
    assert settings.path_style is False
    assert client.meta.config.request_checksum_calculation == "when_supported"
    assert client.meta.region_name == "eu-central-1"
    assert entry(settings, "endpoint") is None
    assert entry(settings, "endpoint.region") == "eu-central-1"


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("https://s3.dualstack.us-west-2.amazonaws.com", "us-west-2"),
        ("https://bucket.vpce-0a1b.s3.us-gov-west-1.vpce.amazonaws.com", "us-gov-west-1"),
        ("https://s3.amazonaws.com", None),
        ("https://s3.example.com", "us-east-1"),
    ],
)
def test_the_region_follows_from_the_endpoint(endpoint, region):
    assert S3ConnectionSettings(endpoint_url=endpoint).region == region


def test_temporary_credentials_use_the_provider_that_reads_the_token():
    settings = S3ConnectionSettings(aws_session_token="brief", **KEYS)
    assert entry(settings, "aws.credentials.provider").endswith(".TemporaryAWSCredentialsProvider")
    assert entry(settings, "session.token") == "brief"


def test_a_profile_is_named_to_s3a_as_well(tmp_path, monkeypatch):
    (tmp_path / "credentials").write_text("[lab]\naws_access_key_id=me\naws_secret_access_key=hunter2\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    settings = S3ConnectionSettings(profile_name="lab")
    assert settings.session().get_credentials().access_key == "me"
    assert entry(settings, "auth.profile.name") == "lab"
    assert entry(settings, "aws.credentials.provider").endswith(".ProfileAWSCredentialsProvider")
    with pytest.raises(InterfaceError, match="no profile `bal`"):
        S3ConnectionSettings(profile_name="bal").client()


def test_without_credentials_s3a_asks_the_default_chain_as_boto3_does():
    assert "DefaultCredentialsProvider" in entry(S3ConnectionSettings(), "aws.credentials.provider")
    assert entry(S3ConnectionSettings(), "access.key") is None


def test_entries_are_for_one_bucket_only():
    assert all(key.startswith("fs.s3a.bucket.gold.") for key in S3ConnectionSettings(**SERVICE).hadoop_settings("gold"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aws_access_key_id": "me"},
        {"aws_secret_access_key": "hunter2"},
        {"aws_session_token": "hunter2"},
        {"profile_name": "lab", **KEYS},
        {"endpoint_url": "127.0.0.1:8333"},
        {"endpoint_url": "http://me:hunter2@127.0.0.1:8333"},
        {"endpoint_url": "http://127.0.0.1:8333/bucket"},
        {"endpoint_url": "http://127.0.0.1:port"},
        {"endpoint_url": "s3://bucket"},
        {"secret_key": "hunter2"},
        {"aws_secret_access_key": ["hunter2"]},
    ],
)
def test_contradictions_and_malformed_values_are_refused_without_showing_them(wrong):
    with pytest.raises(ValidationError) as refused:
        S3ConnectionSettings(**wrong)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(refused.value)


@pytest.mark.parametrize(
    "bucket",
    ["", "ab", "Upper-Case", "under_score", "s3://bucket", "bucket/folder", "a..b", "192.168.0.1", "-ab", "a" * 64],
)
def test_a_malformed_bucket_name_is_refused(bucket):
    with pytest.raises(ValidationError, match="bucket"):
        S3Settings(bucket=bucket)


@pytest.mark.parametrize("prefix", ["a/../b", "a//b", "%2e%2e", "a\0b"])
def test_a_prefix_that_leads_elsewhere_is_refused(prefix):
    with pytest.raises(ValidationError, match="prefix"):
        S3Settings(bucket="silver", prefix=prefix)


def test_secrets_show_in_no_representation_and_survive_pickling():
    settings = S3Settings(bucket="silver", aws_session_token="hunter2", **SERVICE)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {settings.service}"
    assert "hunter2" not in shown
    assert pickle.loads(pickle.dumps(settings)).hadoop_settings("silver") == settings.hadoop_settings("silver")


def test_missing_boto3_is_one_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(InterfaceError, match=r"pip install 'spark_dao\[s3\]'"):
        S3ConnectionSettings().client()
