from __future__ import annotations

import pytest

from spark_dao import CatalogError, run_job


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
