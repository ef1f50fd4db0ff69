"""The local stack: a real S3 server and a Redshift-compatible warehouse for development and tests."""

from spark_dao.local.faults import ArmedFault, Fault
from spark_dao.local.servers import ServerStatus
from spark_dao.local.stack import LocalStack

__all__ = ["ArmedFault", "Fault", "LocalStack", "ServerStatus"]
