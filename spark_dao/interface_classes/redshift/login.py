"""What a user logs in with: the declared password, or temporary credentials that IAM gives for one connection.

The driver could ask IAM by itself, but keeps the passwords in a cache of the process, bounds no call in time, and takes
every host outside `redshift.amazonaws.com` for a custom domain (redshift_connector/iam_helper.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.aws_calls import AwsFailure, secret_answer
from spark_dao.interface_classes.redshift.settings import RedshiftSettings


@dataclass(frozen=True)
class Login:
    """A user and a password.

    Example:
        >>> Login("ann", SecretStr("hunter2"))
        Login(user='ann', password=SecretStr('**********'))
    """

    user: str
    password: SecretStr

    def hidden(self, text: str) -> str:
        """Blot the password out of a text.

        Example:
            >>> Login("ann", SecretStr("hunter2")).hidden("hunter2 is wrong")
            '*** is wrong'
        """
        secret = self.password.get_secret_value()
        return text.replace(secret, "***") if secret else text


def login(settings: RedshiftSettings) -> Login:
    """Find out what to log in with.

    Args:
        settings: The warehouse. With `iam`, a Serverless workgroup and a cluster without `user` know their user by the
            AWS identity of this process (`GetCredentials`, `GetClusterCredentialsWithIAM`); a cluster with `user` gives
            credentials of that user (`GetClusterCredentials`).

    Raises:
        InterfaceError: IAM gives none.
    """
    if not settings.iam:
        return Login(settings.user or "", settings.password or SecretStr(""))
    identity = settings.warehouse_identity
    try:
        if identity.workgroup is not None:
            return _serverless_login(settings, identity.workgroup)
        return _cluster_login(settings, identity.cluster or "")
    except AwsFailure as failure:
        reason = str(failure)
    raise InterfaceError(
        f"{settings.where}: no temporary credentials for {settings.user_in_words}: {reason}", key="iam"
    )


def _serverless_login(settings: RedshiftSettings, workgroup: str) -> Login:
    answer = secret_answer(
        settings.session(),
        "redshift-serverless",
        "get_credentials",
        permission="redshift-serverless:GetCredentials",
        region=settings.warehouse_identity.region,
        workgroupName=workgroup,
        dbName=settings.database,
    )
    return Login(answer["dbUser"], SecretStr(answer["dbPassword"]))


def _cluster_login(settings: RedshiftSettings, cluster: str) -> Login:
    named = {"DbUser": settings.user, "AutoCreate": settings.auto_create, "DbGroups": list(settings.db_groups)}
    operation = "get_cluster_credentials" if settings.user else "get_cluster_credentials_with_iam"
    answer = secret_answer(
        settings.session(),
        "redshift",
        operation,
        permission="redshift:GetClusterCredentials" if settings.user else "redshift:GetClusterCredentialsWithIAM",
        region=settings.warehouse_identity.region,
        ClusterIdentifier=cluster,
        DbName=settings.database,
        **(named if settings.user else {}),
    )
    return Login(answer["DbUser"], SecretStr(answer["DbPassword"]))
