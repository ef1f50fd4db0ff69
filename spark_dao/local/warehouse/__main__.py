"""Run the proxy: `python -m spark_dao.local.warehouse --config FILE`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.failures import BackendFailure, BackendGone
from spark_dao.local.warehouse.server import WarehouseServer


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m spark_dao.local.warehouse", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file with the settings")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        server = WarehouseServer(WarehouseConfiguration.from_file(arguments.config))
        server.start()
    except (OSError, ValidationError, BackendFailure, BackendGone) as error:
        logging.getLogger(__name__).error("the warehouse cannot start: %s", error)
        return 1

    def stop(signal_number: int, frame: FrameType | None) -> None:
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
