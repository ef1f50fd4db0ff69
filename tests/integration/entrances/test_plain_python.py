"""Plain `python` with `configure`: one process in which everything is looked at."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from spark_dao.local import LocalStack
from tests.integration.entrances.conftest import PROGRAMS, SMALL, Installed, answer, folder_store, make_stores


@pytest.fixture(scope="module")
def process(installed: Installed, local_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("plain")
    stores = make_stores(local_stack, folder)
    other = {"files": folder_store(folder / "other", orders={"partition_by": ["year"]})}
    (folder / "changing.json").write_text(json.dumps(other))
    (folder / "events").mkdir()
    logged = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": str(folder / "events"),
    }
    # A secret that stands in a dict itself must be hidden as well as one that is referred to.
    catalog = json.loads(json.dumps(stores.catalog))
    catalog["lake"]["default_configs"]["aws_secret_access_key"] = stores.secrets[0]
    told = {
        "catalog": catalog,
        "other_catalog": other,
        "changing": str(folder / "changing.json"),
        "conf": {**SMALL, **logged},
    }
    environment = installed.environment(**stores.variables)
    done = installed.run([sys.executable, PROGRAMS / "plain.py"], folder, environment, told)
    said = answer(done)
    events = "\n".join(path.read_text() for path in (folder / "events").rglob("events_*") if path.is_file())
    return {**said, "secrets": stores.secrets, "events": events, "printed": done.stdout + done.stderr}


def test_only_the_wheel_is_seen(process: dict[str, Any], installed: Installed) -> None:
    assert process["package"] == str(installed.folder)


def test_all_three_doors_lead_to_files_s3_and_the_warehouse(process: dict[str, Any]) -> None:
    assert process["joined"] == [["Ann", 2], ["Bob", 1], ["Cid", 0]]
    assert process["by_dao"] == process["by_format"] == 3
    assert process["house"] == [[8], [9]]
    assert process["tables"] == ["users"]


def test_a_typo_is_an_analysis_exception_with_the_words_of_python_only(process: dict[str, Any]) -> None:
    assert process["typo"] == "store `lak`: no store `lak` in the catalog; did you mean `lake`?"
    assert process["in_a_job"].startswith("lake.users_claen: ")


def test_threads_that_never_made_a_session_read_and_write(process: dict[str, Any]) -> None:
    assert process["threads"] == [[[0, 2]], [[1, 3]]]


def test_two_sessions_of_one_application_have_catalogs_of_their_own(process: dict[str, Any]) -> None:
    ours, theirs, ours_again = process["sessions"]
    assert ours[:3] == ours_again[:3] == [3, 3, 3]
    assert theirs == [1, 1, 1, 1, 1]
    assert ours[3:] == ours_again[3:] == [3, 3]
    assert "no store `lake` in the catalog" in process["other_lacks"]


def test_two_catalogs_of_one_session_are_joined(process: dict[str, Any]) -> None:
    assert process["dao2"] == [[3]]
    assert process["dao2_by_format"] == 1


def test_a_changed_catalog_file_takes_effect_on_the_next_lookup_and_a_broken_one_is_named(
    process: dict[str, Any],
) -> None:
    renamed, found, broken, missing, unreadable, back = process["changes"]
    assert "no store `files` in the catalog; known: `renamed`" in renamed
    assert found == 1
    assert "changing.json` is not valid JSON: Expecting value at line 1" in broken
    assert "changing.json` does not exist" in missing
    assert "changing.json` cannot be read" in unreadable
    assert back is None


def test_configuring_a_running_session_gives_that_session_and_says_what_its_jvm_lacks(process: dict[str, Any]) -> None:
    same, warned = process["again"]
    assert same
    assert warned == []
    assert process["after_again"] == 3
    assert len(process["delta"]) == 1
    assert process["delta"][0].startswith("Spark's JVM runs already and lacks Delta's packages, which cannot be added")


def test_spark_takes_the_jar_and_no_python_source_of_the_same_name(process: dict[str, Any]) -> None:
    assert process["python_source"].startswith("[DATA_SOURCE_ALREADY_EXISTS] Data source 'dao' already exists")


def test_registering_where_the_jar_is_gives_the_catalog_to_the_jar(process: dict[str, Any]) -> None:
    assert "FileScan parquet" in process["plan"]
    assert "PartitionFilters: [isnotnull(year" in process["plan"]
    assert process["registered"] == [1, 1]


def test_the_catalogs_private_files_outlive_spark_and_no_longer(process: dict[str, Any]) -> None:
    assert "could not be removed" not in process["printed"]
    assert not Path(process["private_file"]).exists()


def test_the_spark_ui_says_what_runs(process: dict[str, Any]) -> None:
    events = [json.loads(line) for line in process["events"].splitlines()]
    jobs = [event["Properties"] for event in events if event["Event"] == "SparkListenerJobStart"]
    descriptions = {properties.get("spark.job.description") for properties in jobs}
    assert {"dao.write files.orders", "dao.write lake.users_clean", "dao.write house.users"} <= descriptions


def test_no_secret_reaches_event_log_conf_output_or_process_arguments(process: dict[str, Any]) -> None:
    assert "SparkListenerEnvironmentUpdate" in process["events"]
    shown = [process["events"], process["printed"], json.dumps(process["conf"]), json.dumps(process["arguments"])]
    for secret in process["secrets"]:
        assert not [text for text in shown if secret in text]
    assert process["mode"] == "600"
    assert len(process["arguments"]) >= 2
