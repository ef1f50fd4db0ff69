"""Places of their own on the local stack, for the jobs to fill."""

from __future__ import annotations

import pytest

from tests.integration.jobs.medallion import AS_OF, SAMPLE_DATA, Medallion, new_medallion


@pytest.fixture(scope="session")
def loaded(local_stack) -> Medallion:
    """The sample data in all three layers, as the three jobs put it there; no test may change it."""
    medallion = new_medallion(local_stack.environment())
    medallion.run_all(SAMPLE_DATA, AS_OF)
    return medallion


@pytest.fixture
def fresh_medallion(local_stack) -> Medallion:
    """Empty when the test starts."""
    return new_medallion(local_stack.environment())
