"""The first use in a fresh driver: from starting the resolver to its first answer, as the JVM sees it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.benchmarks.sessions import ask, start_session

MOST_SECONDS = 0.5


def main() -> None:
    """Print the seconds of this process's first question."""
    session = start_session(Path(sys.argv[1]), cores=1)
    session.range(1).collect()
    started = time.perf_counter()
    ask(session, "describe", name="store.known")
    print(time.perf_counter() - started, flush=True)
    session.stop()


if __name__ == "__main__":
    main()
