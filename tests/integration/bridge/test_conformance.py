"""The conformance suite through the bridge's jar: the native data source and SQL."""

from __future__ import annotations

from typing import ClassVar

from tests.integration.conformance.suite import Conformance


class TestWithTheJar(Conformance):
    doors = ("format", "sql")
    formats = ("parquet", "orc", "csv", "json", "delta")
    # Each format, store and kind once; the matrix samples the rest.
    sampled: ClassVar = {
        "format": {"files.plain_csv", "lake.parted_delta", "house.plain_table"},
        "sql": {"files.parted_orc", "lake.plain_json", "lake.parted_parquet", "house.plain_table"},
    }
