"""What every test shares."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# A busy machine must not fail a test that is right: speed is measured elsewhere.
settings.register_profile("spark_dao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("spark_dao")


class KeepTogether(LoadScopeScheduling):
    """Keeps on one worker what shares costly fixtures: a file, and the jobs, which share one filled medallion."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder.endswith("/jobs") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> KeepTogether:
    return KeepTogether(config, log)
