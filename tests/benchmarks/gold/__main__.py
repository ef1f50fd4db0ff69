"""`python -m tests.benchmarks.gold FOLDER SIZE`: prints the figures of gold as JSON, in a JVM of its own."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path

from tests.benchmarks.gold import reads, upserts, writes
from tests.benchmarks.gold.orders import orders
from tests.benchmarks.gold.place import started
from tests.benchmarks.gold.sizes import SIZES
from tests.benchmarks.gold.wrangler import Wrangler
from tests.benchmarks.report import to_json


def main() -> None:
    """Measure at the size that the command line names."""
    folder, sizes = Path(sys.argv[1]), SIZES[sys.argv[2]]
    with started(folder) as place:
        # Kept in memory, so that what is timed is the writing.
        data = orders(place.session, sizes.rows).cache()
        data.count()
        # First, while the driver has not grown by what its peers need.
        figures = upserts.measure(place, data, sizes)
        _told("gold: upserts and memory")
        with contextlib.closing(Wrangler(place.environment, writes.staged_rows(data, folder))) as wrangler:
            figures += writes.measure(place, wrangler, data, sizes)
            _told("gold: writes")
            figures += reads.measure(place, wrangler, data, sizes)
            _told("gold: reads")
    print(json.dumps(to_json(figures)), flush=True)


def _told(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
