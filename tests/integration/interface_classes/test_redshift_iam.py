"""Temporary credentials of IAM: asked for by boto3 with a real signature, accepted by the local warehouse over TLS."""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from spark_dao import DataAccessObject
from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from tests.aws_services import ACCESS_KEY, REGION, SECRET_KEY, AwsServices, Refused, aws_services
from tests.integration.interface_classes.gold_tables import configs, sql

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:redshift_connector")

CLUSTER = {"cluster_identifier": "sales"}
WORKGROUP = {"serverless_work_group": "etl"}


class Issuer:
    """What AWS does: it gives the warehouse's user a new password for each request.

    Args:
        administrator: An interface whose user may make users.
    """

    def __init__(self, administrator: RedshiftSparkInterface) -> None:
        self.administrator = administrator
        self.user = f"iam:{secrets.token_hex(4)}"
        self.passwords: list[str] = []
        sql(administrator, f"CREATE USER \"{self.user}\" PASSWORD 'None{secrets.token_hex(8)}'")

    def password(self, parameters: dict[str, Any]) -> str:
        if "forbidden" in parameters.values():
            raise Refused("AccessDenied", "User: arn:aws:iam::000000000000:user/ann is not authorized")
        if "absent" in parameters.values():
            raise Refused("ClusterNotFound", "Cluster absent not found.")
        given = f"Temporary1{secrets.token_hex(8)}"
        if "refused" not in parameters.values():
            sql(self.administrator, f"ALTER USER \"{self.user}\" PASSWORD '{given}'")
        self.passwords.append(given)
        return given

    def for_cluster(self, parameters: dict[str, Any]) -> dict[str, Any]:
        until = datetime(2100, 1, 1, tzinfo=timezone.utc).isoformat()
        return {"DbUser": self.user, "DbPassword": self.password(parameters), "Expiration": until}

    def for_workgroup(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"dbUser": self.user, "dbPassword": self.password(parameters), "expiration": 4102444800}


@pytest.fixture(scope="module")
def issuer(local_stack: Any) -> Issuer:
    return Issuer(RedshiftSparkInterface(**configs(local_stack.environment())))


@pytest.fixture
def services(issuer: Issuer, local_stack: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServices]:
    with aws_services() as made:
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        certificate = local_stack.environment()["SPARK_DAO_LOCAL_WAREHOUSE_CERTIFICATE"]
        if not Path(certificate).exists():
            pytest.skip("the stack has a certificate only where openssl is installed")
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        made.operations["GetClusterCredentials"] = issuer.for_cluster
        made.operations["GetClusterCredentialsWithIAM"] = issuer.for_cluster
        made.operations["GetCredentials"] = issuer.for_workgroup
        yield made


@pytest.fixture
def declared(local_stack: Any) -> dict[str, Any]:
    given = configs(
        local_stack.environment(),
        iam=True,
        ssl=True,
        region_name=REGION,
        # The store's own keys ask for the credentials; without them AWS's chain does.
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    return {key: value for key, value in given.items() if key not in ("user", "password")}


@pytest.mark.parametrize(
    ("said", "operation", "expected"),
    [
        (
            {**CLUSTER, "user": "ann", "auto_create": True, "db_groups": ["loaders"]},
            "GetClusterCredentials",
            {"ClusterIdentifier": "sales", "DbUser": "ann", "AutoCreate": "true", "DbGroups.DbGroup.1": "loaders"},
        ),
        (CLUSTER, "GetClusterCredentialsWithIAM", {"ClusterIdentifier": "sales"}),
        (WORKGROUP, "GetCredentials", {"workgroupName": "etl"}),
    ],
    ids=["cluster and user", "cluster and identity", "serverless"],
)
def test_temporary_credentials_open_the_warehouse(
    services: AwsServices, issuer: Issuer, declared: dict[str, Any], said: dict[str, Any], operation: str, expected: Any
) -> None:
    gold = RedshiftSparkInterface(**declared, **said)
    assert sql(gold, "SELECT current_user") == [(issuer.user,)]
    ((asked, region, parameters),) = services.asked
    database = {key: value for key, value in parameters.items() if key.lower() == "dbname"}
    assert (asked, region, list(database.values())) == (operation, REGION, [declared["database"]])
    assert expected.items() <= parameters.items()


def test_each_connection_has_credentials_of_its_own(
    services: AwsServices, issuer: Issuer, declared: dict[str, Any]
) -> None:
    """None is kept, so that none is used beyond its quarter of an hour."""
    gold = RedshiftSparkInterface(**declared, **WORKGROUP)
    assert [sql(gold, "SELECT 1") for _ in range(2)] == [[(1,)]] * 2
    assert len(services.asked) == 2


def test_a_password_of_secrets_manager_opens_the_warehouse(services: AwsServices, local_stack: Any) -> None:
    given = configs(local_stack.environment())
    secret = {"username": given["user"], "password": given["password"], "port": int(given["port"])}
    services.operations["GetSecretValue"] = lambda asked: {"SecretString": json.dumps(secret)}
    referring = {key: f"{{{{secret:wh#{part}}}}}" for key, part in (("user", "username"), ("password", "password"))}
    store = {
        "interface_class": "RedshiftSparkInterface",
        "default_configs": {**given, **referring, "port": "{{secret:wh#port}}"},
    }
    dao = DataAccessObject({"gold": store})
    assert services.asked == [], "a reference is resolved when the store is first used"
    assert dao.run("sql", store="gold", statement="SELECT 1 AS one") == [{"one": 1}]
    assert [operation for operation, _, _ in services.asked] == ["GetSecretValue"]
    shown = f"{dao!r} {dao.store('gold')!r} {dao.store('gold').interfaces!r} {dao.store('gold').declaration!r}"
    assert given["password"] not in shown


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"cluster_identifier": "forbidden"}, "is not authorized; allow this identity `redshift:GetClusterCreden"),
        ({"cluster_identifier": "absent"}, f"AWS has none of that name in {REGION}; check the name and the region"),
        ({"serverless_work_group": "forbidden"}, "allow this identity `redshift-serverless:GetCredentials`"),
        ({"aws_secret_access_key": "another", **CLUSTER}, "no temporary credentials for this AWS identity"),
        ({"cluster_identifier": "refused"}, "the database user of this AWS identity must exist"),
    ],
    ids=["forbidden", "absent", "forbidden serverless", "signature", "refused"],
)
def test_a_refusal_is_one_error_without_secrets(
    services: AwsServices, issuer: Issuer, declared: dict[str, Any], said: dict[str, Any], words: str
) -> None:
    gold = RedshiftSparkInterface(**{**declared, **said})
    with pytest.raises(InterfaceError) as caught:
        sql(gold, "SELECT 1")
    assert words in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [password for password in issuer.passwords if password in shown]
    assert SECRET_KEY not in shown


def test_temporary_credentials_are_in_no_log_and_no_representation(
    services: AwsServices, issuer: Issuer, declared: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="")
    gold = RedshiftSparkInterface(**declared, **CLUSTER)
    with connected(gold.settings) as session:
        session.execute("SELECT 1")
        shown = f"{gold!r} {gold.settings!r} {vars(gold)} {session!r} {json.dumps(caplog.messages)}"
    assert any(record.name.startswith("redshift_connector") for record in caplog.records)
    assert not [password for password in issuer.passwords if password in shown]
    assert SECRET_KEY not in shown
