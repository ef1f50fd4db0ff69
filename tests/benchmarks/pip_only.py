"""The pip-only mode: the Python data source against the native read, in a JVM without the jar."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from spark_dao import register
from tests.benchmarks.pairs import Interval, in_turn
from tests.benchmarks.report import Figure, to_json
from tests.benchmarks.sessions import start_session

LEAST_THROUGHPUT = 0.45


def main() -> None:
    """Print the figures of this process."""
    catalog, folder, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    session = start_session(catalog, jar=False)
    register(session)
    ways = {
        "native": lambda: session.read.parquet(str(folder / "events")).write.format("noop").mode("overwrite").save(),
        "pip-only": lambda: (
            session.read.format("dao").load("store.events").write.format("noop").mode("overwrite").save()
        ),
    }
    seconds = in_turn(ways, rounds)
    measured = Interval.of([one / other for one, other in zip(seconds["native"], seconds["pip-only"], strict=True)])
    base = statistics.median(seconds["native"])
    shown = f"{measured.median:.2f} [{measured.low:.2f}, {measured.high:.2f}] of native throughput ({base:.2f} s)"
    figure = Figure(
        "Pip-only", "full scan, no jar", shown, f"≥ {LEAST_THROUGHPUT}", measured.median >= LEAST_THROUGHPUT
    )
    print(json.dumps(to_json([figure])), flush=True)
    session.stop()


if __name__ == "__main__":
    main()
