"""Spark's types in Redshift and back."""

from __future__ import annotations

import pytest

from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift.types import Column, columns_of_schema, misfits, spark_schema
from spark_dao.plans import SchemaField


@pytest.mark.parametrize(
    ("spark_type", "redshift_type", "read_back"),
    [
        ("boolean", "boolean", "BOOLEAN"),
        ("byte", "smallint", "SMALLINT"),
        ("short", "smallint", "SMALLINT"),
        ("integer", "integer", "INT"),
        ("long", "bigint", "BIGINT"),
        ("float", "real", "FLOAT"),
        ("double", "double precision", "DOUBLE"),
        ("decimal(10,2)", "numeric(10,2)", "DECIMAL(10,2)"),
        ("decimal(38,38)", "numeric(38,38)", "DECIMAL(38,38)"),
        ("string", "character varying(65535)", "STRING"),
        ("varchar(10)", "character varying(40)", "STRING"),
        ("varchar(60000)", "character varying(65535)", "STRING"),
        ("date", "date", "DATE"),
        ("timestamp", "timestamp with time zone", "TIMESTAMP"),
        ("timestamp_ntz", "timestamp without time zone", "TIMESTAMP_NTZ"),
    ],
)
def test_each_type_has_one_in_redshift_and_comes_back(spark_type: str, redshift_type: str, read_back: str) -> None:
    columns = columns_of_schema([SchemaField("c", spark_type)])
    assert columns == [Column("c", redshift_type)]
    assert spark_schema(columns) == f"`c` {read_back}"


def test_every_column_without_a_type_is_named_at_once() -> None:
    schema = [
        SchemaField("fine", "long"),
        SchemaField("raw", "binary"),
        SchemaField("address", {"type": "struct", "fields": []}),
        SchemaField("any", "variant"),
        SchemaField("age", "interval day to second"),
        SchemaField("negative", "decimal(5,-2)"),
    ]
    with pytest.raises(PlanError) as caught:
        columns_of_schema(schema)
    for name in ("raw", "address", "any", "age", "negative"):
        assert f"`{name}`" in str(caught.value)
    assert "`fine`" not in str(caught.value)
    assert "base64" in str(caught.value)


def test_declared_lengths_are_bytes_of_string_columns_that_exist() -> None:
    assert columns_of_schema([SchemaField("a", "string")], {"a": 7}) == [Column("a", "character varying(7)")]
    for lengths, reason in [({"b": 7}, "does not have"), ({"a": 0}, "1 to 65535"), ({"n": 7}, "of type long")]:
        with pytest.raises(PlanError, match=reason):
            columns_of_schema([SchemaField("a", "string"), SchemaField("n", "long")], lengths)


def test_data_without_columns_is_refused() -> None:
    with pytest.raises(PlanError, match="no columns"):
        columns_of_schema([])


def test_names_come_through_ddl_with_backquotes_doubled() -> None:
    assert spark_schema([Column("a `b` c", "date")]) == "`a ``b`` c` DATE"


def test_types_that_spark_lacks_are_named() -> None:
    with pytest.raises(PlanError, match=r"`shape` \(geometry\), `t` \(time without time zone\)"):
        spark_schema([Column("shape", "geometry"), Column("id", "bigint"), Column("t", "time without time zone")])


@pytest.mark.parametrize(
    ("spark_type", "redshift_type", "fits"),
    [
        ("integer", "bigint", True),
        ("long", "integer", False),
        ("float", "double precision", False),
        ("string", "character varying(3)", True),
        ("string", "super", False),
        ("string", "bigint", False),
        ("timestamp", "timestamp without time zone", True),
        ("timestamp_ntz", "timestamp with time zone", False),
        ("decimal(9,2)", "numeric(18,2)", True),
        ("decimal(18,2)", "numeric(9,2)", False),
        ("decimal(18,3)", "numeric(18,2)", False),
        ("decimal(18,2)", "bigint", False),
    ],
)
def test_what_copy_would_refuse_is_a_misfit(spark_type: str, redshift_type: str, fits: bool) -> None:
    assert (misfits([Column("C", redshift_type)], [SchemaField("c", spark_type)]) == []) is fits
