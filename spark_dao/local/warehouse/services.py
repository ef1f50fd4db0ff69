"""What all sessions of one proxy share."""

from __future__ import annotations

import logging
import threading

from spark_dao.local.warehouse.backend import Backend
from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.failures import BackendFailure, BackendGone, WarehouseError, detail_block
from spark_dao.local.warehouse.faults import FaultFolder
from spark_dao.local.warehouse.history import History
from spark_dao.local.warehouse.object_storage import ObjectStorage

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
