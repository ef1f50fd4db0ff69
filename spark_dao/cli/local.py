"""`spark-dao local`: the local stack from the command line."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from spark_dao.local.servers import ServerStatus
from spark_dao.local.stack import DEFAULT_FOLDER, LocalStack

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

DOWN = 3
_COLOURS = {"up": "green", "not answering": "yellow", "down": "red"}


def add_command(commands: Subparsers) -> None:
    """Add `local` and what comes after it.

    Args:
        commands: The parser's commands.
    """
    parser = commands.add_parser(
        "local",
        help="run S3 and a Redshift-compatible warehouse on this machine",
        description="Run S3 (SeaweedFS) and a Redshift-compatible warehouse (PostgreSQL behind a proxy) on this "
        "machine, on free ports of 127.0.0.1, without a container engine.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument(
        "--folder",
        type=Path,
        default=DEFAULT_FOLDER,
        help="where the stack keeps data, logs and credentials (default: %(default)s)",
    )
    up = actions.add_parser(
        "up",
        parents=[folder],
        help="start what does not run yet",
        description="Start the servers that do not run yet and wait until they serve. Data and credentials of an "
        "earlier run are kept.",
    )
    up.set_defaults(run=_up)
    down = actions.add_parser(
        "down",
        parents=[folder],
        help="stop everything",
        description="Stop every server and wait until it is gone. The data stays for the next `up`.",
    )
    down.add_argument("--wipe", action="store_true", help="remove data, credentials and logs as well")
    down.set_defaults(run=_down)
    status = actions.add_parser(
        "status",
        parents=[folder],
        help="show what runs, and where",
        description=f"Show what runs, and where. The exit code is 0 when everything is up, else {DOWN}.",
    )
    status.set_defaults(run=_status)
    env = actions.add_parser(
        "env",
        parents=[folder],
        help="print the variables that point a program to the stack",
        description="Print the variables that point a program to the stack, credentials included, for the shell: "
        'eval "$(spark-dao local env)"',
    )
    env.set_defaults(run=_env)


def _up(options: argparse.Namespace) -> int:
    stack = LocalStack(options.folder)
    with Console(stderr=True).status("Starting S3, PostgreSQL and the warehouse …"):
        started = stack.up()
    Console().print(_table(stack.status()))
    print(f"The local stack is up{'' if started else ' already'}. Its folder: {stack.folder}")
    return 0


def _down(options: argparse.Namespace) -> int:
    stack = LocalStack(options.folder)
    with Console(stderr=True).status("Stopping the local stack …"):
        stopped = stack.down(wipe=options.wipe)
    outcome = "The local stack is down." if stopped else "The local stack was down already."
    print(outcome + (" Its data is removed." if options.wipe else ""))
    return 0


def _status(options: argparse.Namespace) -> int:
    servers = LocalStack(options.folder).status()
    Console().print(_table(servers))
    return 0 if all(server.state == "up" for server in servers) else DOWN


def _env(options: argparse.Namespace) -> int:
    for name, value in LocalStack(options.folder).environment().items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _table(servers: list[ServerStatus]) -> Table:
    table = Table()
    for heading in ("Server", "State", "Address", "Process"):
        table.add_column(heading)
    for server in servers:
        state = f"[{_COLOURS[server.state]}]{server.state}[/]"
        table.add_row(server.title, state, server.address or "", str(server.pid or ""))
    return table
