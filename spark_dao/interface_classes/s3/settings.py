"""Settings of S3: one declaration that configures boto3, pyarrow and Spark's S3A alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from spark_dao.errors import InterfaceError, PlanError
from spark_dao.interface_classes._keys import checked_key

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30
_HADOOP_READ_TIMEOUT_SECONDS = 60
MAXIMUM_ATTEMPTS = 3
MAXIMUM_CONNECTIONS = 32

_AWS_ENDPOINT = re.compile(
    r"(?:^|\.)s3[.-](?:dualstack\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?:vpce\.)?amazonaws\.com"
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


class S3ConnectionSettings(BaseModel):
    """How an S3 service is reached.

    Args:
        endpoint_url: URL of an S3-compatible service; left out for AWS.
        region_name: AWS region; left out, AWS's own settings decide (for another endpoint: `us-east-1`).
        path_style: Whether the bucket goes into the URL's path instead of the host name. True by default where
            `endpoint_url` is set.
        aws_access_key_id: Access key; left out, the default chain of AWS decides (environment, profile, role).
        aws_secret_access_key: Secret of the access key.
        aws_session_token: Session token of temporary credentials.
        profile_name: Profile of the AWS configuration files, instead of keys.

    Example:
        >>> settings = S3ConnectionSettings(endpoint_url="http://127.0.0.1:8333", aws_access_key_id="me",
        ...                                 aws_secret_access_key="hunter2")
        >>> settings.path_style, "hunter2" in repr(settings)
        (True, False)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    endpoint_url: str | None = None
    region_name: str | None = None
    path_style: bool | None = Field(default=None, validate_default=True)
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    profile_name: str | None = None

    @field_validator("endpoint_url")
    @classmethod
    def _check_endpoint_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            _ = parts.port  # raises where it is no number
        except ValueError:
            raise ValueError("expected a URL such as `https://s3.example.com:9000`") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected a URL that begins with http:// or https:// and names a host")
        if parts.username or parts.password:
            raise ValueError("expected a URL without credentials; put them into `aws_access_key_id` and its secret")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("expected a URL without a path; the bucket belongs into `bucket`")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("path_style")
    @classmethod
    def _choose_path_style(cls, value: bool | None, others: ValidationInfo) -> bool:
        return others.data.get("endpoint_url") is not None if value is None else value

    @model_validator(mode="after")
    def _check_credentials(self) -> S3ConnectionSettings:
        if (self.aws_access_key_id is None) != (self.aws_secret_access_key is None):
            raise ValueError("`aws_access_key_id` and `aws_secret_access_key` belong together; give both or neither")
        if self.aws_session_token is not None and self.aws_access_key_id is None:
            raise ValueError("`aws_session_token` needs `aws_access_key_id` and `aws_secret_access_key`")
        if self.profile_name is not None and self.aws_access_key_id is not None:
            raise ValueError("`profile_name` and `aws_access_key_id` contradict each other; give one of them")
        return self

    @property
    def uses_aws(self) -> bool:
        """Whether the service is AWS itself, not a compatible one."""
        host = urlsplit(self.endpoint_url).hostname if self.endpoint_url else None
        return host is None or host.endswith((".amazonaws.com", ".amazonaws.com.cn"))

    @property
    def region(self) -> str | None:
        """The region, where it is given or follows from the endpoint."""
        if self.region_name or self.endpoint_url is None:
            return self.region_name
        if not self.uses_aws:
            return "us-east-1"
        found = _AWS_ENDPOINT.search(urlsplit(self.endpoint_url).hostname or "")
        return found["region"] if found else None

    @property
    def service(self) -> str:
        """The service in words, for messages."""
        return self.endpoint_url or (f"AWS S3 in {self.region_name}" if self.region_name else "AWS S3")

    def session(self) -> Any:
        """Build a `boto3.Session` with these credentials.

        Raises:
            InterfaceError: boto3 is not installed, or the profile does not exist.
        """
        try:
            import boto3
            from botocore.exceptions import ProfileNotFound
        except ImportError:
            raise InterfaceError("S3 needs boto3, which is not installed; run `pip install 'spark_dao[s3]'`") from None
        try:
            return boto3.Session(
                aws_access_key_id=_plain(self.aws_access_key_id),
                aws_secret_access_key=_plain(self.aws_secret_access_key),
                aws_session_token=_plain(self.aws_session_token),
                region_name=self.region,
                profile_name=self.profile_name,
            )
        except ProfileNotFound:
            raise InterfaceError(
                f"no profile `{self.profile_name}` in the AWS configuration files of this machine; "
                "run `aws configure list-profiles` to see them",
                key="profile_name",
            ) from None

    def client(self) -> S3Client:
        """Build a boto3 S3 client whose retries and timeouts are bounded.

        Services other than AWS get checksums only where an operation requires one, since many of them refuse the
        CRC trailers that boto3 sends by default (boto3 issue 4392).

        Raises:
            InterfaceError: boto3 is not installed, or the profile does not exist.
        """
        session = self.session()
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": MAXIMUM_ATTEMPTS},
            max_pool_connections=MAXIMUM_CONNECTIONS,
            s3={"addressing_style": "path" if self.path_style else "auto"},
        )
        if not self.uses_aws:
            config = config.merge(
                Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
            )
        client: S3Client = session.client("s3", endpoint_url=self.endpoint_url, config=config)
        return client

    def hadoop_settings(self, bucket: str) -> dict[str, str]:
        """Describe the same connection to Hadoop's S3A, for one bucket only.

        Values may hold secrets: they belong into the Hadoop configuration, never into a SparkConf.

        Args:
            bucket: Bucket that the entries are for.

        Returns:
            `fs.s3a.bucket.<bucket>.…` entries (Hadoop documentation, "Configuring different S3 buckets with
            Per-Bucket Configuration").

        Example:
            >>> settings = S3ConnectionSettings(endpoint_url="http://127.0.0.1:8333")
            >>> settings.hadoop_settings("silver")["fs.s3a.bucket.silver.endpoint"]
            'http://127.0.0.1:8333'
        """
        entries = {
            "path.style.access": str(self.path_style).lower(),
            # The SDK's retries and S3A's multiply, so that the defaults (5 and 7) hide a wrong endpoint for minutes.
            "attempts.maximum": "1",
            "retry.limit": "2",
            # S3A raises it to 15 seconds (`Constants.MINIMUM_NETWORK_OPERATION_DURATION`).
            "connection.establish.timeout": f"{CONNECT_TIMEOUT_SECONDS}s",
            "connection.timeout": f"{_HADOOP_READ_TIMEOUT_SECONDS}s",
        }
        if self.endpoint_url is not None:
            entries["endpoint"] = self.endpoint_url
            entries["connection.ssl.enabled"] = str(self.endpoint_url.startswith("https://")).lower()
        if self.region is not None:
            entries["endpoint.region"] = self.region
        return {f"fs.s3a.bucket.{bucket}.{key}": value for key, value in (entries | self._hadoop_credentials()).items()}

    def _hadoop_credentials(self) -> dict[str, str]:
        if self.aws_access_key_id is not None:
            kind = "Temporary" if self.aws_session_token is not None else "Simple"
            secrets = {
                "access.key": _plain(self.aws_access_key_id),
                "secret.key": _plain(self.aws_secret_access_key),
                "session.token": _plain(self.aws_session_token),
            }
            provider = f"org.apache.hadoop.fs.s3a.{kind}AWSCredentialsProvider"
            return {"aws.credentials.provider": provider} | {key: value for key, value in secrets.items() if value}
        if self.profile_name is not None:
            return {
                "aws.credentials.provider": "org.apache.hadoop.fs.s3a.auth.ProfileAWSCredentialsProvider",
                "auth.profile.name": self.profile_name,
            }
        # S3A's own default chain knows neither the AWS configuration files nor web identity tokens, boto3's does:
        # keys that the Hadoop configuration already has come first, then the SDK's chain, so that both agree.
        return {
            "aws.credentials.provider": ",".join(
                (
                    "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider",
                    "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
                    "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider",
                )
            )
        }


class S3Settings(S3ConnectionSettings):
    """A bucket, or a folder in it, and how it is reached.

    Args:
        bucket: Name of the bucket.
        prefix: Folder that the store is confined to; left out, the whole bucket.

    Example:
        >>> S3Settings(bucket="my-company-silver", prefix="/datasets/").root
        's3a://my-company-silver/datasets'
    """

    bucket: str
    prefix: str = ""

    @field_validator("bucket")
    @classmethod
    def _check_bucket(cls, value: str) -> str:
        if not _BUCKET.fullmatch(value) or ".." in value or _IP_ADDRESS.fullmatch(value):
            raise ValueError(
                "expected a bucket name (3 to 63 lower-case letters, digits, hyphens and dots, without `s3://`)"
            )
        return value

    @field_validator("prefix")
    @classmethod
    def _check_prefix(cls, value: str) -> str:
        try:
            return checked_key(value.strip("/")) if value.strip("/") else ""
        except PlanError as error:
            raise ValueError(error.message) from None

    @property
    def root(self) -> str:
        """The store's folder as a URI, without a slash at its end."""
        return f"s3a://{self.bucket}/{self.prefix}" if self.prefix else f"s3a://{self.bucket}"


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
