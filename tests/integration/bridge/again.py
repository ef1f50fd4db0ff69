"""Tests of `DataAccessObject` once more, in a JVM that has the jar."""

from __future__ import annotations

import types
from collections.abc import Collection
from types import ModuleType
from typing import Any

import pytest


def again(module: ModuleType, *, sampled: Collection[str], fixtures: ModuleType | None = None) -> dict[str, Any]:
    """Return the tests and fixtures of a module, for another module to have.

    Args:
        module: The module of tests.
        sampled: Names of the tests that `make test` runs; all others are in `make test-all`.
        fixtures: A module with further fixtures.
    """
    found: dict[str, Any] = {**(vars(fixtures) if fixtures else {}), **vars(module)}
    missing = set(sampled) - found.keys()
    assert not missing, f"{module.__name__} has no {missing}"
    shared = {name: value for name, value in found.items() if type(value).__name__ == "FixtureFunctionDefinition"}
    tests = {name: value for name, value in found.items() if name.startswith("test_") and callable(value)}
    return {**shared, **{name: test if name in sampled else _full(test) for name, test in tests.items()}}


def _full(test: types.FunctionType) -> types.FunctionType:
    # Marks are noted on the function, which is also the other module's.
    copy = types.FunctionType(test.__code__, test.__globals__, test.__name__, test.__defaults__, test.__closure__)
    copy.__dict__.update(test.__dict__)
    return pytest.mark.full(copy)
