"""Settings of a Redshift store: the warehouse, and the S3 folder that data passes through."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from spark_dao.interface_classes.redshift.host_names import WarehouseIdentity, identity_of
from spark_dao.interface_classes.redshift.names import name_fault
from spark_dao.interface_classes.s3.settings import S3ConnectionSettings, S3Settings

DEFAULT_PORT = 5439
DEFAULT_CONTROL_SCHEMA = "spark_dao_control"

_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+"
_ROLES = re.compile(rf"{_ROLE}(?:,{_ROLE})*")


class RedshiftSettings(S3ConnectionSettings):
    """How a Redshift warehouse and its staging folder are reached.

    Args:
        host: Host name of the cluster or workgroup.
        port: Its port.
        user: Database user.
        password: The user's password.
        iam: Log in with temporary credentials that IAM gives, instead of a password. For a cluster, `user` may stay and
            names the database user; without it, as for Serverless, the AWS identity of this process is the user.
            The AWS keys or the profile below, else AWS's default chain, say who asks.
        cluster_identifier: For `iam`: the cluster, where `host` is not its own name.
        serverless_work_group: For `iam`: the Serverless workgroup, where `host` is not its own name.
        auto_create: For `iam` with `user`: make the database user when it is missing.
        db_groups: For `iam` with `user`: groups that the user joins for the session.
        database: Name of the database.
        schema: Schema of tables whose name says none.
        s3_temp_dir: `s3://bucket/folder/` that both Spark and Redshift reach; every operation makes a folder of its own
            below it and removes it.
        iam_role_arn: Role, or chain of roles, that Redshift takes on for COPY and UNLOAD; `default` for the cluster's.
        control_schema: Schema of the tables that record which batches were committed, one for each target table. It is
            made when missing, which needs the right to create schemas; name one of your own otherwise.
        ssl: Whether the connection is encrypted; Redshift itself always offers it.
        connect_timeout: Seconds until an unanswered connection attempt is given up. Statements are not bounded.
        others: `endpoint_url`, `region_name`, `path_style`, `aws_access_key_id`, `aws_secret_access_key`,
            `aws_session_token` and `profile_name` say how `s3_temp_dir` is reached, as for S3 stores.

    Example:
        >>> settings = RedshiftSettings(host="wh", user="me", password="hunter2", database="analytics",
        ...     s3_temp_dir="s3://temp/redshift/", iam_role_arn="arn:aws:iam::000000000000:role/load")
        >>> settings.staging_root, settings.where, "hunter2" in repr(settings)
        ('s3a://temp/redshift', 'wh:5439/analytics', False)
    """

    host: str = Field(min_length=1)
    port: int = Field(default=DEFAULT_PORT, ge=1, le=65535)
    user: str | None = Field(default=None, min_length=1)
    password: SecretStr | None = None
    iam: bool = False
    cluster_identifier: str | None = Field(default=None, min_length=1)
    serverless_work_group: str | None = Field(default=None, min_length=1)
    auto_create: bool = False
    db_groups: tuple[str, ...] = ()
    database: str = Field(min_length=1)
    # `schema` is a method of pydantic's BaseModel.
    default_schema: str = Field(default="public", alias="schema")
    s3_temp_dir: str
    iam_role_arn: str
    control_schema: str = DEFAULT_CONTROL_SCHEMA
    ssl: bool = True
    connect_timeout: int = Field(default=10, gt=0)

    @field_validator("default_schema", "control_schema")
    @classmethod
    def _check_schema_name(cls, value: str) -> str:
        fault = name_fault(value)
        if fault is not None:
            raise ValueError(f"expected a schema's name, but {fault}")
        return value

    @field_validator("s3_temp_dir")
    @classmethod
    def _check_temporary_folder(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("expected `s3://bucket/folder/`")
        if "\\" in value:
            raise ValueError("expected an S3 folder without backslashes")
        try:
            folder = S3Settings(bucket=parts.netloc, prefix=parts.path)
        except ValidationError as error:
            # The field that S3Settings names is none of this store's.
            raise ValueError(
                "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
            ) from None
        return folder.root

    @field_validator("iam_role_arn")
    @classmethod
    def _check_role(cls, value: str) -> str:
        if value != "default" and _ROLES.fullmatch(value) is None:
            raise ValueError(
                "expected `arn:aws:iam::<account>:role/<name>` (several joined by commas for a chain), or `default`"
            )
        return value

    @model_validator(mode="after")
    def _check_login(self) -> RedshiftSettings:
        fault = self._iam_fault() if self.iam else self._password_fault()
        if fault is not None:
            raise ValueError(fault)
        return self

    def _password_fault(self) -> str | None:
        missing = [f"`{name}`" for name in ("user", "password") if getattr(self, name) is None]
        if missing:
            return f"expected `user` and `password`, or `iam: true`; missing: {', '.join(missing)}"
        for name in ("cluster_identifier", "serverless_work_group", "auto_create", "db_groups"):
            if getattr(self, name):
                return f"`{name}` belongs to `iam: true`; add that, or leave `{name}` out"
        return None

    def _iam_fault(self) -> str | None:
        identity = self.warehouse_identity
        if self.password is not None:
            return "`password` and `iam: true` contradict each other; give one of them"
        if not self.ssl:
            return "`iam: true` needs an encrypted connection; leave `ssl` out"
        if self.cluster_identifier and self.serverless_work_group:
            return "`cluster_identifier` and `serverless_work_group` contradict each other; give one of them"
        if identity.cluster is None and identity.workgroup is None:
            return (
                f"`iam: true` needs `cluster_identifier` or `serverless_work_group`, which `{self.host}` does not tell"
            )
        if identity.workgroup is not None and self.user is not None:
            return "the AWS identity is the user of a Serverless workgroup; leave `user` out"
        if self.user is None and (self.auto_create or self.db_groups):
            return "`auto_create` and `db_groups` are for a named `user`; add it, or leave them out"
        return None

    @property
    def warehouse_identity(self) -> WarehouseIdentity:
        """The cluster or workgroup as AWS knows it, by the settings, else by its host name."""
        found = identity_of(self.host)
        said = self.cluster_identifier or self.serverless_work_group
        region = found.region or self.region_name
        if said:
            return WarehouseIdentity(self.cluster_identifier, self.serverless_work_group, region)
        return WarehouseIdentity(found.cluster, found.workgroup, region)

    @property
    def user_in_words(self) -> str:
        """The user, for messages."""
        return f"user `{self.user}`" if self.user else "this AWS identity"

    @property
    def staging_root(self) -> str:
        """The folder below which every operation makes its own, as Hadoop spells it, without a slash at its end."""
        return self.s3_temp_dir

    @property
    def staging_bucket(self) -> str:
        """The bucket of `s3_temp_dir`."""
        return urlsplit(self.s3_temp_dir).netloc

    @property
    def where(self) -> str:
        """The warehouse in words, for messages."""
        return f"{self.host}:{self.port}/{self.database}"

    def staging_settings(self) -> S3Settings:
        """The same S3 connection, confined to the folder `s3_temp_dir`."""
        connection = {name: getattr(self, name) for name in S3ConnectionSettings.model_fields}
        prefix = urlsplit(self.s3_temp_dir).path.strip("/")
        return S3Settings(bucket=self.staging_bucket, prefix=prefix, **connection)

    def role_clause(self) -> str:
        """The clause of COPY and UNLOAD that names the role.

        Example:
            >>> RedshiftSettings(host="wh", user="me", password="x", database="d", s3_temp_dir="s3://temp/",
            ...                  iam_role_arn="default").role_clause()
            'IAM_ROLE default'
        """
        return "IAM_ROLE default" if self.iam_role_arn == "default" else f"IAM_ROLE '{self.iam_role_arn}'"
