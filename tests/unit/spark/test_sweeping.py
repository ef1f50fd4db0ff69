from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from spark_dao.cli import main
from spark_dao.interface_classes.temporary_folders import fresh_folder

OLD = "read-20250107T101500Z-" + 32 * "a"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    store = {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": (tmp_path / "files").as_uri()},
        "spool_dir": (tmp_path / "spool").as_uri(),
    }
    (tmp_path / "catalog.json").write_text(json.dumps({"field": store, "plain": {**store, "spool_dir": None}}))
    return tmp_path / "catalog.json"


def spool(tmp_path: Path, folder: str) -> Path:
    file = tmp_path / "spool" / folder / "0a" / "part-00000.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"1234")
    return file


def test_only_old_folders_of_operations_are_removed_and_none_by_a_dry_run(
    catalog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, foreign = spool(tmp_path, OLD), spool(tmp_path, "reports")
    fresh = spool(tmp_path, fresh_folder("", "write").lstrip("/"))

    assert main(["sweep", "field", "--catalog", str(catalog), "--dry-run"]) == 0
    assert old.exists()
    listed = capsys.readouterr().out
    assert (OLD in listed, "1 files, 4 bytes" in listed, "1 folders would be removed" in listed) == (True,) * 3

    assert main(["sweep", "field", "--catalog", str(catalog), "--older-than", "12h"]) == 0
    assert (old.exists(), fresh.exists(), foreign.exists()) == (False, True, True)
    assert main(["sweep", "field", "--catalog", str(catalog)]) == 0
    assert capsys.readouterr().out.endswith("0 folders removed\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plain"], "neither `spool_dir` nor an interface with a temporary folder"),
        (["fiedl"], "field"),
        (["field", "--older-than", "soon"], "expected an age such as 90m, 12h or 1d, found 'soon'"),
        (["field", "--older-than", "99999999999d"], "beyond all dates"),
    ],
)
def test_what_cannot_be_swept_is_said(
    catalog: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert main(["sweep", *arguments, "--catalog", str(catalog)]) != 0
    assert expected in capsys.readouterr().err


def test_the_age_is_counted_from_the_folders_name() -> None:
    made = fresh_folder("s3a://temp", "read").rpartition("/")[2].split("-")[1]
    parsed = datetime.datetime.strptime(made, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    assert abs(datetime.datetime.now(datetime.timezone.utc) - parsed) < datetime.timedelta(minutes=1)
