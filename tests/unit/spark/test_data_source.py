from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow
import pyarrow.fs
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql.types import StructType

from spark_dao.errors import PlanError, SparkDaoError
from spark_dao.plans import Filter, StagedFile
from spark_dao.spark.data_source import sinks
from spark_dao.spark.data_source.columnar import read_columnar, splits
from spark_dao.spark.data_source.columns import declared_columns
from spark_dao.spark.data_source.discovery import discover, escape_name, unescape_name
from spark_dao.spark.data_source.file_writers import FileFormat
from spark_dao.spark.data_source.filters import keeps
from spark_dao.spark.data_source.reader import Piece, Split, pack
from spark_dao.spark.data_source.refusals import checked_options, surfacing


class LocalFiles:
    def list_files(self, folder: str) -> list[StagedFile]:
        files = (path for path in Path(folder).rglob("*") if path.is_file())
        return sorted(StagedFile(str(path), path.stat().st_size) for path in files)

    def arrow_filesystem(self) -> pyarrow.fs.FileSystem:
        return pyarrow.fs.LocalFileSystem()

    def arrow_path(self, path: str) -> str:
        return path


@pytest.fixture
def large(tmp_path: Path) -> str:
    path = str(tmp_path / "large.parquet")
    table = pyarrow.table({"id": range(1000), "s": [str(number) for number in range(1000)]})
    pyarrow.parquet.write_table(table, path, row_group_size=100)
    return path


def test_a_large_file_is_split_along_its_row_groups(large: str) -> None:
    divided = [split for split, _ in splits(LocalFiles(), large, "parquet", 2000)]
    assert len(divided) > 2
    assert [divided[0].start, divided[-1].end] == [0, 10]
    target = pyarrow.schema([("id", pyarrow.int64())])
    ids = [
        number
        for split in divided
        for batch in read_columnar(LocalFiles(), split, "parquet", target, ())
        for number in batch.column("id").to_pylist()
    ]
    assert ids == list(range(1000))


def test_row_groups_that_cannot_hold_wanted_rows_are_passed_over(large: str) -> None:
    target = pyarrow.schema([("id", pyarrow.int64()), ("s", pyarrow.string())])
    batches = read_columnar(LocalFiles(), Split(large), "parquet", target, (Filter(">=", "id", 850),))
    assert sum(batch.num_rows for batch in batches) == 200


def test_small_pieces_share_a_task() -> None:
    pieces = [(Piece(Split(str(number))), 1 << 20) for number in range(60)]
    tasks = pack(pieces)
    assert sorted(piece.split.path for task in tasks for piece in task) == sorted(str(number) for number in range(60))
    assert len(tasks) == 3


@pytest.mark.parametrize("format_name", ["parquet", "orc", "csv", "json"])
def test_a_task_writes_many_partitions_with_few_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_name: str
) -> None:
    monkeypatch.setattr(sinks, "BUFFER_BYTES", 2000)
    monkeypatch.setattr(sinks, "OPEN_FILES", 3)
    schema = StructType().add("id", "long").add("k", "long")
    output = sinks.StagedOutput(LocalFiles(), str(tmp_path), "b", schema, FileFormat(format_name), ("k",))  # type: ignore[arg-type]
    highest = 0
    original = sinks._OpenFiles.add

    def add(self: sinks._OpenFiles, folder: str, batch: pyarrow.RecordBatch) -> None:
        nonlocal highest
        original(self, folder, batch)
        highest = max(highest, len(self.writers))
        assert sum(self.sizes.values()) < 4000

    monkeypatch.setattr(sinks._OpenFiles, "add", add)
    batches = [pyarrow.record_batch({"id": [n] * 50, "k": [key % 20 for key in range(50)]}) for n in range(40)]
    files = output.write(batches, 7)
    assert highest == 3
    assert sum(file.rows or 0 for file in files) == 2000
    assert len({file.path for file in files}) == len(files) > 20
    assert all(file.bytes == Path(file.path).stat().st_size for file in files)
    assert {Path(file.path).parent.name for file in files} == {f"k={key}" for key in range(20)}


def test_folders_that_disagree_are_refused(tmp_path: Path) -> None:
    for folder in ("a=1", "b=1"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text("x")
    with pytest.raises(PlanError, match="one layout of partition folders"):
        discover(LocalFiles(), [str(tmp_path)])  # type: ignore[list-item]


def test_a_part_of_a_table_keeps_its_partition_values_by_its_base_path(tmp_path: Path) -> None:
    (tmp_path / "y=1" / "m=%2F").mkdir(parents=True)
    (tmp_path / "y=1" / "m=%2F" / "x.csv").write_text("x")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "x.csv").write_text("x")
    part = f"{tmp_path}/y=1"
    assert [dict(file.partition) for file in discover(LocalFiles(), [part])] == [{"m": "/"}]  # type: ignore[list-item]
    whole = discover(LocalFiles(), [part], base_path=str(tmp_path))  # type: ignore[arg-type]
    assert [dict(file.partition) for file in whole] == [{"y": "1", "m": "/"}]
    assert len(discover(LocalFiles(), [str(tmp_path)], recursive=True)) == 2  # type: ignore[arg-type]


@given(st.text(min_size=1, max_size=20))
def test_names_of_folders_read_back(name: str) -> None:
    assert unescape_name(escape_name(name)) == name
    assert "/" not in escape_name(name)
    assert "=" not in escape_name(name)


def test_a_partition_is_left_out_only_where_values_compare() -> None:
    noon = datetime.datetime(2025, 1, 7, 12)
    assert keeps([Filter("=", "t", noon)], {"t": noon.replace(tzinfo=datetime.timezone.utc)})
    assert keeps([Filter("=", "d", noon)], {"d": noon.date()})
    assert keeps([Filter("in", "x", (float("nan"), 1))], {"x": float("nan")})
    assert not keeps([Filter("in", "k", ())], {"k": 1})
    assert not keeps([Filter("<=>", "k", 1)], {"k": None})
    assert not keeps([Filter("startswith", "s", "b")], {"s": "abc"})


@pytest.mark.parametrize("ddl", ["", "id", "id BIGINT,", "id BIGINT, , s STRING"])
def test_what_is_no_list_of_columns_is_refused(ddl: str) -> None:
    with pytest.raises(PlanError, match="expected columns such as"):
        declared_columns(ddl)


def test_declared_columns_keep_comments_and_quotes() -> None:
    ddl = "`a``b`: INT NOT NULL COMMENT 'x, NOT NULL', m MAP<STRING, DECIMAL(3,1)>, s STRUCT<`q,`: INT NOT NULL>"
    assert declared_columns(ddl) == [
        ("a`b", "`a``b`: INT COMMENT 'x, NOT NULL'"),
        ("m", "m MAP<STRING, DECIMAL(3,1)>"),
        ("s", "s STRUCT<`q,`: INT>"),
    ]


@pytest.mark.parametrize(
    ("format_name", "options", "writing"),
    [("delta", {}, False), ("csv", {"comment": "#"}, False), ("parquet", {"compression": "lzo"}, True)],
)
def test_what_only_the_jar_offers_is_refused_by_its_name(format_name: str, options: dict, writing: bool) -> None:
    with pytest.raises(PlanError, match=r"spark-dao-bridge\.jar"):
        checked_options(format_name, options, writing=writing)


def test_a_surfacing_error_carries_neither_cause_nor_inner_frames() -> None:
    secret = "hunter2"

    @surfacing
    def fails() -> None:
        try:
            raise ValueError(secret)
        except ValueError as error:
            raise PlanError("no") from error

    with pytest.raises(SparkDaoError) as caught:
        fails()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    frames = caught.traceback
    assert [frame.name for frame in frames][1:] == ["surfaced"]
