"""The demo: bronze, silver and gold on this machine, and what landed in each layer.

Starts the local stack, runs the three jobs by spark-submit, shows the tables, stops what it started. The data stays in
`.spark-dao/local`, so a second run continues on what the first left.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow.dataset
import pyspark
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from spark_dao import DataAccessObject, SparkDaoError
from spark_dao.local import LocalStack
from spark_dao.spark.bridge_jar import bridge_jar
from spark_dao.spark.sessions import check_java

ROOT = Path(__file__).resolve().parents[1]
CATALOG = ("conf/catalog.json", "conf/local.json")
AS_OF = "2025-01-08"
JOBS = (
    ("Bronze: upload what was delivered", ("jobs/01_ingest_bronze.py", "--source", "jobs/sample_data")),
    ("Silver: clean, type, join, and keep what was rejected", ("jobs/02_transform_silver.py",)),
    ("Gold: load the warehouse", ("jobs/03_load_gold.py", "--as-of", AS_OF)),
)
TABLES: Mapping[str, Sequence[str]] = {
    "silver.users_clean": ("id", "name", "email", "created_at"),
    "silver.events_enriched": ("event_id", "user_name", "event_type", "order_value", "region", "timestamp"),
    "gold.users_agg": ("user_id", "total_purchases", "avg_order_value", "last_purchase_date", "account_age_days"),
    "gold.sales_daily_agg": ("date", "region", "revenue", "orders"),
}
REJECTED = ("silver.users_rejected", "silver.events_rejected")
SHOWN_ROWS = 15
LAST_LINES = 15
ERROR = re.compile(r"(\w+\.py: )?error: ")

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class StepFailed(Exception):
    """A job ended with an error; the message is what it said."""


def main() -> int:
    """Run the demo and return its exit code."""
    os.chdir(ROOT)
    try:
        check_java()
        with step("Local stack: S3 and a Redshift-compatible warehouse"):
            stack = LocalStack()
            stack.__enter__()
        try:
            os.environ.update(stack.environment())
            for title, job in JOBS:
                with step(title) as status:
                    submit(job, status)
            show_layers(DataAccessObject(CATALOG))
        finally:
            with step("Local stack stopped; its data stays in .spark-dao/local"):
                stack.__exit__(None, None, None)
    except (SparkDaoError, StepFailed) as error:
        errors.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        errors.print("[bold red]interrupted[/]")
        return 130
    return 0


@contextmanager
def step(title: str) -> Iterator[Status]:
    """Show that something is under way, then that it is done and how long it took."""
    started = time.monotonic()
    with console.status(f"{title} …") as status:
        yield status
    console.print(f"[green]✓[/] {title} [dim]({time.monotonic() - started:.1f} s)[/]")


def submit(job: Sequence[str], status: Status) -> None:
    """Run one job by spark-submit, showing what it prints.

    Raises:
        StepFailed: It ended with an error.
    """
    spark_home = Path(pyspark.__file__).parent
    jar = bridge_jar()
    catalog = f"spark.sql.catalog.dao.config={','.join(CATALOG)}"
    command = [
        *(str(spark_home / "bin" / "spark-submit"), "--properties-file", "conf/spark-defaults.conf"),
        *(() if jar is None else ("--jars", str(jar))),
        *("--conf", catalog, *job),
    ]
    # Of a job that lasts seconds, half the time would go into optimising it.
    defaults = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1"}
    environment = {
        **{**defaults, **os.environ},
        **{"SPARK_HOME": str(spark_home), "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable},
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        last: deque[str] = deque(maxlen=LAST_LINES)
        follower = threading.Thread(target=_follow, args=(process.stderr, last, status), daemon=True)
        follower.start()
        message = ""
        # spark-submit sends both streams of a job's Python to its own standard output (Spark's PythonRunner).
        for line in process.stdout or ():
            said = ERROR.match(line)
            if said is not None:
                message = line[said.end() :].rstrip()
            else:
                console.print(f"  [dim]{escape(line.rstrip())}[/]", soft_wrap=True)
        process.wait()
        follower.join()
    if process.returncode != 0:
        raise StepFailed(f"{job[0]} ended with exit code {process.returncode}: {message or chr(10).join(last)}")


def _follow(stream: IO[str] | None, last: deque[str], status: Status) -> None:
    for line in stream or ():
        last.append(line.rstrip())
        if line.startswith("downloading "):
            package = line.split()[1].rpartition("/")[2]
            status.update(f"Downloading {escape(package)} (the first time only) …")


def show_layers(dao: DataAccessObject) -> None:
    """Print what each layer holds now."""
    bronze = _table("bronze", ("object", "file", "bytes"))
    for name in ("bronze.users_raw", "bronze.events_raw"):
        for file in dao.list(name):
            bronze.add_row(name, file.path.rpartition(f"/{name.partition('.')[2]}/")[2], str(file.bytes))
    console.print(bronze)
    for name, columns in TABLES.items():
        rows = read_rows(dao, name)
        shown = _table(f"{name}: {len(rows)} rows", columns)
        for row in sorted(rows, key=lambda row: [_sortable(row[column]) for column in columns])[:SHOWN_ROWS]:
            shown.add_row(*(_text(row[column]) for column in columns))
        if len(rows) > SHOWN_ROWS:
            shown.add_row(*("…" for _ in columns))
        console.print(shown)
    for name in REJECTED:
        reasons = Counter(row["reason"] for row in read_rows(dao, name))
        shown = _table(f"{name}: {reasons.total()} rows", ("reason", "rows"))
        for reason, count in sorted(reasons.items()):
            shown.add_row(reason, str(count))
        console.print(shown)


def read_rows(dao: DataAccessObject, name: str) -> list[dict[str, Any]]:
    """Read a small table without Spark, by the same plan that Spark reads it by."""
    planned = dao.planner.plan_read(name)
    plan, interface = planned.plan, planned.interface
    paths = list(plan.paths)
    if plan.token is not None:
        paths = [file.path for file in interface.stage_read(plan.token)]
    try:
        rows: list[dict[str, Any]] = []
        for path in paths:
            storage = interface.storage(path)
            files = pyarrow.dataset.dataset(
                storage.arrow_path(path),
                filesystem=storage.arrow_filesystem(),
                format=plan.format,
                partitioning="hive",
                exclude_invalid_files=False,
            )
            rows.extend(files.to_table().to_pylist())
        return rows
    finally:
        if plan.token is not None:
            interface.release_read(plan.token)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="cyan")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    return table


def _sortable(value: Any) -> tuple[bool, Any]:
    if isinstance(value, str) and value.isdigit():
        return True, value.zfill(20)
    return value is not None, "" if value is None else value


def _text(value: Any) -> str:
    return "[dim]null[/]" if value is None else escape(str(value).replace("\n", "⏎").removesuffix("+00:00"))


if __name__ == "__main__":
    raise SystemExit(main())
