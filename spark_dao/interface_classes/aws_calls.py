"""Calls of AWS whose answer is a secret: bounded in time, kept out of the log, and one reason when they fail."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Any

from spark_dao.interface_classes.s3.settings import CONNECT_TIMEOUT_SECONDS, MAXIMUM_ATTEMPTS, READ_TIMEOUT_SECONDS

# botocore writes the bodies of answers there (botocore/parsers.py, `ResponseParser.parse`).
_BODIES = "botocore.parsers"
_MISSING = ("ResourceNotFoundException", "ClusterNotFound", "ClusterNotFoundFault")


class AwsFailure(Exception):
    """AWS gave no answer; its text says why and what to do, for a message that says what was asked."""


def secret_answer(
    session: Any, service: str, operation: str, *, permission: str, region: str | None = None, **arguments: Any
) -> dict[str, Any]:
    """Call an operation of AWS.

    Another endpoint than AWS's own is said as boto3 has it: `AWS_ENDPOINT_URL_<SERVICE>`, or in the AWS configuration
    files (boto3 documentation, "Service-specific endpoints").

    Args:
        session: A `boto3.Session`.
        service: boto3's name of the service.
        operation: boto3's name of the operation.
        permission: The IAM action that the operation needs, for the failure.
        region: Where to ask; left out, the session's region.
        arguments: The operation's parameters.

    Raises:
        AwsFailure: It did not answer, or refused.
    """
    from botocore.config import Config
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
    )

    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": MAXIMUM_ATTEMPTS},
    )
    try:
        client = session.client(service, region_name=region, config=config)
        with _unlogged():
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
    except NoRegionError:
        reason = "no AWS region is known; set AWS_REGION"
    except (NoCredentialsError, PartialCredentialsError):
        reason = (
            "no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, "
            "or give this machine a role"
        )
    except ClientError as error:
        reason = _refusal(dict(error.response.get("Error", {})), permission, client.meta.region_name)
    except BotoCoreError as error:
        reason = f"{str(error).rstrip('.')}; check the network and the region"
    else:
        return answer
    raise AwsFailure(reason)


def _refusal(fault: dict[str, Any], permission: str, region: str) -> str:
    code, message = fault.get("Code", ""), fault.get("Message", "").rstrip(".")
    if code in _MISSING:
        return f"AWS has none of that name in {region}; check the name and the region"
    if code.startswith("AccessDenied"):
        return f"{message or code}; allow this identity `{permission}`"
    return f"{message} ({code})" if message else code


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    thread, bodies = threading.get_ident(), logging.getLogger(_BODIES)

    def is_of_others(record: logging.LogRecord) -> bool:
        return record.thread != thread

    bodies.addFilter(is_of_others)
    try:
        yield
    finally:
        bodies.removeFilter(is_of_others)
