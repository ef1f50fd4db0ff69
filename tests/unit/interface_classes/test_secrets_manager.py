"""`{{secret:name#key}}`: boto3 against an endpoint that speaks Secrets Manager's protocol and checks signatures."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from spark_dao.catalog import resolve_references
from spark_dao.errors import CatalogError
from tests.aws_services import REGION, AwsServices, Refused, aws_services

PASSWORD = "hunter2-of-the-tests"
ARN = "arn:aws:secretsmanager:ap-south-1:000000000000:secret:prod/redshift-AbCdEf"
SECRETS: dict[str, dict[str, Any]] = {
    "prod/redshift": {"SecretString": json.dumps({"username": "ann", "password": PASSWORD, "port": 5439, "at": [1]})},
    ARN: {"SecretString": PASSWORD},
    "plain": {"SecretString": PASSWORD},
    "digits": {"SecretString": "123456"},
    "binary": {"SecretBinary": "AAEC"},
}


def get_secret_value(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["SecretId"] == "forbidden":
        raise Refused("AccessDeniedException", "User: arn:aws:iam::000000000000:user/ann is not authorized")
    if asked["SecretId"] == "deleted":
        raise Refused(
            "InvalidRequestException", "You can't perform this operation on the secret because it was deleted."
        )
    if asked["SecretId"] not in SECRETS:
        raise Refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    return {"Name": asked["SecretId"], **SECRETS[asked["SecretId"]]}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServices]:
    with aws_services() as made:
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        made.operations["GetSecretValue"] = get_secret_value
        yield made


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("{{secret:plain}}", PASSWORD),
        ("{{secret:digits}}", "123456"),
        ("{{secret:prod/redshift#password}}", PASSWORD),
        ("{{ secret: prod/redshift # port }}", "5439"),
        ("{{secret:prod/redshift#}}", SECRETS["prod/redshift"]["SecretString"]),
        ("{{secret:" + ARN + "}}", PASSWORD),
    ],
)
def test_a_secret_or_one_of_its_keys_takes_the_references_place(
    services: AwsServices, reference: str, value: str
) -> None:
    assert resolve_references({"password": reference}, store="gold") == {"password": value}


def test_a_declaration_reads_a_secret_once(services: AwsServices) -> None:
    """User and password of two versions, of which one was rotated away in between, would not fit together."""
    configs = {"user": "{{secret:prod/redshift#username}}", "password": "{{secret:prod/redshift#password}}"}
    assert resolve_references(configs, store="gold") == {"user": "ann", "password": PASSWORD}
    assert services.asked == [("GetSecretValue", REGION, {"SecretId": "prod/redshift"})]


def test_an_arn_says_its_region(services: AwsServices) -> None:
    resolve_references("{{secret:" + ARN + "}}", store="gold")
    assert [region for _, region, _ in services.asked] == ["ap-south-1"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", f"secret `missing` of AWS Secrets Manager cannot be read: AWS has none of that name in {REGION}"),
        ("forbidden", "is not authorized; allow this identity `secretsmanager:GetSecretValue`"),
        ("deleted", "because it was deleted (InvalidRequestException)"),
        ("binary", "secret `binary` is binary; expected text"),
        ("#password", "found no secret's name"),
        ("prod/redshift#pasword", "has no key `pasword`; did you mean `password`?"),
        ("prod/redshift#at", "expected text or a number under `at`"),
        (
            "prod/redshift",
            "is a JSON object; say which of its keys is meant; known: `at`, `password`, `port`, `username`",
        ),
        ("plain#password", "secret `plain` is no JSON object and has no key `password`; leave `#password` out"),
    ],
)
def test_what_cannot_be_read_is_one_error_without_the_secret(services: AwsServices, name: str, words: str) -> None:
    with pytest.raises(CatalogError) as caught:
        resolve_references({"password": "{{secret:" + name + "}}"}, store="gold")
    assert str(caught.value).startswith("store `gold`, key `password`: ")
    assert words in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown
    assert "botocore" not in shown


def test_a_wrong_key_of_aws_is_refused_by_its_signature(services: AwsServices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(CatalogError, match="InvalidSignatureException"):
        resolve_references("{{secret:plain}}", store="gold")


@pytest.mark.parametrize(
    ("unset", "words"),
    [
        (["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "no AWS credentials were found; set AWS_ACCESS_KEY_ID"),
        (["AWS_REGION", "AWS_DEFAULT_REGION"], "no AWS region is known; set AWS_REGION"),
    ],
)
def test_what_the_environment_lacks_is_said(
    services: AwsServices, monkeypatch: pytest.MonkeyPatch, unset: list[str], words: str
) -> None:
    for name in unset:
        monkeypatch.delenv(name)
    with pytest.raises(CatalogError, match=words):
        resolve_references("{{secret:plain}}", store="gold")


def test_an_endpoint_that_is_not_there_is_said(services: AwsServices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
    with pytest.raises(CatalogError, match=r"Could not connect to the endpoint URL.*; check the network"):
        resolve_references("{{secret:plain}}", store="gold")


def test_a_secret_is_in_no_log(services: AwsServices, caplog: pytest.LogCaptureFixture) -> None:
    """botocore logs the bodies of answers at DEBUG."""
    caplog.set_level(logging.DEBUG, logger="")
    assert resolve_references("{{secret:plain}}", store="gold") == PASSWORD
    assert any(record.name.startswith("botocore") for record in caplog.records)
    assert PASSWORD not in caplog.text


def test_a_missing_boto3_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['boto3'] = None\n"
        "from spark_dao.catalog import resolve_references\n"
        "resolve_references('{{secret:plain}}', store='gold', key='password')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "spark_dao.errors.CatalogError: store `gold`, key `password`: secret `plain` needs boto3, which is not "
        "installed; run `pip install 'spark_dao[redshift]'` where this runs"
    )
