"""The local stack: a real S3 server and a Redshift-compatible warehouse for development and tests."""

from spark_dao.local.stack import LocalStack, ServerStatus

__all__ = ["LocalStack", "ServerStatus"]
