"""The capability matrix as a table, the sample of it that `make test` runs, and how the documentation shows it.

`python -m tests.integration.bridge.matrix` writes `docs/matrix.md`.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from . import operations_frames, operations_metadata, operations_sql
from .cells import FORMATS, STORES, Operation

OPERATIONS: list[Operation] = [
    *operations_frames.OPERATIONS,
    *operations_sql.OPERATIONS,
    *operations_metadata.OPERATIONS,
]
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "matrix.md"

_PAIRS = list(itertools.product(FORMATS, STORES))
_HEAD = """# What works on which format

Through `format("dao")` and the SQL catalog of the bridge's jar, on local files and on S3 alike. Every cell is a test
(`tests/integration/bridge/test_matrix.py`, which this page is written from): ✓ gives exactly the rows that the
operation says; ✗ is refused with one clear error that says what to do, and changes nothing.
"""


def cells() -> list[object]:
    """Every cell; of each operation one belongs to `make test`, taken in turn from the formats and stores."""
    found = []
    for number, operation in enumerate(OPERATIONS):
        turn = [pair for pair in _PAIRS if pair[0] not in operation.refused] or _PAIRS
        sampled = turn[number % len(turn)]
        for format_name, store in _PAIRS:
            marks = [] if (format_name, store) == sampled else [pytest.mark.full]
            name = f"{operation.id}-{format_name}-{store}"
            found.append(pytest.param(operation, format_name, store, marks=marks, id=name))
    return found


def document() -> str:
    """Write the matrix as the documentation shows it."""
    lines = [_HEAD]
    for section, operations in itertools.groupby(OPERATIONS, key=lambda operation: operation.section):
        lines += [f"## {section}\n", f"| | {' | '.join(FORMATS)} |", "|---|" + ":-:|" * len(FORMATS)]
        for operation in operations:
            marks = ["✗" if format_name in operation.refused else "✓" for format_name in FORMATS]
            note = f" ({operation.note})" if operation.note else ""
            lines.append(f"| {operation.name}{note} | {' | '.join(marks)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    DOCUMENT.write_text(document())
