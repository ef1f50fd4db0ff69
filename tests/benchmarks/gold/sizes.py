"""How many rows and rounds."""

from __future__ import annotations

from typing import NamedTuple


class Sizes(NamedTuple):
    """The sizes of one run.

    Attributes:
        rows: Rows that are written and read.
        sample: Rows of it that are sent one by one; what they take is scaled by their number.
        large: Rows of the table that is upserted into.
        upserted: Rows of one upsert.
        rounds: Rounds of each comparison.
    """

    rows: int
    sample: int
    large: int
    upserted: int
    rounds: int


SIZES = {
    "full": Sizes(rows=1_000_000, sample=5_000, large=10_000_000, upserted=100_000, rounds=3),
    "quick": Sizes(rows=100_000, sample=500, large=400_000, upserted=4_000, rounds=2),
    "tiny": Sizes(rows=2_000, sample=20, large=5_000, upserted=50, rounds=1),
}
