"""Stops a local stack when the process that wanted it is gone, however it ended.

`python -m spark_dao.local.watchdog` waits beside the stack. It needs no help from the process it watches, so a SIGKILL,
a crash of the interpreter or a lost terminal leaves no server behind.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from spark_dao.local.processes import ProcessIdentity

_LOOK_EVERY_SECONDS = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Wait for the end of a process, then stop the stack.

    Args:
        arguments: The command line without the program's name; that of this process by default.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m spark_dao.local.watchdog", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the stack's folder")
    parser.add_argument("--pid", type=int, required=True, help="the process to wait for")
    parser.add_argument("--started", required=True, help="when that process started, as ProcessIdentity says it")
    parser.add_argument("--wipe", action="store_true", help="remove the stack's data as well")
    options = parser.parse_args(arguments)
    watched = ProcessIdentity(options.pid, options.started)
    while watched.is_running():
        time.sleep(_LOOK_EVERY_SECONDS)

    from spark_dao.local.stack import LocalStack

    LocalStack(options.folder).down(wipe=options.wipe)
    return 0


if __name__ == "__main__":
    sys.exit(main())
