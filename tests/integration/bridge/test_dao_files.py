"""`dao.read` and `dao.write` of files where the session has the jar."""

from __future__ import annotations

from tests.integration import test_dao_files

from .again import again

globals().update(
    again(
        test_dao_files,
        sampled={
            "test_a_read_has_the_plan_of_the_direct_read",
            "test_an_overwrite_replaces_all_partitions_or_only_those_it_touches",
        },
    )
)
