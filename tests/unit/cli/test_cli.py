"""Every command says one clear thing and ends with the exit code that its help promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spark_dao.catalog import json_schema
from spark_dao.cli import main

GOOD = {
    "silver": {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": "file:///data/silver"},
        "data_objects": {"users_clean": {"format": "parquet"}},
    }
}


def catalog_file(folder: Path, content: object, name: str = "catalog.json") -> str:
    path = folder / name
    path.write_text(json.dumps(content))
    return str(path)


def test_a_good_catalog_is_shown_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", catalog_file(tmp_path, GOOD)]) == 0
    shown = capsys.readouterr()
    assert "users_clean" in shown.out
    assert "1 stores, 1 declared objects" in shown.out
    assert shown.err == ""


def test_later_files_lie_over_earlier_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overlay = catalog_file(tmp_path, {"silver": {"data_objects": {"events": {}}}}, "overlay.json")
    assert main(["check", catalog_file(tmp_path, GOOD), overlay]) == 0
    assert "2 declared objects" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"silver": {"interface_class": "FileSparkInterfac"}}, "error: store `silver`, key `interface_class`: "),
        ({"silver": {**GOOD["silver"], "data_object": {}}}, "error: store `silver`, key `data_object`: unknown key"),
    ],
)
def test_a_wrong_catalog_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object, message: str
) -> None:
    assert main(["check", catalog_file(tmp_path, content)]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(message)
    assert shown.err.count("\n") == 1


def test_every_store_with_a_wrong_interface_class_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = {"one": {"interface_class": "Nope"}, "two": {"interface_class": "Nope"}, **GOOD}
    assert main(["check", catalog_file(tmp_path, content)]) == 1
    assert [line.split("`")[1] for line in capsys.readouterr().err.splitlines()] == ["one", "two"]


def test_a_literal_secret_draws_a_warning_that_does_not_show_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configs = {"root": "file:///x", "password": "hunter2", "nested": {"aws_secret_access_key": "hunter2"}}
    content = {"silver": {**GOOD["silver"], "default_configs": configs}}
    assert main(["check", catalog_file(tmp_path, content)]) == 0
    shown = capsys.readouterr()
    assert "warning: store `silver`, key `default_configs.password`" in shown.err
    assert "key `default_configs.nested.aws_secret_access_key`" in shown.err
    assert "hunter2" not in shown.out + shown.err


def test_a_reference_draws_no_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = {"silver": {**GOOD["silver"], "default_configs": {"password": "{{env:NOWHERE_SET}}"}}}
    assert main(["check", catalog_file(tmp_path, content)]) == 0
    assert capsys.readouterr().err == ""


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "nonesuch.json")]) == 1
    assert "nonesuch.json" in capsys.readouterr().err


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()


@pytest.mark.parametrize("arguments", [[], ["nonesuch"], ["local"], ["local", "up", "--nonesuch"], ["check"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: spark-dao" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["local", "--help"], ["local", "up", "--help"], ["check", "--help"]])
def test_help_is_exit_code_0(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert "usage: spark-dao" in capsys.readouterr().out


def test_a_stack_that_never_was_is_down_and_makes_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "never"
    assert main(["local", "status", "--folder", str(folder)]) == 3
    assert main(["local", "down", "--folder", str(folder)]) == 0
    assert main(["local", "env", "--folder", str(folder)]) == 1
    assert "error: the local stack" in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    assert main(["local", "up", "--folder", str(in_the_way / "stack")]) == 1
    assert capsys.readouterr().err.count("error: ") == 1
