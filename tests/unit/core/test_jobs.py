from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException

from spark_dao import CatalogError, run_job
from spark_dao.core.jobs import message_of


def test_an_error_becomes_one_line_and_exit_code_1(capsys):
    def main(arguments):
        raise CatalogError("no such table", store="gold", data_object="users")

    with pytest.raises(SystemExit) as ended:
        run_job(main, [])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: gold.users: no such table\n"


def test_a_fault_of_the_job_keeps_its_traceback():
    def main(arguments):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_job(main, [])


def test_the_exit_code_is_what_main_returns():
    with pytest.raises(SystemExit) as ended:
        run_job(len, ["a", "b"])
    assert ended.value.code == 2


def test_main_may_take_no_arguments():
    with pytest.raises(SystemExit) as ended:
        run_job(lambda: 3, ["a"])
    assert ended.value.code == 3


def test_an_error_of_the_bridge_is_told_from_those_of_spark():
    assert message_of(AnalysisException(message="no store `silvr`")) == "no store `silvr`"
    own = AnalysisException(message="not found", errorClass="TABLE_OR_VIEW_NOT_FOUND")
    assert message_of(own) is None
