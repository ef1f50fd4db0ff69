"""`dao.count`, `dao.explain`, `dao.list`, `dao.delete` and `dao.run` on gold where the session has the jar."""

from __future__ import annotations

from tests.integration.interface_classes import conftest, test_redshift_actions

from .again import again

globals().update(again(test_redshift_actions, sampled={"test_tables_are_listed_for_a_store"}, fixtures=conftest))
