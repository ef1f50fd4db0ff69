from __future__ import annotations

import contextlib
import datetime
import itertools
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_dao.errors import CommitError, PlanError
from spark_dao.plans import FileStorage, StagedFile
from spark_dao.spark import publish as publishing
from spark_dao.spark.publish import abort, new_batch_id, publish, recover, stage_folder
from spark_dao.spark.publish_journal import Journal


class FolderStorage:
    """Files of a local folder, by their plain absolute paths."""

    def list_files(self, folder: str) -> list[StagedFile]:
        found = []
        for parent, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    path = Path(parent) / name
                    found.append(StagedFile(str(path), path.stat().st_size))
        return sorted(found)

    def read_bytes(self, path: str) -> bytes | None:
        try:
            return Path(path).read_bytes()
        except FileNotFoundError:
            return None

    def write_bytes(self, path: str, data: bytes) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(f"{path}.{threading.get_ident()}.tmp")
        temporary.write_bytes(data)
        temporary.replace(path)

    def move_file(self, source: str, target: str) -> None:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        try:
            Path(source).replace(target)
        except FileNotFoundError:
            if not Path(target).exists():
                raise CommitError(f"neither {source} nor {target} exists") from None

    def delete_files(self, paths: Sequence[str]) -> None:
        for path in paths:
            Path(path).unlink(missing_ok=True)

    def arrow_filesystem(self) -> Any:
        raise NotImplementedError

    def arrow_path(self, path: str) -> str:
        return path


class Killed(BaseException):
    """The process ends here: no handler runs."""


class Failing:
    """A storage whose n-th changing operation, and where `dead` all after it, fails before or after its effect."""

    def __init__(self, at: int, *, after: bool, error: type[BaseException], dead: bool) -> None:
        self.storage, self.at, self.after, self.error, self.dead = FolderStorage(), at, after, error, dead
        self.count = itertools.count(1)
        self.failed = False

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self.storage, name)

        def call(*arguments: Any) -> Any:
            number = next(self.count)
            if self.dead and self.failed:
                raise self.error("still down")
            if number == self.at:
                self.failed = True
                if self.after:
                    operation(*arguments)
                raise self.error(f"{name} failed")
            return operation(*arguments)

        return call


def put(target: Path, relative: str, text: str) -> str:
    path = target / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def rows(target: Path) -> set[str]:
    return {
        path.read_text()
        for path in target.rglob("*")
        if path.is_file() and publishing.is_visible(str(path.relative_to(target)))
    }


def bookkeeping(target: Path) -> list[str]:
    return [str(path) for path in target.rglob("*") if path.is_file() and "_dao_" in str(path)]


def staged(target: Path, batch: str, *names: str) -> None:
    for name in names:
        put(target, f"_dao_staging/{batch}/{name}", f"new {name}")


def test_an_append_keeps_the_old_rows_and_leaves_no_trace(tmp_path: Path) -> None:
    put(tmp_path, "year=2024/part-0.csv", "old")
    batch = new_batch_id()
    staged(tmp_path, batch, "year=2024/part-0.csv", "year=2025/part-0.csv", "_SUCCESS", "_temporary/0/x.csv")
    published = publish(FolderStorage(), str(tmp_path), batch, "append")
    assert rows(tmp_path) == {"old", "new year=2024/part-0.csv", "new year=2025/part-0.csv"}
    assert bookkeeping(tmp_path) == []
    assert not list(tmp_path.rglob("_SUCCESS"))
    assert {file.path for file in published} == {
        f"{tmp_path}/year=2024/part-{batch}-0.csv",
        f"{tmp_path}/year=2025/part-{batch}-0.csv",
    }


def test_an_overwrite_replaces_every_visible_file_and_its_checksum(tmp_path: Path) -> None:
    for name in ("a.csv", ".a.csv.crc", "year=2024/b.csv", "_SUCCESS", ".keep"):
        put(tmp_path, name, f"old {name}")
    batch = new_batch_id()
    staged(tmp_path, batch, "part-0.csv")
    publish(FolderStorage(), str(tmp_path), batch, "overwrite")
    assert rows(tmp_path) == {"new part-0.csv"}
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {f"part-{batch}-0.csv", "_SUCCESS", ".keep"}


def test_a_dynamic_overwrite_replaces_the_touched_partitions_only(tmp_path: Path) -> None:
    for folder in ("y=1/m=1", "y=1/m=10", "y=2/m=1"):
        put(tmp_path, f"{folder}/old.csv", f"old {folder}")
    batch = new_batch_id()
    staged(tmp_path, batch, "y=1/m=1/part-0.csv")
    publish(FolderStorage(), str(tmp_path), batch, "overwrite", dynamic=True)
    assert rows(tmp_path) == {"new y=1/m=1/part-0.csv", "old y=1/m=10", "old y=2/m=1"}


def test_an_overwrite_of_one_partition_leaves_the_others_also_when_nothing_is_staged(tmp_path: Path) -> None:
    for folder in ("y=1/m=1", "y=1/m=10", "y=10/m=1"):
        put(tmp_path, f"{folder}/old.csv", f"old {folder}")
    publish(FolderStorage(), str(tmp_path), new_batch_id(), "overwrite", replace=["y=1"])
    assert rows(tmp_path) == {"old y=10/m=1"}


def test_an_overwrite_with_nothing_staged_clears_the_table(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "old")
    publish(FolderStorage(), str(tmp_path), new_batch_id(), "overwrite")
    assert rows(tmp_path) == set()


def test_files_that_no_task_committed_are_dropped(tmp_path: Path) -> None:
    batch = new_batch_id()
    staged(tmp_path, batch, "part-0-attempt-1.csv", "part-0-attempt-2.csv")
    wanted = f"{stage_folder(str(tmp_path), batch)}/part-0-attempt-2.csv"
    publish(FolderStorage(), str(tmp_path), batch, "append", files=[wanted])
    assert rows(tmp_path) == {"new part-0-attempt-2.csv"}
    assert bookkeeping(tmp_path) == []


def test_a_committed_file_that_is_gone_stops_the_publication(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "old")
    batch = new_batch_id()
    with pytest.raises(CommitError, match="the old rows stand"):
        publish(
            FolderStorage(),
            str(tmp_path),
            batch,
            "overwrite",
            files=[f"{stage_folder(str(tmp_path), batch)}/part-0.csv"],
        )
    assert rows(tmp_path) == {"old"}


OLD = {"old 1", "old 2"}
NEW = {"new y=1/part-0.csv", "new y=2/part-0.csv", "new y=2/part-1.csv"}


def prepared(target: Path) -> str:
    put(target, "y=1/old.csv", "old 1")
    put(target, "y=3/old.csv", "old 2")
    batch = new_batch_id()
    staged(target, batch, "y=1/part-0.csv", "y=2/part-0.csv", "y=2/part-1.csv", "_SUCCESS")
    return batch


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_publication_that_is_asked_for_again_after_a_kill_goes_on_where_it_stopped(
    tmp_path: Path, mode: str, after: bool
) -> None:
    complete = NEW if mode == "overwrite" else OLD | NEW
    for step in itertools.count(1):
        target = tmp_path / str(step)
        batch = prepared(target)
        committed = [f"{stage_folder(str(target), batch)}/{name.removeprefix('new ')}" for name in NEW]
        storage = Failing(step, after=after, error=Killed, dead=True)
        with contextlib.suppress(Killed):
            publish(storage, str(target), batch, mode, files=committed)  # type: ignore[arg-type]
        published = publish(FolderStorage(), str(target), batch, mode, files=committed)  # type: ignore[arg-type]
        assert rows(target) == complete
        assert bookkeeping(target) == []
        assert len(published) == len(NEW)
        if not storage.failed:
            break


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("error", [Killed, OSError], ids=["killed", "failing"])
@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_crash_at_any_step_leaves_the_old_or_the_new_rows_whole(
    tmp_path: Path, mode: str, error: type[BaseException], after: bool
) -> None:
    complete = NEW if mode == "overwrite" else OLD | NEW
    for step in itertools.count(1):
        target = tmp_path / str(step)
        batch = prepared(target)
        storage = Failing(step, after=after, error=error, dead=error is Killed)
        try:
            publish(storage, str(target), batch, mode)  # type: ignore[arg-type]
        except (Killed, OSError, CommitError) as failure:
            assert storage.failed
            seen = rows(target)
            assert seen >= OLD or seen >= complete, "at no moment are there neither old nor new rows"
            says_old = "the old rows stand" in str(failure)
            recover(FolderStorage(), str(target))
            seen = rows(target)
            assert seen in (OLD, complete)
            if says_old:
                assert seen == OLD, "what the message says is what is there"
            if seen == OLD:
                abort(FolderStorage(), str(target), batch)
            assert bookkeeping(target) == []
        else:
            recover(FolderStorage(), str(target))
            assert rows(target) == complete
            assert bookkeeping(target) == []
            if not storage.failed:
                break
    assert step > 8


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_recovery_that_is_killed_itself_is_finished_by_the_next(tmp_path: Path, mode: str) -> None:
    for step in itertools.count(1):
        target = tmp_path / str(step)
        batch = prepared(target)
        with pytest.raises(Killed):
            # The journal's writing is killed after it took effect.
            publish(_KilledAfterJournal(), str(target), batch, mode)  # type: ignore[arg-type]
        storage = Failing(step, after=True, error=Killed, dead=True)
        try:
            recover(storage, str(target))  # type: ignore[arg-type]
        except Killed:
            recover(FolderStorage(), str(target))
        assert rows(target) == (NEW if mode == "overwrite" else OLD | NEW)
        assert bookkeeping(target) == []
        if not storage.failed:
            break


class _KilledAfterJournal(FolderStorage):
    def write_bytes(self, path: str, data: bytes) -> None:
        super().write_bytes(path, data)
        raise Killed


def test_an_overwrite_takes_a_half_published_append_as_a_whole(tmp_path: Path) -> None:
    appended = prepared(tmp_path)
    with pytest.raises(Killed):
        publish(_KilledAfterJournal(), str(tmp_path), appended, "append")
    batch = new_batch_id()
    staged(tmp_path, batch, "part-9.csv")
    publish(FolderStorage(), str(tmp_path), batch, "overwrite")
    assert rows(tmp_path) == {"new part-9.csv"}
    assert bookkeeping(tmp_path) == []


def test_an_overwrite_spares_what_appeared_after_its_journal(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "old")
    batch = new_batch_id()
    staged(tmp_path, batch, "part-0.csv")

    class Appending(FolderStorage):
        def write_bytes(self, path: str, data: bytes) -> None:
            super().write_bytes(path, data)
            put(tmp_path, "late.csv", "appended late")

    publish(Appending(), str(tmp_path), batch, "overwrite")
    assert rows(tmp_path) == {"new part-0.csv", "appended late"}


def test_a_writer_whose_journal_another_one_finished_has_succeeded(tmp_path: Path) -> None:
    batch = prepared(tmp_path)

    class Overtaken(FolderStorage):
        def write_bytes(self, path: str, data: bytes) -> None:
            super().write_bytes(path, data)
            other = new_batch_id()
            staged(tmp_path, other, "part-7.csv")
            recover(FolderStorage(), str(tmp_path))
            publish(FolderStorage(), str(tmp_path), other, "overwrite")

    publish(Overtaken(), str(tmp_path), batch, "append")
    assert rows(tmp_path) == {"new part-7.csv"}
    assert bookkeeping(tmp_path) == []


def test_appends_from_many_threads_lose_nothing(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(5):
                batch = new_batch_id()
                recover(FolderStorage(), str(tmp_path))
                put(tmp_path, f"_dao_staging/{batch}/part-0.csv", f"{number} {turn} a")
                put(tmp_path, f"_dao_staging/{batch}/part-1.csv", f"{number} {turn} b")
                publish(FolderStorage(), str(tmp_path), batch, "append")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert rows(tmp_path) == {f"{number} {turn} {part}" for number in range(6) for turn in range(5) for part in "ab"}
    assert bookkeeping(tmp_path) == []


def test_a_journal_whose_files_are_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    batch = new_batch_id()
    Journal(batch, {f"_dao_staging/{batch}/part-0.csv": "part-0.csv"}).write(FolderStorage(), str(tmp_path))
    with pytest.raises(CommitError, match=r"part-0\.csv"):
        recover(FolderStorage(), str(tmp_path))


def test_a_journal_that_is_none_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = put(tmp_path, "_dao_journal/x.json", "{}")
    with pytest.raises(CommitError, match=path):
        recover(FolderStorage(), str(tmp_path))


def test_staging_is_swept_after_a_day_and_never_before(tmp_path: Path) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    old = (now - datetime.timedelta(days=1, minutes=1)).strftime("%Y%m%dT%H%M%SZ") + "-aa"
    young = (now - datetime.timedelta(hours=23)).strftime("%Y%m%dT%H%M%SZ") + "-bb"
    staged(tmp_path, old, "part-0.csv")
    staged(tmp_path, young, "part-0.csv")
    staged(tmp_path, "somebody-elses", "part-0.csv")
    recover(FolderStorage(), str(tmp_path))
    left = {path.relative_to(tmp_path / "_dao_staging").parts[0] for path in tmp_path.rglob("part-0.csv")}
    assert left == {young, "somebody-elses"}


def test_aborting_drops_the_staged_files_only(tmp_path: Path) -> None:
    batch = prepared(tmp_path)
    abort(FolderStorage(), str(tmp_path), batch)
    assert rows(tmp_path) == OLD
    assert bookkeeping(tmp_path) == []


@pytest.mark.parametrize("batch", ["", "a/b", "../x", "a=b", "_x"])
def test_a_batch_id_that_would_not_stay_hidden_is_refused(batch: str) -> None:
    with pytest.raises(PlanError):
        stage_folder("file:///data/x", batch)


@given(st.lists(st.text(alphabet="ab=_.%", min_size=1, max_size=6), min_size=1, max_size=4))
def test_nothing_below_a_hidden_folder_is_visible(names: list[str]) -> None:
    path = "/".join(names)
    assert not publishing.is_visible(f"_dao_staging/{path}")
    assert not publishing.is_visible(f".x/{path}")
    assert publishing.is_visible(f"y=1/{path}") == publishing.is_visible(path)


def test_the_test_storage_is_a_file_storage() -> None:
    assert isinstance(FolderStorage(), FileStorage)
