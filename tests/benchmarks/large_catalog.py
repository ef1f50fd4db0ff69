"""A catalog of 100,000 objects in 100 stores: loading, listing, looking up, memory."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

from pyspark.sql import SparkSession

from tests.benchmarks.pairs import Interval, in_turn, ratio
from tests.benchmarks.report import Figure, most_figure
from tests.benchmarks.sessions import ask

GROUP = "A catalog of 100,000 objects in 100 stores"
STORES = 100
MOST_GROWTH_MEGABYTES = 10
_OBJECT = {
    "format": "parquet",
    "partition_by": ["day"],
    "primary_keys": ["id"],
    "owner": "data team",
    "description": "one row for each event",
    "schema": "id BIGINT, name STRING, day DATE",
}


def write_catalogs(folder: Path) -> tuple[Path, Path]:
    """Write the large catalog and one of ten objects; every table of the first store has a file."""
    for number in range(1000):
        table = folder / "store_0" / f"object_{number}"
        table.mkdir(parents=True, exist_ok=True)
        (table / "part-0.parquet").touch()
    return _catalog(folder, "large", STORES, 1000), _catalog(folder, "small", 1, 10)


def _catalog(folder: Path, name: str, stores: int, objects: int) -> Path:
    declared = {
        f"store_{number}": {
            "interface_class": "FileSparkInterface",
            "default_configs": {"root": (folder / f"store_{number}").as_uri()},
            "data_objects": {f"object_{each}": _OBJECT for each in range(objects)},
        }
        for number in range(stores)
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(declared))
    return file


def measure(session: SparkSession, folder: Path, rounds: int, lookups: int) -> list[Figure]:
    """Measure with the large catalog as Spark catalog `large`, the one of ten objects as `small`."""
    large, small = write_catalogs(folder)
    pid = ask(session, "hello")["pid"]
    before = _resident_megabytes(pid)
    seconds = []
    session.conf.set("spark.sql.catalog.dao.config", str(large))
    for number in range(rounds):
        # Changed, so that it is read anew.
        os.utime(large)
        started = time.perf_counter()
        ask(session, "stores")
        seconds.append(time.perf_counter() - started)
        if number == 0:
            loaded = _resident_megabytes(pid)
    figures = [most_figure(GROUP, "loaded", Interval.of(seconds), 2, "s")]
    for name, file in (("large", large), ("small", small)):
        session.conf.set(f"spark.sql.catalog.{name}", "io.sparkdao.DaoCatalog")
        session.conf.set(f"spark.sql.catalog.{name}.config", str(file))
    tables = in_turn({"show": lambda: session.sql("SHOW TABLES IN large.store_0").collect()}, rounds, warm_up=2)["show"]
    figures.append(most_figure(GROUP, "SHOW TABLES of 1,000", Interval.of(tables), 0.3, "s"))
    lookup = {name: (lambda name=name: session.table(f"{name}.store_0.object_7")) for name in ("small", "large")}
    times = in_turn(lookup, lookups, warm_up=50)
    measured = ratio(times["large"], times["small"])
    shown = f"{measured.median:.3f} [{measured.low:.3f}, {measured.high:.3f}] of a lookup among 10"
    figures.append(Figure(GROUP, "a lookup", shown, "no slower: ≤ 1.02", measured.low <= 1.02))
    return [*figures, *_memory(session, pid, before, loaded)]


def _memory(session: SparkSession, pid: int, before: float, loaded: float) -> list[Figure]:
    # Spark keeps the relations of its last 1,000 tables (spark.sql.filesourceTableRelationCacheSize).
    for number in range(1000):
        session.table(f"large.store_0.object_{number}")
    heap_before, resident_before = _heap_megabytes(session), _resident_megabytes(pid)
    for number in range(2000):
        session.table(f"large.store_0.object_{number % 1000}")
    heap, resident = _heap_megabytes(session) - heap_before, _resident_megabytes(pid) - resident_before
    return [
        Figure(GROUP, "the resolver's memory for it", f"{loaded - before:.0f} MB (and {before:.0f} MB without)"),
        Figure(
            GROUP,
            "growth over 2,000 lookups of 1,000 tables, resolver",
            f"{resident:.1f} MB",
            f"≤ {MOST_GROWTH_MEGABYTES} MB",
            resident <= MOST_GROWTH_MEGABYTES,
        ),
        Figure(
            GROUP,
            "growth over 2,000 lookups of 1,000 tables, driver's heap after collection",
            f"{heap:.1f} MB",
            f"≤ {MOST_GROWTH_MEGABYTES} MB",
            heap <= MOST_GROWTH_MEGABYTES,
            f"{heap_before:.0f} MB before",
        ),
    ]


def _resident_megabytes(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _heap_megabytes(session: SparkSession) -> float:
    runtime = session._jvm.java.lang.Runtime.getRuntime()
    for _ in range(3):
        runtime.gc()
    return (runtime.totalMemory() - runtime.freeMemory()) / 1024**2
