"""The command line: `spark-dao`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import spark_dao
from spark_dao.cli import catalog, jar, local, sweep
from spark_dao.errors import SparkDaoError

FAILED, WRONG_USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The arguments without the program's name; those of this process by default.

    Returns:
        The exit code: 0 when all is well, 1 after an error (one message on stderr), 2 for wrong usage, 3 when
        `local status` finds the stack down, 130 after Ctrl-C.

    Example:
        >>> main(["--version"])
        spark-dao 0.1.0
        0
    """
    try:
        options = _parser().parse_args(argv)
    except SystemExit as exit_request:
        # argparse has said what it had to say.
        return exit_request.code if isinstance(exit_request.code, int) else WRONG_USAGE
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except SparkDaoError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough, as in `| head`. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spark-dao",
        description="A data access layer inside Spark: check catalogs, find its jar, and run S3 and a warehouse here.",
    )
    parser.add_argument("--version", action="version", version=f"spark-dao {spark_dao.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    local.add_command(commands)
    catalog.add_commands(commands)
    jar.add_command(commands)
    sweep.add_command(commands)
    return parser
