"""What S3 answers when it refuses, said so that the reader knows what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.s3.settings import S3ConnectionSettings

_WRONG_KEYS = {
    "InvalidAccessKeyId": "does not know the access key",
    "SignatureDoesNotMatch": "found that the secret key does not fit the access key",
    "AuthFailure": "refused the access key",
    "InvalidToken": "refused the session token",
    "ExpiredToken": "refused the session token, which has expired",
    "ExpiredTokenException": "refused the session token, which has expired",
    "TokenRefreshRequired": "refused the session token, which has expired",
}
_DENIED = ("AccessDenied", "403", "Forbidden", "AllAccessDisabled")
_MISSING_BUCKET = ("NoSuchBucket",)
_WRONG_REGION = ("PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")
_MISSING_FILE = ("NoSuchKey", "404", "NotFound")


@contextmanager
def translated_failures(settings: S3ConnectionSettings, bucket: str, action: str) -> Iterator[None]:
    """Turn whatever botocore raises inside the block into one InterfaceError.

    Args:
        settings: The connection, for its name in the message.
        bucket: Bucket that the block works on.
        action: What the block does, as it follows "could not": `list s3a://silver/users/`.

    Raises:
        InterfaceError: With bucket, endpoint and remedy; never a credential.
    """
    # Imported here because this module must load, and its caller explain itself, where boto3 is missing.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        _raise_refusal(error, settings, bucket, action)
    except BotoCoreError as error:
        _raise_failure(error, settings, bucket, action)


def error_code(error: Exception) -> str:
    """Return S3's error code of a botocore ClientError, an empty string where there is none.

    Example:
        >>> error_code(ValueError("no answer of S3"))
        ''
    """
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_missing_file(error: Exception) -> bool:
    """Tell whether S3 said that a key does not exist."""
    return error_code(error) in _MISSING_FILE


def _raise_refusal(error: Exception, settings: S3ConnectionSettings, bucket: str, action: str) -> NoReturn:
    code = error_code(error)
    place = f"bucket `{bucket}` at {settings.service}"
    if code in _WRONG_KEYS:
        raise InterfaceError(
            f"could not {action}: {place} {_WRONG_KEYS[code]} ({code}); check `aws_access_key_id` and "
            "`aws_secret_access_key` (or the profile) of the store",
            key="aws_access_key_id",
        ) from None
    if code in _DENIED:
        raise InterfaceError(
            f"could not {action}: {place} denies access ({code}); check the store's credentials and what they "
            "are allowed to do with this bucket",
            key="aws_access_key_id",
        ) from None
    if code in _MISSING_BUCKET:
        raise InterfaceError(
            f"could not {action}: there is no bucket `{bucket}` at {settings.service}; create it, or correct the "
            "store's `bucket`",
            key="bucket",
        ) from None
    if code in _WRONG_REGION:
        raise InterfaceError(
            f"could not {action}: {place} is in another region ({code}); set the store's `region_name` to the "
            "bucket's region",
            key="region_name",
        ) from None
    if code in _MISSING_FILE:
        raise InterfaceError(f"could not {action}: it does not exist in {place}, or the bucket does not") from None
    raise InterfaceError(f"could not {action}: {place} refused: {error}") from error


def _raise_failure(error: Exception, settings: S3ConnectionSettings, bucket: str, action: str) -> NoReturn:
    from botocore import exceptions

    place = f"bucket `{bucket}` at {settings.service}"
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        raise InterfaceError(
            f"could not {action}: there are no complete credentials for {place}; give the store "
            "`aws_access_key_id` and `aws_secret_access_key` or `profile_name`, or set AWS's own variables",
            key="aws_access_key_id",
        ) from None
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.IncompleteReadError)):
        raise InterfaceError(
            f"could not {action}: no usable answer from {place} ({type(error).__name__}); check that the service "
            "runs, that the store's `endpoint_url` is right, and that this machine may reach it",
            key="endpoint_url",
        ) from None
    raise InterfaceError(f"could not {action} ({place}): {type(error).__name__}: {error}") from error
