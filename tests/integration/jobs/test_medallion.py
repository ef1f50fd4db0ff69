"""The three jobs write exactly what an independent computation says, once and again."""

from __future__ import annotations

import csv
import dataclasses
import io
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.integration.jobs import generator, reference
from tests.integration.jobs.medallion import AS_OF, SAMPLE_DATA, Medallion

PARTITIONED = {"users_clean": "created_at", "events_enriched": "timestamp"}


def test_the_sample_data_gives_the_tables_of_the_reference(loaded):
    assert_same_as_reference(loaded, SAMPLE_DATA, AS_OF)


def test_bronze_holds_the_files_as_they_were_delivered(loaded):
    delivered = {
        f"{file.stem}_raw/{file.parent.name}/{file.name}": file.read_bytes() for file in SAMPLE_DATA.glob("*/*.*")
    }
    assert loaded.bronze() == delivered


@pytest.mark.full
def test_a_second_run_uploads_nothing_and_changes_nothing(loaded):
    before = contents(loaded)
    uploaded, *_ = loaded.run_all(SAMPLE_DATA, AS_OF)
    assert "4 files delivered, 0 uploaded, 4 unchanged" in uploaded
    assert contents(loaded) == before
    assert loaded.keys("temp") == []


def test_the_sample_data_holds_every_kind_of_dirt():
    silver = reference.silver(SAMPLE_DATA)
    assert set(silver.users_rejected["reason"]) == {
        *("malformed line", "missing id", "empty email", "unparseable created_at", "superseded by a newer row")
    }
    assert set(silver.events_rejected["reason"]) == {
        *("malformed line", "missing event_id", "unparseable timestamp", "order_value is no number"),
        "duplicate event_id",
    }
    names = [name for name in silver.users_clean["name"] if name]
    assert any("," in name and "\n" in name and '"' in name for name in names)
    assert any(not name.isascii() for name in names)
    unknown = silver.events_enriched[silver.events_enriched["user_name"].isna()]["user_id"]
    assert set(unknown) - set(silver.users_clean["id"]) - {None}


@pytest.mark.full
def test_a_correction_and_a_new_delivery_give_the_tables_of_the_reference(fresh_medallion, tmp_path):
    source = generator.generate(tmp_path / "source", users=2_000, events=10_000, seed=1)
    earlier = tmp_path / "earlier"
    shutil.copytree(source, earlier)
    shutil.rmtree(earlier / generator.LAST_DAY.isoformat())
    corrected = earlier / generator.FIRST_DAY.isoformat() / "users.csv"
    corrected.write_text(corrected.read_text(encoding="utf-8").swapcase(), encoding="utf-8")

    fresh_medallion.run("01_ingest_bronze", "--source", str(earlier))
    uploaded, *_ = fresh_medallion.run_all(source, generator.LAST_DAY.isoformat())
    assert "10 files delivered, 3 uploaded, 7 unchanged" in uploaded
    assert_same_as_reference(fresh_medallion, source, generator.LAST_DAY.isoformat())


@pytest.mark.full
@pytest.mark.timeout(3000)
def test_a_million_generated_events_give_the_tables_of_the_reference(fresh_medallion, tmp_path):
    large = dataclasses.replace(fresh_medallion, short_jobs=False)
    source = generator.generate(tmp_path, users=200_000, events=1_000_000, seed=2)
    large.run_all(source, generator.LAST_DAY.isoformat())
    assert_same_as_reference(large, source, generator.LAST_DAY.isoformat())


def assert_same_as_reference(medallion: Medallion, source: Path, as_of: str) -> None:
    silver = reference.silver(source)
    written = {
        "users_clean": silver.users_clean,
        "users_rejected": silver.users_rejected,
        "events_enriched": silver.events_enriched,
        "events_rejected": silver.events_rejected,
    }
    for table, expected in written.items():
        assert_same_rows(table, silver_rows(medallion, table, list(expected.columns)), rows_of(expected))
    assert len(silver.users_clean) + len(silver.users_rejected) == silver.users_delivered
    assert len(silver.events_enriched) + len(silver.events_rejected) == silver.events_delivered
    for table in PARTITIONED:
        keys = [key for key in medallion.keys("silver") if key.startswith(f"datasets/{table}/year=")]
        days = {tuple(part.partition("=")[2] for part in key.split("/")[2:5]) for key in keys}
        assert days == {
            tuple(map(str, day)) for day in written[table][["year", "month", "day"]].itertuples(index=False)
        }

    gold = reference.gold(silver, date.fromisoformat(as_of))
    for table, found in medallion.gold().items():
        assert_same_rows(table, found, rows_of(getattr(gold, table)))
    assert medallion.gold_tables() == ["sales_daily_agg", "users_agg"]
    assert medallion.keys("temp") == []


def assert_same_rows(table: str, written: Counter[Any], expected: Counter[Any]) -> None:
    missing, surplus = list((expected - written).elements()), list((written - expected).elements())
    assert not missing and not surplus, (
        f"{table}: {len(missing)} rows missing, {len(surplus)} surplus; missing {missing[:3]}, surplus {surplus[:3]}"
    )


def rows_of(frame: pd.DataFrame) -> Counter[Any]:
    return Counter(frame.itertuples(index=False, name=None))


def silver_rows(medallion: Medallion, table: str, columns: list[str]) -> Counter[Any]:
    read = medallion.silver(table)
    assert set(read.column_names) == set(columns)
    values = {column: read.column(column).to_pylist() for column in columns}
    if table == "users_rejected":
        values["malformed_line"] = [line and unquoted(line) for line in values["malformed_line"]]
    return Counter(zip(*values.values(), strict=True))


def unquoted(line: str) -> str:
    """A malformed line of csv is kept as it was written; the reference knows its values only."""
    return ",".join(next(csv.reader(io.StringIO(line, newline=""))))


def contents(medallion: Medallion) -> dict[str, Any]:
    tables: dict[str, Any] = {"bronze": medallion.bronze()}
    for table in ("users_clean", "users_rejected", "events_enriched", "events_rejected"):
        read = medallion.silver(table)
        tables[table] = silver_rows(medallion, table, read.column_names)
    return {**tables, **medallion.gold()}
