"""`dao.upsert` and `dao.delete` of DataFrames where the session has the jar."""

from __future__ import annotations

from tests.integration import test_dao_upsert

from .again import again

globals().update(
    again(
        test_dao_upsert,
        sampled={"test_format_dao_upserts_into_a_warehouse_by_an_option"},
    )
)
