"""Ten million rows: they pass through the proxy and are never all in it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

ROWS_PER_FILE, FILES, LOADS = 500_000, 5, 4
MOST_MEGABYTES_MORE = 150


def resident_megabytes(pid):
    """The highest resident size that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak) // 1024


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process from /proc")
def test_ten_million_rows_are_loaded_without_being_held(local_stack, warehouse, connection, run, table):
    """Issue 5: 10 M rows without holding them in memory; as Arrow these rows take about 800 MB."""
    (proxy,) = [server.pid for server in local_stack.status() if "Redshift" in server.title]
    numbers = pa.array(range(ROWS_PER_FILE))
    texts = pa.array([f"{number:064d}" for number in range(ROWS_PER_FILE)])
    file = pa.table({"id": numbers, "twice": numbers, "label": texts})
    run(f"CREATE TABLE {table} (id bigint, twice bigint, label varchar(64))")
    run(warehouse.copy(table, file.slice(0, 50_000)))
    run(f"DELETE FROM {table}")
    before = resident_megabytes(proxy)
    copy = warehouse.copy(table, *[file] * FILES)
    for _ in range(LOADS):
        run(copy)
    rows = ROWS_PER_FILE * FILES * LOADS
    total = FILES * LOADS * sum(range(ROWS_PER_FILE))
    assert run(f"SELECT count(*), sum(id), sum(twice) FROM {table}") == [(rows, total, total)]
    connection.rollback()
    grown = resident_megabytes(proxy) - before
    assert grown < MOST_MEGABYTES_MORE, f"the proxy grew by {grown} MB"
