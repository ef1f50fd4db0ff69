"""The frame of a spark-submit job: errors become one line and an exit code."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from spark_dao.errors import SparkDaoError

_KINDS = "CatalogError|RouteError|InterfaceError|PlanError|CommitError|SparkDaoError"
_INSIDE_SPARK = re.compile(rf"(?:^|\n)\s*(?:spark_dao\.errors\.)?(?:{_KINDS}): (?P<message>.+)")


def run_job(main: Callable[..., int | None], arguments: Sequence[str] | None = None) -> None:
    """Run a job and end the process with its exit code.

    A SparkDaoError, also one that came through Spark by a Python data source or the bridge jar, becomes one `error: …`
    on stderr and the exit code 1; anything else is a fault of the job and keeps its traceback.

    Args:
        main: Takes the command line arguments, or nothing, and returns an exit code, or None for 0.
        arguments: The command line arguments; None for those of the process.

    Raises:
        SystemExit: Always.

    Example:
        >>> def main(arguments):
        ...     print(f"loaded {arguments[0]}")
        >>> run_job(main, ["users"])
        Traceback (most recent call last):
        SystemExit: 0
    """
    taken = [sys.argv[1:] if arguments is None else arguments] if _takes_any(main) else []
    try:
        code = main(*taken) or 0
    except Exception as error:
        message = message_of(error)
        if message is None:
            raise
        sys.stderr.write(f"error: {message}\n")
        code = 1
    raise SystemExit(code)


def _takes_any(main: Callable[..., Any]) -> bool:
    try:
        return bool(inspect.signature(main).parameters)
    except ValueError:
        # Some functions written in C do not tell.
        return True


def message_of(error: BaseException) -> str | None:
    r"""Return the message of a SparkDaoError, also of one that came through Spark; None for any other error.

    Example:
        >>> message_of(SparkDaoError("no such table", store="gold", data_object="users"))
        'gold.users: no such table'
        >>> message_of(RuntimeError("Traceback …\nspark_dao.errors.PlanError: silver.users: no files"))
        'silver.users: no files'
    """
    if isinstance(error, SparkDaoError):
        return str(error)
    if _is_from_the_bridge(error):
        return str(error)
    found = list(_INSIDE_SPARK.finditer(str(error)))
    return found[-1]["message"] if found else None


def _is_from_the_bridge(error: BaseException) -> bool:
    """Tell whether an error is the bridge's, which has Python's words only; Spark's own all have a condition."""
    condition = getattr(error, "getCondition", None)
    return type(error).__name__ == "AnalysisException" and condition is not None and condition() is None
