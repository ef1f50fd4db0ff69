from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pytest

from spark_dao.core.annotations import Unsatisfied, adapt


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (None, str | None),
        ("x", Any),
        (["a"], list[str]),
        (("a",), Sequence[str]),
        ({"a": 1}, Mapping[str, Any]),
        ("append", Literal["append", "overwrite"]),
        (3, float),
        (True, bool),
        ({"a"}, set[str]),
    ],
)
def test_a_value_that_satisfies_stays_as_it_is(value, annotation):
    assert adapt(value, annotation) is value


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("true", bool, True),
        ("FALSE", bool | None, False),
        ("12", int, 12),
        ("1.5", float, 1.5),
        ("a, b", list[str], ["a", "b"]),
        ("a", tuple[str, ...], ("a",)),
    ],
)
def test_a_string_becomes_what_it_spells(text, annotation, value):
    assert adapt(text, annotation) == value


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (1, str),
        (True, int),
        ("yes", bool),
        ("1.5", int),
        ([1], list[str]),
        ("upsert", Literal["append"]),
        (None, str),
        (b"x", str),
        ("x", bytes),
    ],
)
def test_a_value_of_another_kind_is_refused(value, annotation):
    with pytest.raises(Unsatisfied):
        adapt(value, annotation)
