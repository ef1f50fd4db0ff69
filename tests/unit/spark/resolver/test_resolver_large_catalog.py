from __future__ import annotations

import re
from pathlib import Path

import pytest

MOST_GROWTH_MEGABYTES = 5


@pytest.mark.full
def test_lookups_in_a_catalog_of_100_000_objects_leave_the_resolver_as_large_as_it_was(clients, catalog, tmp_path):
    declared = {f"object_{number}": {"format": "parquet", "owner": "data team"} for number in range(1000)}
    store = {"interface_class": "FileSparkInterface", "default_configs": {"root": tmp_path.as_uri()}}
    client = clients(catalog({f"store_{number}": {**store, "data_objects": declared} for number in range(100)}))
    for number in range(1000):
        client.ask("describe", name=f"store_{number % 100}.object_{number}")
    before = resident_megabytes(client)
    for number in range(2000):
        client.ask("describe", name=f"store_{number % 100}.object_{number % 1000}")
    assert resident_megabytes(client) - before < MOST_GROWTH_MEGABYTES


def resident_megabytes(client):
    status = Path(f"/proc/{client.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024
