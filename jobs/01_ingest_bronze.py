"""Bronze: every file that was delivered, as it is.

A delivery is a folder named after its date (`2025-01-07`) that holds `users.csv` and `events.json`. Each file goes to
its object under `<date>/<file>`. Running again uploads only what changed.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from spark_dao import DataAccessObject, DataObject, DataStoreRegistry, run_job

OBJECTS = {"users.csv": "users_raw", "events.json": "events_raw"}


def delivery_date(name: str) -> date | None:
    """Read the date out of a folder's name.

    Raises:
        ValueError: The name has the form of a date, but there is no such day.

    Example:
        >>> delivery_date("2025-01-07"), delivery_date("archive")
        (datetime.date(2025, 1, 7), None)
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        raise ValueError(f"{name}: there is no such day; correct the folder's name") from None


def deliveries(source: Path) -> Iterator[tuple[str, Path]]:
    """List what was delivered, oldest first: the object's name and the file; hidden files are passed over.

    Raises:
        ValueError: A folder's date is no day, or a dated folder holds a file that belongs to no object.
    """
    for folder in sorted(source.iterdir()):
        if not folder.is_dir() or delivery_date(folder.name) is None:
            continue
        for file in sorted(folder.iterdir()):
            if file.name.startswith("."):
                continue
            if file.name not in OBJECTS:
                raise ValueError(f"{file}: expected {' or '.join(OBJECTS)} in a delivery; move it away")
            yield OBJECTS[file.name], file


def main(arguments: Sequence[str]) -> None:
    """Upload every delivery below `--source`."""
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, required=True, help="folder that holds the dated folders")
    source: Path = parser.parse_args(arguments).source
    if not source.is_dir():
        parser.error(f"--source {source}: no such folder")
    try:
        found = list(deliveries(source))
    except ValueError as error:
        parser.error(str(error))
    if not found:
        parser.error(f"--source {source}: no delivery in it; expected folders such as 2025-01-07/")

    spark = SparkSession.builder.appName("ingest bronze").getOrCreate()
    dao = DataAccessObject(spark=spark)
    bronze = DataStoreRegistry.get("bronze")
    changed = 0
    for name, file in found:
        raw = DataObject(name, bronze)
        with file.open("rb") as data:
            written = dao.write(data_object=raw, data=data, path=f"{file.parent.name}/", if_changed=True)
        changed += written.changed
        print(f"{raw.full_name}: {file.parent.name}/{file.name} {'uploaded' if written.changed else 'unchanged'}")
    print(f"{len(found)} files delivered, {changed} uploaded, {len(found) - changed} unchanged")


if __name__ == "__main__":
    run_job(main)
