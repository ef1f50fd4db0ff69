"""The state file keeps what a stack needs, privately; the lock lets one command at a time change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from spark_dao.errors import InterfaceError
from spark_dao.local import state as state_module
from spark_dao.local.processes import ProcessIdentity
from spark_dao.local.state import StackState, exclusive


def test_what_is_saved_is_loaded_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = StackState(ports={"s3": 1}, processes={"s3": ProcessIdentity(7, "then")})
    state.save(path)
    assert StackState.load(path) == state
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_every_stack_has_credentials_of_its_own_and_its_repr_shows_no_secret() -> None:
    one, other = StackState(), StackState()
    for name in ("s3_access_key", "s3_secret_key", "backend_password", "warehouse_password"):
        assert getattr(one, name) != getattr(other, name)
    assert one.s3_secret_key not in repr(one)
    assert one.backend_password not in repr(one)
    assert one.warehouse_password not in repr(one)


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert StackState.load(tmp_path / "state.json") is None


@pytest.mark.parametrize(
    "damaged",
    [
        '{"s3_secret_key": "hunter2", ',
        '["hunter2"]',
        '{"version": 1, "s3_secret_key": "hunter2"}',
        '{"version": 1, "processes": {}, "hunter2": 1}',
    ],
)
def test_a_damaged_file_is_one_error_that_does_not_quote_it(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(damaged)
    with pytest.raises(InterfaceError, match=r"state\.json is damaged") as raised:
        StackState.load(path)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_file_of_another_version_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"version": 99}')
    with pytest.raises(InterfaceError, match="another version of spark_dao"):
        StackState.load(path)


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with exclusive(lock), pytest.raises(InterfaceError, match="another command"), exclusive(lock, timeout=0.1):
        pass
    with exclusive(lock, timeout=0.1):
        pass


def test_a_lock_file_that_its_holder_removed_meanwhile_is_not_taken_for_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder removes the file between another's opening and locking it, as `down --wipe` may."""
    lock = tmp_path / "lock"
    try_lock = state_module._try_lock
    opened: list[int] = []

    def remove_first(descriptor: int) -> bool:
        if not opened:
            lock.unlink()
        opened.append(descriptor)
        return try_lock(descriptor)

    monkeypatch.setattr(state_module, "_try_lock", remove_first)
    with exclusive(lock, timeout=10):
        assert lock.exists()
        with pytest.raises(InterfaceError), exclusive(lock, timeout=0.1):
            pass
