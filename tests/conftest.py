"""What every test shares."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not fail a test that is right: speed is measured elsewhere.
settings.register_profile("spark_dao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("spark_dao")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep on one worker what shares costly fixtures: a file, and the jobs, which share one filled medallion."""
    for item in items:
        shared = item.path.parent if item.path.parent.name == "jobs" else item.path
        item.add_marker(pytest.mark.xdist_group(str(shared.relative_to(item.config.rootpath))))
