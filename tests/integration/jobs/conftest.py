"""Places of their own on the local stack, for the jobs to fill."""

from __future__ import annotations

import pytest

from tests.integration.jobs.medallion import Medallion, new_medallion


@pytest.fixture(scope="module")
def medallion(local_stack) -> Medallion:
    """Empty when the module starts; its tests go on with what the ones before left."""
    return new_medallion(local_stack.environment())


@pytest.fixture
def fresh_medallion(local_stack) -> Medallion:
    """Empty when the test starts."""
    return new_medallion(local_stack.environment())
