"""`python -m spark_dao.spark.resolver`, as the driver's JVM starts it."""

from __future__ import annotations

import gc
import sys

from spark_dao.spark.resolver.processes import capture_streams, end_with_parent

_ALLOCATIONS_PER_COLLECTION = 50_000


def main() -> None:
    """Serve requests until stdin ends."""
    requests, answers = capture_streams()
    end_with_parent()
    # Modules, models and catalogs stay for good; with Python's threshold of 700 a fifth of the start, and of the first
    # question to S3, goes into looking through them in vain.
    gc.set_threshold(_ALLOCATIONS_PER_COLLECTION)
    # Only now, since what is imported may print.
    from spark_dao.spark.resolver.server import Server
    from spark_dao.spark.resolver.workers import WORKER_FLAG

    Server(answers, is_worker=WORKER_FLAG in sys.argv[1:]).serve(requests)


if __name__ == "__main__":
    main()
