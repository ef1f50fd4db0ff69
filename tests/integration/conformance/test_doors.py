"""The conformance suite without the bridge's jar: `dao.read` and the Python data source."""

from __future__ import annotations

from typing import ClassVar

from tests.integration.conformance.suite import Conformance


class TestWithoutTheJar(Conformance):
    doors = ("dao", "format")
    formats = ("parquet", "orc", "csv", "json")
    # Pairwise: every door, store, kind and format at least once with each of the others.
    sampled: ClassVar = {
        "dao": {"files.plain_parquet", "files.parted_csv", "lake.parted_json", "lake.plain_orc", "house.plain_table"},
        "format": {
            "files.parted_orc",
            "files.plain_json",
            "lake.parted_parquet",
            "lake.plain_csv",
            "house.plain_table",
        },
    }
