"""`python -m spark_dao.spark.resolver`, as the driver's JVM starts it."""

from __future__ import annotations

import sys

from spark_dao.spark.resolver.processes import capture_streams, end_with_parent


def main() -> None:
    """Serve requests until stdin ends."""
    requests, answers = capture_streams()
    end_with_parent()
    # Only now, since what is imported may print.
    from spark_dao.spark.resolver.server import Server
    from spark_dao.spark.resolver.workers import WORKER_FLAG

    Server(answers, is_worker=WORKER_FLAG in sys.argv[1:]).serve(requests)


if __name__ == "__main__":
    main()
