"""Nothing is lost: overwriting what is being read, and dying in the midst of publishing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from .conftest import ROWS, SCHEMA, Declare, rows

LATER = (10, "later", 1)
MORTAL = '''
import os
from pathlib import Path

from spark_dao.interface_classes.file.local_storage import LocalStorage
from spark_dao.interface_classes.file.spark import FileSparkInterface


class MortalStorage(LocalStorage):
    """Ends its process before the n-th change, as often as the file `deaths` says."""

    def live(self):
        file = Path(self.root.removeprefix("file://")).with_name("deaths")
        if not file.exists():
            return
        steps, deaths = map(int, file.read_text().split())
        if steps > 0:
            file.write_text(f"{steps - 1} {deaths}")
        elif deaths > 0:
            file.write_text(f"0 {deaths - 1}")
            os._exit(9)

    def write_bytes(self, path, data):
        self.live()
        super().write_bytes(path, data)

    def move_file(self, source, target):
        self.live()
        super().move_file(source, target)

    def delete_files(self, paths):
        self.live()
        super().delete_files(paths)


class MortalInterface(FileSparkInterface):
    def storage(self, path):
        return MortalStorage(self.settings.root)
'''


@pytest.fixture
def mortal(spark: SparkSession, declare: Declare, tmp_path: Path) -> Iterator[Callable[[int, int], None]]:
    """Make the store's resolver die before the n-th change of files, so many times."""
    (tmp_path / "mortal.py").write_text(MORTAL)
    store = {
        "interface_class": "MortalInterface",
        "interface_class_location": "mortal",
        "default_configs": {"root": (tmp_path / "silver").as_uri()},
    }
    (tmp_path / "catalog.json").write_text(json.dumps({"silver": store}))
    spark.conf.set("spark.dao.pythonPath", str(tmp_path))
    yield lambda steps, deaths: (tmp_path / "deaths").write_text(f"{steps} {deaths}") and None
    spark.conf.unset("spark.dao.pythonPath")


# The journal, the move of the only file, the deletion of the old one, and the journal's own.
STEPS = [0, pytest.param(1, marks=pytest.mark.full), 2, pytest.param(3, marks=pytest.mark.full)]


@pytest.mark.parametrize("step", STEPS)
def test_a_resolver_that_dies_while_publishing_is_followed_by_one_that_goes_on(
    spark: SparkSession, mortal: Callable[[int, int], None], data: DataFrame, tmp_path: Path, step: int
) -> None:
    data.write.format("dao").save("silver.users")
    mortal(step, 1)
    spark.sql("INSERT OVERWRITE dao.silver.users VALUES (9, 'new', 9)")
    assert (tmp_path / "deaths").read_text() == "0 0"
    assert rows(spark.table("dao.silver.users")) == [(9, "new", 9)]
    assert [path for path in (tmp_path / "silver" / "users").rglob("*.json") if path.is_file()] == []


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_while_publishing_is_finished_or_undone_by_the_next_write(
    spark: SparkSession, mortal: Callable[[int, int], None], data: DataFrame, tmp_path: Path, step: int
) -> None:
    data.write.format("dao").save("silver.users")
    mortal(step, 100)
    with pytest.raises(AnalysisException):
        spark.sql("INSERT OVERWRITE dao.silver.users VALUES (9, 'new', 9)")
    # Before the next write readers may see old and new rows together, never none.
    assert set(ROWS) <= set(rows(spark.table("dao.silver.users"))) or step > 1
    (tmp_path / "deaths").unlink()
    spark.createDataFrame([LATER], SCHEMA).write.format("dao").mode("append").save("silver.users")
    stands = ROWS if step == 0 else [(9, "new", 9)]
    assert rows(spark.table("dao.silver.users")) == sorted([*stands, LATER])


READERS = {
    "its name": "dao.silver.users",
    "a view": "seen",
    "its path": "{format}.`{path}`",
    "another catalog": "dao2.silver.users",
    "the cache": "dao.silver.users",
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "format_name", ["parquet", *(pytest.param(f, marks=pytest.mark.full) for f in ("json", "delta"))]
)
def test_an_overwrite_with_what_is_read_from_the_object_is_refused_or_right(
    spark: SparkSession, declare: Declare, data: DataFrame, tmp_path: Path, format_name: str, reader: str
) -> None:
    folder = declare(users={"format": format_name, "schema": SCHEMA, "partition_by": ["k"]})
    data.write.format("dao").save("silver.users")
    spark.conf.set("spark.sql.catalog.dao2", "io.sparkdao.DaoCatalog")
    spark.conf.set("spark.sql.catalog.dao2.config", str(tmp_path / "catalog.json"))
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW seen AS SELECT * FROM dao.silver.users")
    source = READERS[reader].format(format=format_name, path=folder / "users")
    if reader == "the cache":
        spark.sql("CACHE TABLE dao.silver.users")
    expected = [(key + 10, name, k) for key, name, k in ROWS if key > 1]
    try:
        spark.sql(f"INSERT OVERWRITE dao.silver.users SELECT id + 10, name, k FROM {source} WHERE id > 1")
    except AnalysisException as refusal:
        assert "UNSUPPORTED_OVERWRITE" in str(refusal)
        expected = ROWS
    assert rows(spark.table("dao.silver.users")) == rows(spark.table("seen")) == expected
    spark.sql("UNCACHE TABLE IF EXISTS dao.silver.users")


@pytest.mark.parametrize(
    "format_name", ["parquet", *(pytest.param(f, marks=pytest.mark.full) for f in ("csv", "delta"))]
)
def test_a_frame_of_the_object_may_overwrite_it(
    spark: SparkSession, declare: Declare, data: DataFrame, format_name: str
) -> None:
    declare(users={"format": format_name, "schema": SCHEMA})
    data.write.format("dao").save("silver.users")
    spark.table("dao.silver.users").where("id > 1").write.format("dao").mode("overwrite").save("silver.users")
    assert rows(spark.table("dao.silver.users")) == [row for row in ROWS if row[0] > 1]


def test_create_table_as_select_that_fails_leaves_no_object(
    spark: SparkSession, declare: Declare, data: DataFrame
) -> None:
    folder = declare()
    data.write.format("dao").save("silver.source")
    with pytest.raises(Exception, match="USER_RAISED_EXCEPTION"):
        spark.sql("CREATE TABLE dao.silver.users AS SELECT id, assert_true(id < 3) AS x FROM dao.silver.source")
    assert not spark.catalog.tableExists("dao.silver.users")
    assert not list((folder / "users").rglob("*.parquet"))
