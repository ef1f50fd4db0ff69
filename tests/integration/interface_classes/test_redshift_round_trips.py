"""Random schemas and values, written by COPY and read back by UNLOAD."""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_dao.interface_classes.redshift.names import fold
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.plans import SchemaField
from tests.integration.interface_classes.gold_tables import Thing, configs, name_of, read, sql, write

ROW = "row number"
UTC = datetime.timezone.utc
# Surrogates are no text, and neither PostgreSQL nor Redshift holds NUL.
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(LETTERS, max_size=40) | st.sampled_from(["", "\\", "\\N", "''", '"', "\n\t,|", "𝄞" * 60, "NULL", " a "])


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda units: Decimal(units).scaleb(-scale))


KINDS: Mapping[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "boolean": (pa.bool_(), st.booleans()),
    "short": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "integer": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "long": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "float": (pa.float32(), st.floats(width=32)),
    "double": (pa.float64(), st.floats()),
    "decimal(10,2)": (pa.decimal128(10, 2), decimals(10, 2)),
    "decimal(18,0)": (pa.decimal128(18, 0), decimals(18, 0)),
    "decimal(38,10)": (pa.decimal128(38, 10), decimals(28, 10)),
    "decimal(38,38)": (pa.decimal128(38, 38), decimals(28, 38)),
    "string": (pa.string(), TEXTS),
    "date": (pa.date32(), st.dates()),
    "timestamp": (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(UTC))),
    "timestamp_ntz": (pa.timestamp("us"), st.datetimes()),
}
NAMES = st.text(LETTERS, min_size=1, max_size=15).filter(lambda name: fold(name) == name != ROW)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[SchemaField], pa.Table]:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    count = draw(st.integers(0, 12))
    schema, columns = [SchemaField(ROW, "long")], {ROW: pa.array(range(count), pa.int64())}
    for name in names:
        spark_type = draw(st.sampled_from(sorted(KINDS)))
        kind, values = KINDS[spark_type]
        drawn = draw(st.lists(st.none() | values, min_size=count, max_size=count))
        schema.append(SchemaField(name, spark_type))
        columns[name] = pa.array(drawn, kind)
    return schema, pa.table(columns)


def comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _comparable(value) for name, value in row.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        # UNLOAD writes an instant without its zone, as UTC.
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


@pytest.mark.parametrize("examples", [8, pytest.param(150, marks=pytest.mark.full)])
def test_what_is_written_is_read_back_equal(environment: Mapping[str, str], examples: int) -> None:
    gold = RedshiftSparkInterface(**configs(environment))

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(tables())
    def check(made: tuple[list[SchemaField], pa.Table]) -> None:
        schema, data = made
        thing = Thing(f"trip_{uuid.uuid4().hex[:12]}")
        write(gold, thing, data, schema=schema)
        found = sorted((comparable(row) for row in read(gold, thing)), key=lambda row: row[ROW])
        assert found == [comparable(row) for row in data.to_pylist()]
        sql(gold, f"DROP TABLE {name_of(thing)}")

    check()
