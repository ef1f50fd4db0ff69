"""What all sessions of one proxy share."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from spark_dao.local.warehouse.authentication import password_secret
from spark_dao.local.warehouse.backend import Backend
from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.failures import BackendFailure, BackendGone, WarehouseError, detail_block
from spark_dao.local.warehouse.faults import FaultFolder
from spark_dao.local.warehouse.history import History
from spark_dao.local.warehouse.object_storage import ObjectStorage
from spark_dao.local.warehouse.tokens import literal, quote_identifier

logger = logging.getLogger(__name__)


class Services:
    """S3, the limit on transfers, and a place for records that outlive a rolled-back transaction.

    Args:
        configuration: The proxy's settings.

    Attributes:
        storage: The S3 server.
        transfers: Held while data moves.
        faults: What tests want to go wrong.
        history: What statements were received.
    """

    def __init__(self, configuration: WarehouseConfiguration) -> None:
        self.configuration = configuration
        self.storage = ObjectStorage(configuration)
        self.faults = FaultFolder(configuration.fault_folder)
        self.history = History(configuration)
        self.transfers = threading.BoundedSemaphore(configuration.concurrent_transfers)

    def check_role(self, iam_role: str) -> None:
        """Refuse any role but the configured one.

        Args:
            iam_role: The role of the statement; `default` is the configured one.

        Raises:
            WarehouseError: Another role (the words are those of public reports; the code XX000 is a guess).
        """
        if iam_role not in ("default", self.configuration.iam_role):
            user = f"arn:aws:redshift:local:000000000000:dbuser:spark-dao-local/{self.configuration.user}"
            text = f"User {user} is not authorized to assume IAM Role {iam_role}"
            raise WarehouseError("XX000", text, detail_block(text, 8001, f"IAM Role={iam_role}"))

    def user_secret(self, user: str) -> str | None:
        """Return what is kept of a user's password, None where there is no such user.

        Args:
            user: The name that a client gave.

        Raises:
            WarehouseError: 08006, PostgreSQL cannot be asked.
        """
        if user == self.configuration.user:
            return password_secret(user, self.configuration.password.get_secret_value())
        try:
            backend = Backend.connect(self.configuration, {})
            try:
                rows = backend.execute(f"SELECT spark_dao_warehouse.user_secret({literal(user)})")
            finally:
                backend.close()
        except (BackendFailure, BackendGone) as error:
            raise WarehouseError("08006", "the PostgreSQL behind the local warehouse does not answer") from error
        return rows[0][0]

    def connect_as(self, user: str, parameters: Mapping[str, str]) -> Backend:
        """Connect to PostgreSQL and become a user.

        Args:
            user: The user, authenticated.
            parameters: The client's start-up parameters.

        Raises:
            BackendFailure: PostgreSQL refused.
            BackendGone: PostgreSQL cannot be reached.
        """
        backend = Backend.connect(self.configuration, parameters)
        try:
            backend.execute(f"SET SESSION AUTHORIZATION {quote_identifier(user)}")
        except BaseException:
            backend.close()
            raise
        return backend

    def record(self, sql: str) -> None:
        """Run a statement in a transaction of its own; a failure is logged, for the client has its own error to see.

        Args:
            sql: One statement.
        """
        try:
            backend = Backend.connect(self.configuration, {"application_name": "spark_dao warehouse"})
            try:
                backend.execute(sql)
            finally:
                backend.close()
        except (BackendFailure, BackendGone) as error:
            logger.warning("a load error could not be recorded: %s", error)
