"""What every test shares."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine must not fail a test that is right: speed is measured elsewhere.
settings.register_profile("spark_dao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("spark_dao")
