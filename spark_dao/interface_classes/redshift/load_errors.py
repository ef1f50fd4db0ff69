"""What the warehouse recorded about rows that COPY refused."""

from __future__ import annotations

import logging
import re

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.names import quote_literal
from spark_dao.interface_classes.redshift.settings import RedshiftSettings

_LOGGER = logging.getLogger(__name__)
_MAXIMUM_LINES = 5
# The sys view comes first: on Redshift Serverless a normal user may not read the stl one.
_VIEWS = (
    ("sys_load_error_detail", "file_name, line_number, column_name, column_type, error_message", "start_time"),
    ("stl_load_errors", "filename, line_number, colname, type, err_reason", "starttime"),
)


def load_errors(settings: RedshiftSettings, staging: str) -> list[str]:
    """Look up what COPY recorded for the files of one write.

    Args:
        settings: The warehouse.
        staging: The write's folder, whose name is unique.

    Returns:
        One sentence per recorded error, newest first; empty where nothing was recorded or nothing may be read.
    """
    for view, columns, started in _VIEWS:
        file_column = columns.split(",")[0]
        pattern = quote_literal("%/" + re.sub(r"[^A-Za-z0-9-]", "%", staging.rsplit("/", 1)[-1]) + "/%")
        statement = " ".join(
            [
                *("SELECT", columns, "FROM", view, "WHERE", file_column, "LIKE", pattern),
                *("ORDER BY", started, "DESC LIMIT", str(_MAXIMUM_LINES)),
            ]
        )
        try:
            with connected(settings) as session:
                rows = session.execute(statement)
        except InterfaceError as error:
            _LOGGER.debug("load errors could not be read from %s: %s", view, error)
            continue
        if rows:
            return [_sentence([str(value).strip() for value in row]) for row in rows]
    return []


def _sentence(row: list[str]) -> str:
    file, line, column, column_type, reason = row
    file = file.rsplit("/", 1)[-1]
    place = f"{file}, row {line}" if line.isdigit() and int(line) else file
    return f"{place}, column `{column}` ({column_type}): {reason}" if column else f"{place}: {reason}"
