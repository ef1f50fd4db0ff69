"""What options a plan carries."""

from __future__ import annotations

import pytest

from spark_dao.errors import PlanError
from spark_dao.interface_classes._file_options import checked_format, read_options, write_options


def test_csv_has_a_header_unless_said_otherwise_in_any_case():
    assert read_options("csv") == {"header": "true"}
    assert write_options("csv") == {"header": "true"}
    assert read_options("csv", {"HEADER": "false"}) == {"header": "false"}
    assert read_options("json") == {}


def test_an_option_in_two_spellings_reaches_spark_once_and_the_later_mapping_wins():
    assert read_options("json", {"multiLine": True}, {"multiline": False}) == {"multiLine": "false"}


def test_two_spellings_with_different_values_in_one_mapping_are_refused():
    with pytest.raises(PlanError, match="same option"):
        read_options("csv", {"sep": ";", "SEP": ","})
    assert read_options("json", {"sep": ";", "SEP": ";"}) == {"sep": ";"}


def test_mode_is_the_parse_mode_of_a_read_and_never_an_option_of_a_write():
    assert read_options("json", {"mode": "FAILFAST"}) == {"mode": "FAILFAST"}
    assert read_options("json", {"mode": "overwrite"}) == {}
    assert write_options("json", {"Mode": "overwrite"}) == {}


@pytest.mark.parametrize("name", ["path", "PATHS", "fs.s3a.access.key", "fs.s3a.bucket.x.endpoint"])
def test_an_option_that_would_bypass_the_store_or_show_a_secret_is_refused_without_its_value(name):
    with pytest.raises(PlanError) as refused:
        read_options("parquet", {name: "hunter2"})
    assert "hunter2" not in str(refused.value)
    assert name in str(refused.value)


def test_values_become_the_text_that_spark_takes():
    assert read_options("json", {"a": 1, "b": False, "c": None, "d": 0.5}) == {"a": "1", "b": "false", "d": "0.5"}
    with pytest.raises(PlanError, match="found list"):
        read_options("json", {"a": [1]})


def test_a_slip_in_a_format_is_refused_with_the_right_one_and_foreign_formats_pass():
    with pytest.raises(PlanError, match="did you mean `parquet`"):
        checked_format("parqet")
    assert checked_format("BINARYFILE") == "binaryFile"
    assert checked_format("xml") == "xml"


@pytest.mark.parametrize("format_name", ["parquet", "csv", "json", "orc"])
def test_a_condition_that_plain_files_would_pass_over_is_refused(format_name: str) -> None:
    with pytest.raises(PlanError, match="needs a Delta table") as caught:
        write_options(format_name, {"REPLACEWHERE": "k = 1"})
    assert caught.value.key == "replaceWhere"
    assert write_options("delta", {"replaceWhere": "k = 1"}) == {"replaceWhere": "k = 1"}
