"""Parquet columns against table columns, and the encoder's stream."""

from __future__ import annotations

import pyarrow as pa
import pytest

from spark_dao.local.warehouse.column_types import BIGINT, INTEGER, NUMERIC, SMALLINT, TIMESTAMP, VARCHAR
from spark_dao.local.warehouse.copy_encoding import encoder
from spark_dao.local.warehouse.failures import ScanError
from spark_dao.local.warehouse.parquet_columns import ColumnFitter
from spark_dao.local.warehouse.wire import FieldDescription

DECIMAL_10_2 = ((10 << 16) | 2) + 4


@pytest.mark.parametrize(
    ("source", "oid", "modifier", "fits"),
    [
        (pa.int8(), SMALLINT, -1, True),
        (pa.uint16(), SMALLINT, -1, False),
        (pa.uint16(), INTEGER, -1, True),
        (pa.int32(), BIGINT, -1, True),
        (pa.int64(), INTEGER, -1, False),
        (pa.null(), INTEGER, -1, True),
        (pa.decimal128(10, 2), NUMERIC, DECIMAL_10_2, True),
        (pa.decimal128(9, 1), NUMERIC, DECIMAL_10_2, True),
        (pa.decimal128(10, 1), NUMERIC, DECIMAL_10_2, False),
        (pa.decimal128(10, 3), NUMERIC, DECIMAL_10_2, False),
        (pa.timestamp("ns"), TIMESTAMP, -1, True),
        (pa.date32(), TIMESTAMP, -1, False),
        (pa.large_string(), VARCHAR, 14, True),
        (pa.int32(), VARCHAR, 14, False),
    ],
)
def test_only_what_loses_nothing_is_converted(source, oid, modifier, fits):
    """S: int32 into BIGINT; public report: not INT64 into INTEGER; the others are a guess."""
    schema, target = pa.schema([pa.field("x", source)]), [FieldDescription("a", oid, modifier)]
    if fits:
        fitted = ColumnFitter(schema, target, file_name="f").fit(
            pa.RecordBatch.from_arrays([pa.nulls(3, source)], ["x"])
        )
        assert fitted.column(0).null_count == 3
    else:
        with pytest.raises(ScanError, match="Spectrum Scan Error"):
            ColumnFitter(schema, target, file_name="f")


def test_the_encoded_stream_is_whole():
    """P: the tail and the trailer come only from finish(); without them rows are lost in silence."""
    target = [FieldDescription("a", INTEGER, -1)]
    fitter = ColumnFitter(pa.schema([("x", pa.int32())]), target, file_name="f")
    encode = encoder(target)
    stream = encode.write_header()
    for start in range(0, 10_000, 3_000):
        values = pa.array(range(start, min(start + 3_000, 10_000)), pa.int32())
        stream += encode.write_batch(fitter.fit(pa.RecordBatch.from_arrays([values], ["x"])))
    stream += encode.finish()
    assert stream.startswith(b"PGCOPY\n\xff\r\n\0")
    assert stream.endswith(b"\xff\xff")
    assert len(stream) == 19 + 10_000 * (2 + 4 + 4) + 2
