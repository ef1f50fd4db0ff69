"""What one cell of the capability matrix is: an operation on an object of one format in one store."""

from __future__ import annotations

import dataclasses
import json
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, SCHEMA, rows

FILES = ("parquet", "csv", "json", "orc")
FORMATS = (*FILES, "delta")
STORES = ("local", "s3a")
NEW = (9, "new", 9)

Rows = Sequence[tuple[Any, ...]]


@dataclasses.dataclass(frozen=True)
class Cell:
    """One object `silver.users`, partitioned by `k` and holding ROWS, and a declared `silver.fresh` that is not there.

    Attributes:
        spark: The session.
        format: Format of the objects.
        store: Where store `silver` lies; `gold` lies in the other one.
        root: URI of the folder of store `silver`.
    """

    spark: SparkSession
    format: str
    store: str
    root: str

    @property
    def data(self) -> DataFrame:
        return self.spark.createDataFrame(ROWS, SCHEMA).coalesce(1)

    def one(self, *values: Any) -> DataFrame:
        return self.spark.createDataFrame([values], SCHEMA).coalesce(1)

    def sql(self, text: str) -> DataFrame:
        return self.spark.sql(text)

    def table(self, name: str = "users") -> DataFrame:
        return self.spark.table(f"dao.silver.{name}")


@dataclasses.dataclass(frozen=True)
class Operation:
    """A row of the matrix.

    Attributes:
        section: What it belongs to.
        name: How the documentation calls it.
        run: Carries it out; what it returns is compared with `returns`.
        leaves: The rows of `target` afterwards.
        returns: What `run` must return, None where nothing is compared.
        target: The object whose rows are looked at afterwards.
        refused: By format, what the refusal says; nothing is changed then.
        note: What the documentation adds.
    """

    section: str
    name: str
    run: Callable[[Cell], Any]
    leaves: Rows = tuple(ROWS)
    returns: Any = None
    target: str = "users"
    refused: Mapping[str, str] = dataclasses.field(default_factory=dict)
    note: str = ""

    @property
    def id(self) -> str:
        return self.name.replace("`", "").replace(" ", "-").lower()

    def check(self, cell: Cell) -> None:
        message = self.refused.get(cell.format)
        if message is not None:
            with pytest.raises(PySparkException, match=message) as caught:
                self.run(cell)
            assert "\n\tat " not in str(caught.value), "a Java stack in a user's error"
            assert rows(cell.table()) == ROWS
            return
        returned = self.run(cell)
        if self.returns is not None:
            assert returned == self.returns
        assert rows(cell.table(self.target)) == sorted(self.leaves)


def delta_only(message: str) -> dict[str, str]:
    return dict.fromkeys(FILES, message)


@dataclasses.dataclass(frozen=True)
class Lakes:
    """The places that cells are laid out in, and one written object of each format to copy from.

    Attributes:
        spark: The session.
        folder: A local folder.
        s3: A boto3 client.
        bucket: A bucket of this test session.
        connection: The settings of S3 stores.
    """

    spark: SparkSession
    folder: Path
    s3: Any
    bucket: str
    connection: Mapping[str, str]

    def cell(self, format_name: str, store: str) -> Cell:
        """Lay out a cell as another process would have left it, and make its catalog the session's."""
        name = uuid.uuid4().hex[:12]
        roots = {"local": (self.folder / name).as_uri(), "s3a": f"s3a://{self.bucket}/{name}"}
        local = {"interface_class": "FileSparkInterface", "default_configs": {"root": roots["local"]}}
        lake = {
            "interface_class": "S3SparkInterface",
            "default_configs": {"bucket": self.bucket, "prefix": name, **self.connection},
        }
        silver, gold = (local, lake) if store == "local" else (lake, local)
        declared = {"format": format_name, "schema": SCHEMA}
        told = {"primary_keys": ["id"], "description": "one row each", "owner": "data team"}
        objects = {"users": {**declared, **told, "partition_by": ["k"]}, "fresh": declared}
        catalog = {
            "silver": {**silver, "data_objects": objects, "allow_purge": True},
            "gold": {**gold, "data_objects": {"others": {"partition_by": ["k"], "schema": SCHEMA}}},
        }
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(catalog))
        for catalog_name in ("dao", "dao2"):
            self.spark.conf.set(f"spark.sql.catalog.{catalog_name}.config", str(file))
        self._put(self._template(format_name), "users", name, store)
        self._put(self._template("parquet"), "others", name, "s3a" if store == "local" else "local")
        return Cell(self.spark, format_name, store, roots[store])

    def _template(self, format_name: str) -> Path:
        template = self.folder / "templates" / format_name
        if not template.exists():
            writer = self.spark.createDataFrame(ROWS, SCHEMA).coalesce(1).write.format(format_name)
            writer.option("header", True).partitionBy("k").save(template.as_uri())
        return template

    def _put(self, template: Path, name: str, prefix: str, store: str) -> None:
        if store == "local":
            shutil.copytree(template, self.folder / prefix / name)
            return
        for file in template.rglob("*"):
            if file.is_file() and file.suffix != ".crc":
                key = f"{prefix}/{name}/{file.relative_to(template).as_posix()}"
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=file.read_bytes())
