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
from tests.integration.jobs.medallion import ROOT, Medallion

SAMPLE_DATA = ROOT / "jobs" / "sample_data"
AS_OF = "2025-01-08"
PARTITIONED = {"users_clean": "created_at", "events_enriched": "timestamp"}


@pytest.fixture(scope="module")
def loaded(medallion) -> Medallion:
    """The sample data in all three layers."""
    medallion.run_all(SAMPLE_DATA, AS_OF)
    return medallion


def test_the_sample_data_gives_the_tables_of_the_reference(loaded):
    assert_same_as_reference(loaded, SAMPLE_DATA, AS_OF)


def test_bronze_holds_the_files_as_they_were_delivered(loaded):
    delivered = {
        f"{file.stem}_raw/{file.parent.name}/{file.name}": file.read_bytes() for file in SAMPLE_DATA.glob("*/*.*")
    }
    assert loaded.bronze() == delivered


def test_a_second_run_uploads_nothing_and_changes_nothing(loaded):
    before = contents(loaded)
    uploaded, *_ = loaded.run_all(SAMPLE_DATA, AS_OF)
    assert "4 files delivered, 0 uploaded, 4 unchanged" in uploaded
    assert contents(loaded) == before
    assert loaded.keys("temp") == []


def test_a_new_delivery_changes_what_it_must(loaded, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(SAMPLE_DATA, source)
    file = source / "2025-01-08" / "users.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Ada King", "Ada Byron"), encoding="utf-8")
    late = source / "2025-01-09"
    late.mkdir()
    (late / "events.json").write_text(
        '{"event_id":"e-004","user_id":3,"event_type":"purchase","order_value":76,"timestamp":"2025-01-08"}\n'
    )
    uploaded, *_ = loaded.run_all(source, AS_OF)
    assert "5 files delivered, 2 uploaded, 3 unchanged" in uploaded
    assert_same_as_reference(loaded, source, AS_OF)


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


def test_generated_data_gives_the_tables_of_the_reference(fresh_medallion, tmp_path):
    source = generator.generate(tmp_path, users=2_000, events=10_000, seed=1)
    fresh_medallion.run_all(source, generator.LAST_DAY.isoformat())
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
    for table, expected in (("users_agg", gold.users_agg), ("sales_daily_agg", gold.sales_daily_agg)):
        assert_same_rows(table, Counter(medallion.gold(table, list(expected.columns))), rows_of(expected))
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
    tables["users_agg"] = Counter(
        medallion.gold(
            "users_agg",
            ["user_id", "total_purchases", "avg_order_value", "last_purchase_date", "account_age_days"],
        )
    )
    tables["sales_daily_agg"] = Counter(medallion.gold("sales_daily_agg", ["date", "region", "revenue", "orders"]))
    return tables
