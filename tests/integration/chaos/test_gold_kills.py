"""`kill -9` at every step of every write mode: the old rows or the new ones, and a second run makes it the new ones."""

from __future__ import annotations

import datetime
import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spark_dao import DataAccessObject
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.local import Fault
from spark_dao.spark.sweeping import sweep
from tests.integration.interface_classes.gold_tables import Thing, configs, name_of, sql

WRITER = Path(__file__).with_name("killed_writer.py")
OLD = {1: "old", 2: "old", 3: "old"}
STAGED = [[2, 3], [4], [5, 6]]
NEW = dict.fromkeys([2, 3, 4, 5, 6], "new")
MODES = ("append", "overwrite", "ignore", "errorifexists", "upsert", "delete")
NEEDS_NO_TABLE = ("ignore", "errorifexists")
FEWEST_STEPS = 12
# A folder that was made in this very second counts as well.
AT_ONCE = -datetime.timedelta(seconds=2)

Rows = list[tuple[int, str]] | None


@dataclass
class Writes:
    """The writes of one test: each into a table of its own.

    Args:
        environment: What the local stack says.
        folder: For notes.
        mode: The write mode.
    """

    environment: Mapping[str, str]
    folder: Path
    mode: str

    def __post_init__(self) -> None:
        self.configs = configs(self.environment)
        self.gold = RedshiftSparkInterface(**self.configs)

    def new_table(self) -> Thing:
        thing = Thing(f"killed_{self.mode}_{uuid.uuid4().hex[:8]}")
        if self.mode not in NEEDS_NO_TABLE:
            rows = ", ".join(f"({key}, '{name}')" for key, name in OLD.items())
            sql(self.gold, f"CREATE TABLE {name_of(thing)} (id bigint, name varchar(256))")
            sql(self.gold, f"INSERT INTO {name_of(thing)} VALUES {rows}")
        return thing

    def start(self, thing: Thing, kill_at: int | None = None) -> tuple[subprocess.Popen[str], Path]:
        notes = self.folder / f"{uuid.uuid4().hex}.steps"
        said = {"configs": self.configs, "table": thing.name, "mode": self.mode, "ids": STAGED}
        process = subprocess.Popen([sys.executable, str(WRITER)], stdin=subprocess.PIPE, text=True)
        assert process.stdin is not None
        process.stdin.write(json.dumps({**said, "kill_at": kill_at, "steps": str(notes)}))
        process.stdin.close()
        return process, notes

    def run(self, thing: Thing, kill_at: int | None = None) -> tuple[int, list[str]]:
        process, notes = self.start(thing, kill_at)
        return process.wait(120), notes.read_text().splitlines()

    def rows(self, thing: Thing) -> Rows:
        if thing.name not in self.gold.list_tables():
            return None
        return [(key, name) for key, name in sql(self.gold, f"SELECT id, name FROM {name_of(thing)} ORDER BY 1, 2")]

    @property
    def old(self) -> Rows:
        return None if self.mode in NEEDS_NO_TABLE else sorted(OLD.items())

    @property
    def new(self) -> Rows:
        if self.mode == "append":
            return sorted([*OLD.items(), *NEW.items()])
        if self.mode == "upsert":
            return sorted({**OLD, **NEW}.items())
        return [(1, "old")] if self.mode == "delete" else sorted(NEW.items())

    def check_killed(self, thing: Thing, where: str) -> None:
        """Old or new in full; a second run makes it the new; nothing is left that a sweep by age does not know."""
        assert self.rows(thing) in (self.old, self.new), where
        assert self.run(thing)[0] == 0, where
        assert self.rows(thing) == self.new, where

    def check_left(self) -> None:
        """A sweep finds all that is left and leaves nothing; none of it is in the warehouse."""
        root = self.gold.settings.staging_root
        storage = self.gold.storage(root)
        declared = {"interface_class": "RedshiftSparkInterface", "default_configs": self.configs}
        planner = DataAccessObject({"gold": declared}).planner
        files = storage.list_files(root)
        assert sweep(planner, "gold", older_than=datetime.timedelta(days=1)) == []
        listed = sweep(planner, "gold", older_than=AT_ONCE, dry_run=True)
        assert (sum(folder.files for folder in listed), storage.list_files(root)) == (len(files), files)
        assert sweep(planner, "gold", older_than=AT_ONCE) == listed
        assert storage.list_files(root) == []
        assert sql(self.gold, "SELECT count(*) FROM pg_class WHERE relname LIKE 'spark_dao_staged_rows%'") == [(0,)]


@pytest.fixture
def writes(local_stack: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Writes]:
    made = Writes(local_stack.environment(), tmp_path, request.param)
    yield made
    made.check_left()


def killed_before(writes: Writes, number: int) -> bool:
    """Kill a writer before one step and check what is left; False where it was done before it came to that step."""
    thing = writes.new_table()
    code, done = writes.run(thing, kill_at=number)
    where = f"{writes.mode}, killed before step {number}: {done[-1]}"
    assert code in (0, -signal.SIGKILL), where
    writes.check_killed(thing, where)
    return code != 0


@pytest.mark.full
@pytest.mark.parametrize("writes", MODES, indirect=True, ids=str)
def test_a_writer_killed_before_any_step_leaves_old_or_new_rows(writes: Writes) -> None:
    number = 0
    while killed_before(writes, number):
        number += 1
    assert number >= FEWEST_STEPS


@pytest.mark.parametrize("writes", ["upsert"], indirect=True, ids=str)
def test_a_writer_killed_late_leaves_old_or_new_rows(writes: Writes) -> None:
    assert killed_before(writes, 20)


MOMENTS = [
    ("COPY", "before"),
    ("COPY", "during"),
    ("COPY", "after"),
    ("COMMIT", "before"),
    ("COMMIT", "after"),
]


def kill_in_the_warehouse(local_stack: Any, writes: Writes, statement: str, when: Any) -> None:
    thing = writes.new_table()
    # The COPY of an upsert or a deletion fills a temporary table, in a transaction of its own.
    goes_through_staging = statement == "COPY" and writes.mode in {"upsert", "delete"}
    containing = "spark_dao_staged_rows" if goes_through_staging else name_of(thing)
    pause = Fault(action="delay", when=when, seconds=60, statement=statement, containing=containing)
    with local_stack.fault(pause) as fault:
        process, _ = writes.start(thing)
        fault.wait(seconds=60)
        process.kill()
        assert process.wait(30) == -signal.SIGKILL
    if (statement, when) == ("COMMIT", "after"):
        assert writes.rows(thing) == writes.new
    writes.check_killed(thing, f"{writes.mode}, killed {when} {statement}")


@pytest.mark.full
@pytest.mark.parametrize("moment", MOMENTS, ids="-".join)
@pytest.mark.parametrize("writes", MODES, indirect=True, ids=str)
def test_a_writer_killed_inside_a_statement_leaves_old_or_new_rows(
    local_stack: Any, writes: Writes, moment: tuple[str, str]
) -> None:
    kill_in_the_warehouse(local_stack, writes, *moment)


@pytest.mark.parametrize("moment", [("COPY", "during"), ("COMMIT", "after")], ids="-".join)
@pytest.mark.parametrize("writes", ["overwrite"], indirect=True, ids=str)
def test_an_overwrite_killed_inside_a_statement_leaves_old_or_new_rows(
    local_stack: Any, writes: Writes, moment: tuple[str, str]
) -> None:
    kill_in_the_warehouse(local_stack, writes, *moment)
