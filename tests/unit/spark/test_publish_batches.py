from __future__ import annotations

from pathlib import Path

import pytest

from spark_dao.spark.publish import publish, recover, stage_folder
from spark_dao.spark.publish_batches import drop_attempts, is_published, named_batch_id
from tests.unit.spark.test_publish import FolderStorage, Killed, rows, staged


def test_a_batch_is_published_from_its_commit_point_on_and_recognised_by_a_later_attempt(tmp_path: Path) -> None:
    storage, target = FolderStorage(), str(tmp_path)
    first = named_batch_id("orders/2025-01-07 ü")
    staged(tmp_path, first, "part-0.csv")
    assert not is_published(storage, target, named_batch_id("orders/2025-01-07 ü"))

    publish(storage, target, first, "append")

    assert is_published(storage, target, named_batch_id("orders/2025-01-07 ü"))
    assert not is_published(storage, target, named_batch_id("orders/2025-01-0"))


def test_a_batch_that_was_killed_after_its_journal_is_finished_and_then_recognised(tmp_path: Path) -> None:
    target = str(tmp_path)
    first = named_batch_id("b")
    staged(tmp_path, first, "part-0.csv")

    class KilledAfterJournal(FolderStorage):
        def move_file(self, source: str, target: str) -> None:
            raise Killed

        def delete_files(self, paths: object) -> None:
            raise Killed

    with pytest.raises(Killed):
        publish(KilledAfterJournal(), target, first, "append")
    storage = FolderStorage()
    recover(storage, target)

    assert is_published(storage, target, named_batch_id("b"))
    assert len(rows(tmp_path)) == 1


def test_what_an_earlier_attempt_staged_is_dropped_and_what_others_stage_is_kept(tmp_path: Path) -> None:
    earlier, other = named_batch_id("b"), named_batch_id("c")
    staged(tmp_path, earlier, "part-0.csv")
    staged(tmp_path, other, "part-0.csv")

    drop_attempts(FolderStorage(), str(tmp_path), named_batch_id("b"))

    assert FolderStorage().list_files(stage_folder(str(tmp_path), earlier)) == []
    assert FolderStorage().list_files(stage_folder(str(tmp_path), other)) != []
