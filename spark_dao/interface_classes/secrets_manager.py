"""AWS Secrets Manager, which `{{secret:name#key}}` in a catalog refers to."""

from __future__ import annotations

import json
import re
from typing import Any

from spark_dao.errors import CatalogError, near_miss
from spark_dao.interface_classes.aws_calls import AwsFailure, secret_answer

_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):\d{12}:secret:.+")


class SecretsManager:
    """Secrets that one declaration refers to; each is read once, so that user and password are of one version.

    Credentials are those of AWS's default chain, and so is the region unless the secret's ARN says it.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def value(self, reference: str) -> str:
        """Return what a reference stands for.

        Args:
            reference: `name` or ARN for a secret that is one value; `name#key` for one value of a secret that is a JSON
                object; `name#` for that object as it is.

        Raises:
            CatalogError: There is no such secret or key, it may not be read, or boto3 is missing.
        """
        name, separator, key = (part.strip() for part in reference.partition("#"))
        if not name:
            raise CatalogError("expected `{{secret:name#key}}`, found no secret's name")
        if name not in self._texts:
            self._texts[name] = _read(name)
        return self._texts[name] if separator and not key else _part(name, key, self._texts[name])


def _read(name: str) -> str:
    try:
        import boto3
    except ImportError:
        raise CatalogError(
            f"secret `{name}` needs boto3, which is not installed; run `pip install 'spark_dao[redshift]'` "
            "where this runs"
        ) from None
    from botocore.exceptions import ProfileNotFound

    arn = _ARN.fullmatch(name)
    try:
        answer = secret_answer(
            boto3.Session(),
            "secretsmanager",
            "get_secret_value",
            permission="secretsmanager:GetSecretValue",
            region=arn["region"] if arn else None,
            SecretId=name,
        )
    except (AwsFailure, ProfileNotFound) as failure:
        raise CatalogError(f"secret `{name}` of AWS Secrets Manager cannot be read: {failure}") from None
    if "SecretString" not in answer:
        raise CatalogError(f"secret `{name}` is binary; expected text")
    return str(answer["SecretString"])


def _part(name: str, key: str, text: str) -> str:
    parts = _parts(text)
    if not key:
        if parts is None:
            return text
        problem = "say which of its keys is meant" + near_miss("", parts)
        raise CatalogError(f"secret `{name}` is a JSON object; {problem}; or `{name}#` for all of it")
    if parts is None:
        raise CatalogError(f"secret `{name}` is no JSON object and has no key `{key}`; leave `#{key}` out")
    if key not in parts:
        raise CatalogError(f"secret `{name}` has no key `{key}`{near_miss(key, parts)}")
    if isinstance(parts[key], (dict, list)) or parts[key] is None:
        raise CatalogError(f"secret `{name}`: expected text or a number under `{key}`")
    return str(parts[key])


def _parts(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
