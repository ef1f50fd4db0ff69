from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow.fs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_dao.errors import PlanError
from spark_dao.plans import StagedFile
from spark_dao.spark.data_source import csv_reading, text
from spark_dao.spark.data_source.columnar import Split
from spark_dao.spark.data_source.csv_records import Dialect, records
from spark_dao.spark.data_source.globs import expand
from spark_dao.spark.data_source.text import TextFormat, lines_of, text_splits
from spark_dao.spark.data_source.text_values import format_double


class LocalFiles:
    def list_files(self, folder: str) -> list[StagedFile]:
        files = (path for path in Path(folder).rglob("*") if path.is_file())
        return sorted(StagedFile(str(path), path.stat().st_size) for path in files)

    def arrow_filesystem(self) -> pyarrow.fs.FileSystem:
        return pyarrow.fs.LocalFileSystem()

    def arrow_path(self, path: str) -> str:
        return path


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=12),
    ended=st.booleans(),
    size=st.integers(1, 30),
    block=st.integers(1, 20),
)
def test_every_line_is_in_exactly_one_split(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ended: bool, size: int, block: int
) -> None:
    content = b"\n".join(lines) + (b"\n" if ended else b"")
    path = tmp_path_factory.mktemp("lines") / "a.csv"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK_BYTES", block)
        splits = [split for split, _ in text_splits(str(path), len(content), TextFormat("csv"), size)]
        parts = [b"".join(lines_of(LocalFiles(), split)) for split in splits]
        whole = list(lines_of(LocalFiles(), Split(str(path))))
    assert b"".join(parts) == content
    assert all(part == b"" or part.endswith(b"\n") for part in parts[:-1] if b"".join(parts[parts.index(part) + 1 :]))
    assert b"".join(whole) == content
    assert all(each.endswith(b"\n") for each in whole[:-1])


def test_a_compressed_file_is_one_split_and_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a\nb\n"))
    splits = text_splits(str(path), 10**9, TextFormat("csv"), 10)
    assert [split for split, _ in splits] == [Split(str(path))]
    assert b"".join(lines_of(LocalFiles(), splits[0][0])) == b"a\nb\n"
    with pytest.raises(PlanError, match="bridge jar"):
        list(lines_of(LocalFiles(), Split(str(tmp_path / "a.csv.zst"))))


FIELDS = st.text(alphabet='ab ,"\\\n\r;é', max_size=6)


@given(
    st.lists(st.lists(FIELDS, min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from([Dialect(), Dialect(escape='"'), Dialect(multi_line=True), Dialect(escape='"', multi_line=True)]),
    st.sampled_from(["", "a"]),
    st.booleans(),
)
def test_what_pyarrow_reads_is_what_the_rules_say(
    rows: list[list[str]], dialect: Dialect, null: str, quoted: bool
) -> None:
    lines = [",".join(f'"{field}"' if quoted and '"' not in field else field for field in row) for row in rows]
    block = ("\n".join(lines) + "\n").encode()
    fast = csv_reading._by_pyarrow(block, dialect, null, 3)
    if fast is None:
        return
    slow = csv_reading._by_rules(records(block.decode(), dialect), null, 3)
    # Records of another width than the first come last, since pyarrow leaves them out.
    found = sorted(repr(row) for part in fast for row in zip(*(column.to_pylist() for column in part), strict=True))
    assert found == sorted(repr(row) for row in zip(*(column.to_pylist() for column in slow), strict=True))


def test_most_csv_takes_the_fast_way() -> None:
    block = b'id,name\n1,"a, b"\n2,\n3,""\n4,C:\\dir\n'
    assert csv_reading._is_plain(b"1,C:\\dir\n", Dialect())
    assert csv_reading._is_plain(b'1,"a, b"\n2,""\n', Dialect())
    assert not csv_reading._is_plain(block, Dialect()), "an escape and a quote in one block"
    assert not csv_reading._is_plain(b'1,"a\nb"\n', Dialect()), "a line break inside quotes, where lines are records"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_are_spelled_so_that_they_read_back(value: float) -> None:
    spelled = format_double(value)
    assert float(spelled) == value
    assert "." in spelled
    assert "e" not in spelled


def test_patterns_find_folders_and_files_as_hadoop_does(tmp_path: Path) -> None:
    for name in ("2025-01-07/users.csv", "2025-01-08/users.csv", "2024-01-01/users.csv", "_dao_staging/users.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = {root: len(files) for root, files in expand(LocalFiles(), f"{tmp_path}/2025-*")}
    assert found == {f"{tmp_path}/2025-01-07": 1, f"{tmp_path}/2025-01-08": 1}
    files = [root for root, _ in expand(LocalFiles(), f"{tmp_path}/*/users.{{csv,txt}}")]
    assert sorted(files) == sorted(f"{tmp_path}/{day}/users.csv" for day in ("2024-01-01", "2025-01-07", "2025-01-08"))
    with pytest.raises(PlanError, match="no files match"):
        expand(LocalFiles(), f"{tmp_path}/1999-*")
