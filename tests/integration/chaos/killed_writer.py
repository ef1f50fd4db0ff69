"""A process that writes one batch into gold and may kill itself at a step of it; it is told on standard input.

Steps are counted from outside: each statement and COMMIT that is sent, each file operation, each file staged. Before
the step whose number is `kill_at` the process ends as by `kill -9`; `steps` is a file that each step is noted in.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spark_dao.interface_classes.redshift.connection import Session
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.interface_classes.s3.storage import S3Storage
from spark_dao.plans import SchemaField

SCHEMA = (SchemaField("id", "long"), SchemaField("name", "string"))
KEYS = SCHEMA[:1]


class Thing:
    """A data object, as far as the interface looks at it."""

    def __init__(self, name: str) -> None:
        self.name = name


class Steps:
    """Counts steps and ends the process before one of them.

    Args:
        notes: The file that each step is noted in.
        kill_at: Number of the step, None for none.
    """

    def __init__(self, notes: Path, kill_at: int | None) -> None:
        self._notes = notes
        self._kill_at = kill_at
        self._count = 0

    def step(self, what: str) -> None:
        with self._notes.open("a") as stream:
            stream.write(f"{' '.join(what.split())[:60]}\n")
        if self._count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1

    def watch(self, owner: type, name: str) -> None:
        """Make each call of a method a step."""
        original: Callable[..., Any] = getattr(owner, name)

        def watched(self_: Any, *arguments: Any, **named: Any) -> Any:
            shown = arguments[0] if arguments and isinstance(arguments[0], str) else ""
            self.step(f"{name} {shown}")
            return original(self_, *arguments, **named)

        setattr(owner, name, watched)


def table(ids: list[int], mode: str) -> pa.Table:
    columns = {"id": pa.array(ids, pa.int64()), "name": pa.array(["new"] * len(ids))}
    return pa.table(columns).select(["id"] if mode == "delete" else ["id", "name"])


def main() -> None:
    said = json.load(sys.stdin)
    steps = Steps(Path(said["steps"]), said["kill_at"])
    for owner, name in [
        *((Session, method) for method in ("run", "commit")),
        *((S3Storage, method) for method in ("list_files", "write_bytes", "delete_files")),
    ]:
        steps.watch(owner, name)
    gold, mode = RedshiftSparkInterface(**said["configs"]), said["mode"]
    keyed = mode in {"upsert", "delete"}
    plan = gold.plan_write(
        Thing(said["table"]),
        schema=KEYS if mode == "delete" else SCHEMA,
        mode="append" if keyed else mode,
        operation=mode if keyed else None,
        primary_keys=["id"],
        batch_id="batch",
    )
    assert plan.token is not None
    if plan.token.get("skip"):
        return
    storage = gold.storage(plan.path)
    for number, ids in enumerate(said["ids"]):
        steps.step(f"stage file {number}")
        path = storage.arrow_path(f"{plan.path}/part-{number}.snappy.parquet")
        pq.write_table(table(ids, mode), path, filesystem=storage.arrow_filesystem())
    gold.commit_write(plan.token, storage.list_files(plan.path))


if __name__ == "__main__":
    main()
