"""Fits the columns of a Parquet file to the columns of the table that a COPY loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from spark_dao.local.warehouse.column_types import (
    BPCHAR,
    CHARACTER_TYPES,
    SUPER,
    VARCHAR,
    arrow_type,
    length_limit,
    type_name,
)
from spark_dao.local.warehouse.copy_encoding import encoder_schema
from spark_dao.local.warehouse.failures import ScanError, WarehouseError
from spark_dao.local.warehouse.nested_values import json_text
from spark_dao.local.warehouse.wire import FieldDescription

_LARGEST_SUPER_STRING = 65535
_INVALID_CHARACTER = 1220


class ColumnFitter:
    """Converts the batches of one file to what the table's columns take.

    Columns are matched by position, their names are ignored; a different number of columns is error 15007 unless
    FILLRECORD pads the end with NULL (measured report). Types: what loses nothing is converted (int32 into BIGINT is
    accepted, measured report; INT64 into INTEGER is refused, public report), the rest is error 15007; which other
    conversions Redshift makes is a guess.

    Args:
        schema: The file's Arrow schema.
        target: The table's columns, in the order of the column list.
        file_name: For error messages.
        fill_record: FILLRECORD was given.
        serialize_to_json: SERIALIZETOJSON was given.
        replacement: The character of ACCEPTINVCHARS.

    Raises:
        WarehouseError: The file does not fit.
    """

    def __init__(
        self,
        schema: Any,
        target: Sequence[FieldDescription],
        *,
        file_name: str,
        fill_record: bool = False,
        serialize_to_json: bool = False,
        replacement: str | None = None,
    ) -> None:
        self._target = target
        self._file_name = file_name
        self._replacement = replacement
        found, expected = len(schema), len(target)
        if found > expected or (found < expected and not fill_record):
            raise ScanError(
                f"Unmatched number of columns between table and file. Table columns: {expected}, "
                f"Data columns: {found}, File name: {file_name}",
                file_name=file_name,
            )
        for source, column in zip(schema, target, strict=False):
            if column.type_oid == SUPER and not serialize_to_json:
                raise WarehouseError(
                    "0A000",
                    f'Column "{column.name}" of type SUPER needs SERIALIZETOJSON to be loaded from PARQUET',
                )
            if not _fits(_plain(source.type), column):
                raise self._mismatch(column, str(source.type))

    def fit(self, batch: Any) -> Any:
        """Convert one record batch.

        Args:
            batch: A batch of the file.

        Raises:
            ScanError: A value does not fit its column.
        """
        columns = []
        for index, column in enumerate(self._target):
            if index >= batch.num_columns:
                columns.append(pa.nulls(batch.num_rows, arrow_type(column)))
            else:
                columns.append(self._convert(batch.column(index), column))
        return pa.RecordBatch.from_arrays(columns, schema=encoder_schema(self._target))

    def _convert(self, values: Any, column: FieldDescription) -> Any:
        wanted = arrow_type(column)
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if column.type_oid == SUPER:
            return self._serialized(values, column)
        if column.type_oid in CHARACTER_TYPES:
            return self._checked_text(values, column)
        if values.type == wanted:
            return values
        if pa.types.is_timestamp(values.type):
            values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
            if values.type.tz is None or wanted.tz is None:
                values = values.cast(pa.int64())
        try:
            return values.cast(wanted)
        except pa.ArrowInvalid as error:
            raise self._mismatch(column, str(error)) from error

    def _checked_text(self, values: Any, column: FieldDescription) -> Any:
        if not pa.types.is_string(values.type):
            values = self._text(values, column)
        if column.type_oid == BPCHAR and not pc.all(pc.string_is_ascii(values)).as_py() and len(values):
            raise self._multibyte(values, column)
        limit = length_limit(column)
        if limit is None or not len(values):
            return values
        longest = pc.max(pc.binary_length(values)).as_py()
        if longest is not None and longest > limit:
            raise self._too_long(column, limit, longest)
        return values

    def _text(self, values: Any, column: FieldDescription) -> Any:
        try:
            return values.cast(pa.string())
        except pa.ArrowInvalid as error:
            if self._replacement is None:
                reason = f"String contains invalid or unsupported UTF-8 codepoints. Column: {column.name}: {error}"
                raise self._error(reason, column, _INVALID_CHARACTER) from error
        decoded = [None if value is None else self._replaced(value) for value in values.to_pylist()]
        return pa.array(decoded, pa.string())

    def _replaced(self, value: bytes) -> str:
        # Each byte of an invalid character gives one replacement character (guide, ACCEPTINVCHARS).
        text = ""
        while value:
            try:
                return text + value.decode("utf-8")
            except UnicodeDecodeError as error:
                text += value[: error.start].decode("utf-8") + (self._replacement or "") * (error.end - error.start)
                value = value[error.end :]
        return text

    def _multibyte(self, values: Any, column: FieldDescription) -> ScanError:
        # Guide, "Multibyte character load errors".
        found = values.filter(pc.invert(pc.string_is_ascii(values)))[0].as_py()
        character = next(character for character in found if not character.isascii())
        return self._error(
            "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). "
            f"Invalid char: {character.encode('utf-8').hex(' ')}",
            column,
            _INVALID_CHARACTER,
        )

    def _serialized(self, values: Any, column: FieldDescription) -> Any:
        texts = [None if value is None else json_text(value, values.type) for value in values.to_pylist()]
        for text in texts:
            if text is not None and text[0] == '"' and len(text.encode("utf-8")) - 2 > _LARGEST_SUPER_STRING:
                raise ScanError(
                    f"String value exceeds the max size of {_LARGEST_SUPER_STRING} bytes. Column: {column.name}",
                    1224,
                    file_name=self._file_name,
                    column_name=column.name,
                    column_type=type_name(column),
                )
        return pa.array(texts, pa.string())

    def _too_long(self, column: FieldDescription, limit: int, longest: int) -> ScanError:
        # The words are those of awswrangler#529; lengths are bytes, as VARCHAR(n) counts them.
        return self._error(
            f"The length of the data column {column.name} is longer than the length defined in the table. "
            f"Table: {limit}, Data: {longest}, File name: {self._file_name}",
            column,
        )

    def _mismatch(self, column: FieldDescription, found: str) -> ScanError:
        return self._error(
            f"{self._file_name} has an incompatible Parquet schema for column '{column.name}'. "
            f"Column type: {type_name(column).upper()}, Parquet schema: {found}",
            column,
        )

    def _error(self, reason: str, column: FieldDescription, number: int = 15007) -> ScanError:
        return ScanError(
            reason, number, file_name=self._file_name, column_name=column.name, column_type=type_name(column)
        )


def _plain(data_type: Any) -> Any:
    return data_type.value_type if pa.types.is_dictionary(data_type) else data_type


def _fits(source: Any, column: FieldDescription) -> bool:
    wanted = arrow_type(column)
    if source == wanted or pa.types.is_null(source) or column.type_oid == SUPER:
        return True
    if column.type_oid in (VARCHAR, BPCHAR) or column.type_oid in CHARACTER_TYPES or pa.types.is_binary(wanted):
        return bool(_is_text(source) or _is_binary(source))
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(source) and _bits(source) <= wanted.bit_width)
    if pa.types.is_floating(wanted):
        return bool(pa.types.is_floating(source) and source.bit_width <= wanted.bit_width)
    if pa.types.is_decimal(wanted):
        whole_digits = wanted.precision - wanted.scale
        return bool(
            pa.types.is_decimal(source)
            and source.scale <= wanted.scale
            and source.precision - source.scale <= whole_digits
        )
    return any(
        same_kind(source) and same_kind(wanted)
        for same_kind in (pa.types.is_timestamp, pa.types.is_date, pa.types.is_time)
    )


def _bits(source: Any) -> int:
    # An unsigned type needs one bit more than the signed one of its size.
    return int(source.bit_width) + int(pa.types.is_unsigned_integer(source))


def _is_text(source: Any) -> bool:
    return any(check(source) for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _is_binary(source: Any) -> bool:
    return any(check(source) for check in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary))
