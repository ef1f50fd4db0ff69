"""`spark-dao jar`: where the bridge jar is, for `spark-submit --jars`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from spark_dao.spark.bridge_jar import require_bridge_jar

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: Subparsers) -> None:
    """Add `jar`.

    Args:
        commands: The parser's commands.
    """
    parser = commands.add_parser(
        "jar",
        help="print the path of the bridge jar",
        description='Print the path of the jar that comes with this package: spark-submit --jars "$(spark-dao jar)" …',
    )
    parser.set_defaults(run=_jar)


def _jar(options: argparse.Namespace) -> int:
    print(require_bridge_jar())
    return 0
