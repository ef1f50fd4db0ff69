"""The pytest plugin: the fixture `local_stack`, there wherever spark_dao is installed.

Every pytest loads this module, so it imports nothing of weight, starts nothing until a test asks for the fixture, and
sets no environment variable.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from spark_dao.local import LocalStack

_SHARED = "spark_dao_local_stack"
_shared_stack_key = pytest.StashKey[dict[str, Any]]()


@pytest.fixture(scope="session")
def local_stack(request: pytest.FixtureRequest) -> Iterator[LocalStack]:
    """A running local stack with a temporary folder of its own; all workers of pytest-xdist share one.

    Tests take what they need from `local_stack.environment()`. The stack and its data are gone after the session, also
    when pytest is killed.
    """
    from spark_dao.local import LocalStack
    from spark_dao.local.processes import ProcessIdentity

    shared: dict[str, Any] | None = getattr(request.config, "workerinput", {}).get(_SHARED)
    if shared is not None:
        stack = LocalStack(shared["folder"])
        # It lives as long as the controller, which stops it after the last worker; a worker may crash meanwhile.
        stack.up(as_long_as=ProcessIdentity(shared["pid"], shared["started"]), wipe_then=True)
        yield stack
        return
    stack = LocalStack(_new_folder())
    try:
        stack.up(as_long_as=ProcessIdentity.of(os.getpid()), wipe_then=True)
        yield stack
    finally:
        stack.down(wipe=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist, before it starts, which stack it shares.

    Args:
        node: The controller's view of the worker.
    """
    from spark_dao.local.processes import ProcessIdentity

    stash = node.config.stash
    if _shared_stack_key not in stash:
        controller = ProcessIdentity.of(os.getpid())
        if controller is None:
            return
        stash[_shared_stack_key] = {"folder": str(_new_folder()), **controller._asdict()}
    node.workerinput[_SHARED] = stash[_shared_stack_key]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared stack when every worker has ended.

    Args:
        config: The session's configuration.
    """
    shared = config.stash.get(_shared_stack_key, None)
    if shared is not None and Path(shared["folder"]).exists():
        from spark_dao.local import LocalStack

        LocalStack(shared["folder"]).down(wipe=True)


def _new_folder() -> Path:
    # Not below pytest's own temporary folder: that one is closed to other users at the start of every session, and
    # PostgreSQL runs as another user when root runs the tests.
    return Path(tempfile.gettempdir()) / f"spark-dao-stack-{uuid.uuid4().hex[:12]}"
