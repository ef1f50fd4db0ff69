"""Reading csv as Spark does: by pyarrow where both read a block alike, else by rules of univocity's parser."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import StringType, StructField, StructType

from spark_dao.errors import PlanError
from spark_dao.plans import FileStorage
from spark_dao.spark.data_source.columnar import Split
from spark_dao.spark.data_source.csv_records import Dialect, Record, records
from spark_dao.spark.data_source.refusals import is_true
from spark_dao.spark.data_source.text import TextFormat, lines_of
from spark_dao.spark.data_source.text_convert import convert

if TYPE_CHECKING:
    import pyarrow

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def header_columns(storage: FileStorage, path: str, text: TextFormat) -> StructType:
    """Name the columns by a file's first record; all are strings, as in Spark without `inferSchema`.

    Args:
        storage: The storage that holds the file.
        path: URI of the file.
        text: How it is read.

    Raises:
        PlanError: The file has no record.
    """
    dialect = dialect_of(text)
    first: Record | None = None
    for block in _blocks(storage, Split(path), text):
        first = next(records(_decoded(block), dialect), None)
        if first is not None:
            break
    if first is None:
        raise PlanError(f"expected a first line that names the columns in {path}, found none", key="schema")
    return StructType([StructField(name, StringType()) for name in column_names(first, text)])


def column_names(first: Record, text: TextFormat) -> list[str]:
    """Name columns as Spark's `CSVUtils.makeSafeHeader` does.

    Example:
        >>> column_names([("id", False), ("ID", False), ("", False)], TextFormat("csv", {"header": "true"}))
        ['id0', 'ID1', '_c2']
    """
    if not is_true(text.options, "header"):
        return [f"_c{position}" for position in range(len(first))]
    values = [value for value, _ in first]
    folded = [value.lower() for value in values]
    null = text.options.get("nullvalue", "")
    return [
        f"_c{position}" if value in ("", null) else f"{value}{position}" if folded.count(value.lower()) > 1 else value
        for position, value in enumerate(values)
    ]


def dialect_of(text: TextFormat) -> Dialect:
    """Read the characters that matter from the options.

    Raises:
        PlanError: One of them is no single character.
    """
    options = text.options
    characters = {
        "sep": options.get("sep", options.get("delimiter", ",")).replace("\\t", "\t"),
        "quote": options.get("quote", '"'),
        "escape": options.get("escape", "\\"),
    }
    for key, value in characters.items():
        if len(value) != 1 or not value.isascii():
            raise PlanError(f"expected one ASCII character, found {value!r}", key=key)
    return Dialect(**characters, multi_line=text.multi_line)


def read_csv(storage: FileStorage, split: Split, text: TextFormat, schema: StructType) -> Iterator[pyarrow.RecordBatch]:
    """Read a split; columns are taken by position.

    Args:
        storage: The storage that holds the file.
        split: What to read.
        text: How to read it.
        schema: The columns of the file.

    Yields:
        Batches with the names and types of the schema.
    """
    import pyarrow

    dialect = dialect_of(text)
    header = is_true(text.options, "header") and split.start == 0
    null = text.options.get("nullvalue", "")
    for block in _blocks(storage, split, text):
        tables = None if header else _by_pyarrow(block, dialect, null, len(schema.fields))
        if tables is None:
            found = records(_decoded(block), dialect)
            if header and next(found, None) is not None:
                header = False
                rest = _after_first_record(block, dialect)
                tables = _by_pyarrow(rest, dialect, null, len(schema.fields)) if rest is not None else None
        if tables is None:
            tables = [_by_rules(found, null, len(schema.fields))]
        for columns in tables:
            converted = [
                convert(column, field.dataType, text.time_zone)
                for column, field in zip(columns, schema.fields, strict=True)
            ]
            yield pyarrow.RecordBatch.from_arrays(converted, schema.fieldNames())


def _blocks(storage: FileStorage, split: Split, text: TextFormat) -> Iterator[bytes]:
    blocks = lines_of(storage, split)
    if text.multi_line:
        # A record may end anywhere, so the file is one block.
        blocks = iter([b"".join(blocks)])
    for number, block in enumerate(blocks):
        yield block.removeprefix(_BYTE_ORDER_MARK) if number == 0 and split.start == 0 else block


def _decoded(block: bytes) -> str:
    return block.decode("utf-8", errors="replace")


def _after_first_record(block: bytes, dialect: Dialect) -> bytes | None:
    """Cut the header off, where it is plainly one line."""
    stripped = block.lstrip(b"\r\n")
    line, _, rest = stripped.partition(b"\n")
    return rest if line.strip() and line.count(dialect.quote.encode()) % 2 == 0 else None


def _by_pyarrow(block: bytes, dialect: Dialect, null: str, width: int) -> list[list[pyarrow.Array]] | None:
    """Read a block by pyarrow; None where Spark might read it otherwise."""
    import pyarrow
    import pyarrow.csv

    if not block.strip():
        return []
    if width == 0 or not _is_plain(block, dialect):
        return None
    odd: list[str] = []

    def keep(row: Any) -> str:
        odd.append(row.text)
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(block),
            read_options=pyarrow.csv.ReadOptions(
                autogenerate_column_names=True, use_threads=False, block_size=max(len(block), 1)
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.sep,
                quote_char=dialect.quote,
                double_quote=dialect.escape == dialect.quote,
                newlines_in_values=dialect.multi_line,
                invalid_row_handler=keep,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=_AllStrings(),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=null == "",
            ),
        )
    except (pyarrow.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.num_columns == 1:
        # pyarrow takes a blank line for a record here, Spark for none.
        return None
    columns = [_nulled(column.combine_chunks(), null) for column in table.columns[:width]]
    columns += [pyarrow.nulls(table.num_rows, pyarrow.string())] * (width - len(columns))
    if not odd:
        return [columns]
    return [columns, _by_rules(records("\n".join(odd) + "\n", dialect), null, width)]


class _AllStrings(dict[str, Any]):
    """Column types for names that are not known yet: pyarrow's own, `f0` and on."""

    def __init__(self) -> None:
        import pyarrow

        super().__init__({f"f{position}": pyarrow.string() for position in range(4096)})


def _nulled(column: pyarrow.Array, null: str) -> pyarrow.Array:
    import pyarrow
    import pyarrow.compute

    if null == "":
        return column
    return pyarrow.compute.if_else(pyarrow.compute.equal(column, null), pyarrow.scalar(None, pyarrow.string()), column)


def _by_rules(found: Iterator[Record], null: str, width: int) -> list[pyarrow.Array]:
    import pyarrow

    rows = [_values(record, null, width) for record in found]
    return [pyarrow.array([row[position] for row in rows], pyarrow.string()) for position in range(width)]


def _values(record: Record, null: str, width: int) -> Sequence[str | None]:
    values = [None if value == null or (value == "" and not quoted) else value for value, quoted in record[:width]]
    return [*values, *[None] * (width - len(values))]


def _is_plain(block: bytes, dialect: Dialect) -> bool:
    """Tell whether every quote belongs to a well-formed quoted field, so that every parser reads the same."""
    quote, escape = dialect.quote.encode(), dialect.escape.encode()
    if quote not in block:
        return True
    if escape != quote and escape in block:
        return False
    edge = re.escape(dialect.sep.encode()) + rb"\r\n"
    inside = b"[^%b%b]*" % (re.escape(quote), b"" if dialect.multi_line else rb"\r\n")
    doubled = b"(?:%b%b)*" % (re.escape(quote * 2), inside) if escape == quote else b""
    field = b"(?:(?<=[%b])|\\A)%b%b%b%b(?=[%b]|\\Z)" % (edge, re.escape(quote), inside, doubled, re.escape(quote), edge)
    return quote not in re.sub(field, b"", block)
