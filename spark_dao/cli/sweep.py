"""`spark-dao sweep`: remove the temporary files that crashed applications left behind."""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spark_dao.core.dao import DataAccessObject
from spark_dao.spark.sweeping import sweep

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_AGE = re.compile(r"(?P<number>\d+)(?P<unit>[dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def add_command(commands: Subparsers) -> None:
    """Add `sweep`.

    Args:
        commands: The parser's commands.
    """
    parser = commands.add_parser(
        "sweep",
        help="remove temporary files that crashed applications left in a store",
        description="Remove old folders from a store's `spool_dir` and from the `s3_temp_dir` of its warehouse. "
        "Applications remove their own; a crash leaves them.",
    )
    parser.add_argument("store", metavar="STORE", help="the store's name in the catalog")
    parser.add_argument(
        "--catalog",
        nargs="+",
        type=Path,
        required=True,
        metavar="CATALOG",
        help="JSON or YAML files",
    )
    parser.add_argument(
        "--older-than",
        type=age,
        default="1d",
        metavar="AGE",
        help="such as 90m, 12h or 1d (the default); longer than your longest application runs",
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")
    parser.set_defaults(run=_sweep)


def age(text: str) -> datetime.timedelta:
    """Read an age.

    Args:
        text: A number and `d`, `h` or `m`.

    Raises:
        argparse.ArgumentTypeError: It is none.

    Example:
        >>> age("12h")
        datetime.timedelta(seconds=43200)
    """
    found = _AGE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected an age such as 90m, 12h or 1d, found {text!r}")
    try:
        return datetime.timedelta(**{_UNITS[found["unit"]]: int(found["number"])})
    except OverflowError:
        raise argparse.ArgumentTypeError(f"the age {text!r} is beyond all dates") from None


def _sweep(options: argparse.Namespace) -> int:
    planner = DataAccessObject([str(path) for path in options.catalog]).planner
    left = sweep(planner, options.store, older_than=options.older_than, dry_run=options.dry_run)
    for folder in left:
        sys.stdout.write(f"{folder.path}  {folder.files} files, {folder.bytes} bytes, made {folder.made.isoformat()}\n")
    said = "would be removed" if options.dry_run else "removed"
    sys.stdout.write(f"{len(left)} folders {said}\n")
    return 0
