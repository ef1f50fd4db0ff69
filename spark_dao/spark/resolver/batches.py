"""What `read` methods of interface classes return, as Arrow batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from spark_dao.errors import InterfaceError

if TYPE_CHECKING:
    import pyarrow

ROWS_PER_BATCH = 65_536


class Batches(NamedTuple):
    """Rows in batches of one schema.

    Attributes:
        schema: The columns; None where there is no row and nothing else that says them.
        batches: The rows; read once.
    """

    schema: pyarrow.Schema | None
    batches: Iterator[pyarrow.RecordBatch]


def as_batches(rows: Any) -> Batches:
    """Take Arrow tables, batches, readers, pandas frames, or rows as mappings, alone or from a generator.

    Args:
        rows: What the method returned.

    Raises:
        InterfaceError: It is none of these, or not all of one schema.

    Example:
        >>> schema, batches = as_batches(iter([{"id": 1}, {"id": 2}]))
        >>> schema.names, [batch.num_rows for batch in batches]
        (['id'], [2])
    """
    import pyarrow

    if isinstance(rows, pyarrow.RecordBatch):
        return Batches(rows.schema, iter([rows]))
    if isinstance(rows, pyarrow.Table):
        return Batches(rows.schema, iter(rows.to_batches()))
    if isinstance(rows, pyarrow.RecordBatchReader):
        return Batches(rows.schema, iter(rows))
    if type(rows).__module__.startswith("pandas."):
        return as_batches(pyarrow.Table.from_pandas(rows, preserve_index=False))
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
        raise _unusable(rows)
    return _of_iterator(iter(rows))


def _of_iterator(rows: Iterator[Any]) -> Batches:
    import pyarrow

    first = next(rows, None)
    if first is None:
        return Batches(None, iter(()))
    everything = itertools.chain([first], rows)
    if isinstance(first, Mapping):
        batches = _of_mappings(everything)
        head = next(batches)
        return Batches(head.schema, itertools.chain([head], batches))
    if isinstance(first, (pyarrow.RecordBatch, pyarrow.Table)):
        return Batches(first.schema, _of_one_schema(everything, first.schema))
    raise _unusable(first)


def _of_mappings(rows: Iterator[Any]) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow

    schema = None
    while chunk := list(itertools.islice(rows, ROWS_PER_BATCH)):
        try:
            batch = pyarrow.RecordBatch.from_pylist(chunk, schema=schema or _schema_of(chunk))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, AttributeError) as error:
            raise InterfaceError(f"the rows are not all alike: {error}; yield Arrow batches of one schema") from None
        schema = batch.schema
        yield batch


def _schema_of(rows: Sequence[Mapping[str, Any]]) -> pyarrow.Schema:
    import pyarrow

    # Of all rows: one that lacks a key means null.
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pyarrow.array([row.get(name) for row in rows]) for name in names}
    return pyarrow.schema({name: column.type for name, column in columns.items()})


def _of_one_schema(parts: Iterator[Any], schema: pyarrow.Schema) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow

    for part in parts:
        if not isinstance(part, (pyarrow.RecordBatch, pyarrow.Table)):
            raise _unusable(part)
        if part.schema != schema:
            raise InterfaceError(
                f"expected batches of one schema ({', '.join(schema.names)}), found another "
                f"({', '.join(part.schema.names)}); cast them alike"
            )
        yield from part.to_batches() if isinstance(part, pyarrow.Table) else [part]


def _unusable(value: Any) -> InterfaceError:
    return InterfaceError(
        "expected Arrow batches, a table, a pandas frame, or rows as mappings, for Spark to read; "
        f"found {type(value).__name__}"
    )
