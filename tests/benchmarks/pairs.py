"""Timing of several ways to do the same thing in turn, and what may be said of their ratio."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A median, and between which values it lies with 95 % confidence."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Interval:
        """Take the interval between two order statistics, which supposes nothing of how the values are spread.

        Example:
            >>> Interval.of([1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 9.0])
            Interval(median=1.4, low=1.1, high=1.7)
        """
        ordered = sorted(values)
        count, dropped = len(ordered), 0
        while dropped + 1 < count / 2 and _inside(count, dropped + 1) >= CONFIDENCE:
            dropped += 1
        return cls(statistics.median(ordered), ordered[dropped], ordered[-1 - dropped])


def _inside(count: int, dropped: int) -> float:
    """How likely the true median lies between the values that stand when so many are dropped at either end."""
    return 1 - 2 * sum(math.comb(count, below) for below in range(dropped + 1)) / 2**count


def in_turn(ways: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: int = 1) -> dict[str, list[float]]:
    """Time each way once a round, starting with another one each round, so that a drift of the machine hits all.

    Returns:
        Seconds of each round, by way.
    """
    names = list(ways)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(-warm_up, rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            started = time.perf_counter()
            ways[name]()
            elapsed = time.perf_counter() - started
            if turn >= 0:
                seconds[name].append(elapsed)
    return seconds


def ratio(seconds: Sequence[float], base: Sequence[float]) -> Interval:
    """Compare two ways round by round."""
    return Interval.of([one / other for one, other in zip(seconds, base, strict=True)])


def added_milliseconds(seconds: Sequence[float], base: Sequence[float]) -> Interval:
    """Say what one way takes longer than another, round by round."""
    return Interval.of([1000 * (one - other) for one, other in zip(seconds, base, strict=True)])
