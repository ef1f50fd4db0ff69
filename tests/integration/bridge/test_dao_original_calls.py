"""The calls of the original `dao` package where the session has the jar."""

from __future__ import annotations

from tests.integration import test_original_calls

from .again import again

globals().update(
    again(test_original_calls, sampled={"test_a_dataframe_goes_to_gold_with_and_without_format_and_by_position"})
)
