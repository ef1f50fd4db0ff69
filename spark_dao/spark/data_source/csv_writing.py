"""Writing csv with the text that Spark's `UnivocityGenerator` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from spark_dao.spark.data_source.refusals import is_true
from spark_dao.spark.data_source.text_values import format_double, format_timestamp

if TYPE_CHECKING:
    import pyarrow

# Spark trims values on writing unless told otherwise (`ignoreLeadingWhiteSpace`), by Java's idea of white space.
_TRIMMED = "".join(chr(code) for code in range(33))


def text_of(data_type: DataType, time_zone: str) -> Callable[[Any], str] | None:
    """Return what spells a value of a type in text, None where Arrow's own cast spells it the same.

    Args:
        data_type: An atomic type.
        time_zone: Name of the session's time zone.
    """
    if isinstance(data_type, (FloatType, DoubleType)):
        single = isinstance(data_type, FloatType)
        return lambda value: format_double(value, single=single)
    spellings: dict[type[DataType], Callable[[Any], str]] = {
        TimestampType: lambda value: format_timestamp(value, time_zone),
        TimestampNTZType: lambda value: value.isoformat(timespec="milliseconds"),
        DateType: lambda value: value.isoformat(),
        DecimalType: str,
        BooleanType: lambda value: "true" if value else "false",
    }
    return spellings.get(type(data_type))


class CsvWriter:
    """Writes tables to one csv file.

    Args:
        stream: Where the bytes go.
        schema: The columns.
        options: The plan's options by lower-cased name.
        time_zone: Name of the session's time zone.
    """

    def __init__(self, stream: Any, schema: StructType, options: Mapping[str, str], time_zone: str) -> None:
        self.stream = stream
        self.schema = schema
        self.sep = options.get("sep", options.get("delimiter", ",")).replace("\\t", "\t")
        self.null = options.get("nullvalue", "")
        self.escape = options.get("escape", "\\")
        self.time_zone = time_zone
        if is_true(options, "header"):
            import pyarrow

            names = self._escaped(pyarrow.array(schema.fieldNames()))
            self.stream.write((self.sep.join(names.to_pylist()) + "\n").encode())

    def write_table(self, table: pyarrow.Table) -> None:
        """Append a table."""
        import pyarrow
        import pyarrow.compute

        columns = [
            self._column(column.combine_chunks(), field.dataType)
            for column, field in zip(table.columns, self.schema.fields, strict=True)
        ]
        lines = pyarrow.compute.binary_join_element_wise(*columns, self.sep) if columns else pyarrow.array([], "string")
        if len(lines):
            self.stream.write("\n".join(lines.to_pylist()).encode() + b"\n")

    def close(self) -> None:
        """End the file; there is nothing to add."""

    def _column(self, column: pyarrow.Array, data_type: DataType) -> pyarrow.Array:
        import pyarrow
        import pyarrow.compute

        if isinstance(data_type, StringType):
            spelled = self._escaped(column)
        else:
            spell = text_of(data_type, self.time_zone)
            if spell is None:
                spelled = column.cast(pyarrow.string())
            else:
                texts = [None if value is None else spell(value) for value in column.to_pylist()]
                spelled = pyarrow.array(texts, pyarrow.string())
        return pyarrow.compute.fill_null(spelled, self.null)

    def _escaped(self, texts: pyarrow.Array) -> pyarrow.Array:
        import pyarrow
        import pyarrow.compute

        functions = pyarrow.compute
        trimmed = functions.utf8_trim(texts, characters=_TRIMMED)
        needy = functions.or_(functions.match_substring(trimmed, self.sep), functions.match_substring(trimmed, '"'))
        for character in ("\n", "\r"):
            needy = functions.or_(needy, functions.match_substring(trimmed, character))
        escaped = trimmed if self.escape == '"' else functions.replace_substring(trimmed, "\\", "\\\\")
        escaped = functions.replace_substring(escaped, '"', f'{self.escape}"')
        quoted = functions.binary_join_element_wise('"', escaped, '"', "")
        return functions.if_else(functions.or_(needy, functions.equal(trimmed, "")), quoted, trimmed)
