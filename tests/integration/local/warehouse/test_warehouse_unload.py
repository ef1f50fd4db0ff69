"""UNLOAD into Parquet: which files it leaves, what is in them, and when it leaves none."""

from __future__ import annotations

import datetime
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.local.warehouse.warehouse_client import ROLE, unload_sql

MOMENT = datetime.datetime(2024, 2, 29, 1, 2, 3, 4)
ROWS = [
    (1, "", Decimal("-9999999999999999.99"), datetime.date(1, 1, 1), datetime.datetime(1600, 1, 1), True, 1e300),
    (2, "é€𝄞 '\\\n\r\t\",", Decimal("0.01"), datetime.date(9999, 12, 31), MOMENT, False, 0.1),
    (3, "\\N", None, None, None, None, float("inf")),
    (4, None, None, None, None, None, None),
]  # fmt: skip
COLUMNS = "(a bigint, b varchar(40), c decimal(18,2), d date, e timestamp, f boolean, g double precision)"


@pytest.fixture
def filled(run, table):
    run(f"CREATE TABLE {table} {COLUMNS}")
    for row in ROWS:
        run(f"INSERT INTO {table} VALUES (%s, %s, %s, %s, %s, %s, %s)", *row)
    return table


def test_every_value_comes_back_exactly(warehouse, run, filled):
    """S: decimals are fixed-length, timestamps INT96, every column optional; NULL is not the empty string."""
    prefix = warehouse.uri()
    run(unload_sql(f"SELECT * FROM {filled} ORDER BY a", prefix))
    unloaded = warehouse.read_parquet(prefix)
    assert [tuple(row.values()) for row in unloaded.to_pylist()] == ROWS
    schema = pq.ParquetFile(io.BytesIO(warehouse.get(f"{prefix}0000_part_00.parquet"))).schema
    physical = [schema.column(index).physical_type for index in range(7)]
    assert physical == ["INT64", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY", "INT32", "INT96", "BOOLEAN", "DOUBLE"]
    assert schema.column(2).length == 8
    assert {schema.column(index).max_definition_level for index in range(7)} == {1}


def test_uncommitted_rows_of_the_client_are_unloaded(warehouse, connection, run, table):
    """P: the query runs in the client's own transaction; S3 writes do not roll back (guide)."""
    run(f"CREATE TEMP TABLE {table} (a int)")
    run(f"INSERT INTO {table} VALUES (1)")
    prefix = warehouse.uri()
    run(unload_sql(f"SELECT a FROM {table}", prefix))
    assert run("SELECT pg_last_unload_count()") == [(1,)]
    connection.rollback()
    assert warehouse.read_parquet(prefix).to_pylist() == [{"a": 1}]


@pytest.mark.parametrize("options", ["", "MANIFEST", "PARALLEL OFF MANIFEST VERBOSE"])
def test_no_rows_leave_no_file(warehouse, run, options):
    """S: zero rows are a success without files and without a manifest."""
    prefix = warehouse.uri()
    run(unload_sql("SELECT 1 AS a WHERE false", prefix, options))
    assert warehouse.keys(prefix) == []


@pytest.mark.parametrize("option", ["ENCRYPTED", "ENCRYPTED AUTO", "ENCRYPTED;"])
def test_encryption_may_be_asked_for(warehouse, run, option):
    """awswrangler's `unload` always asks for it (awswrangler/redshift/_read.py at cfe0ca8, line 377)."""
    prefix = warehouse.uri()
    run(unload_sql("SELECT 1 AS a", prefix, option))
    assert warehouse.read_parquet(prefix).to_pylist() == [{"a": 1}]


def test_a_column_of_nulls_keeps_its_rows(warehouse, run):
    """P: a single NULL is an empty line in CSV."""
    prefix = warehouse.uri()
    values = "SELECT NULL::varchar(5) AS a UNION ALL SELECT '' UNION ALL SELECT NULL"
    run(unload_sql(values, prefix))
    assert warehouse.read_parquet(prefix).column("a").to_pylist() == [None, "", None]


def test_names_of_columns_are_kept_and_may_repeat(warehouse, run):
    """Guess: nobody says what Redshift does with two columns of one name."""
    prefix = warehouse.uri()
    run(unload_sql('SELECT 1 AS "the é", 2 AS x, 3 AS x -- and a comment', prefix))
    assert pq.read_schema(io.BytesIO(warehouse.get(f"{prefix}0000_part_00.parquet"))).names == ["the é", "x", "x"]


def test_quotes_and_backslashes_are_escapes_at_both_levels(warehouse, run):
    """S: a backslash is an escape inside UNLOAD; jOOQ#10628: it is one in every literal."""
    prefix = warehouse.uri()
    run(unload_sql(r"SELECT 'it''s' AS a, 'back\\slash' AS b, 'O\'Neil' AS c", prefix))
    assert warehouse.read_parquet(prefix).to_pylist() == [{"a": "it's", "b": "back\\slash", "c": "O'Neil"}]
    run(f"UNLOAD ($$SELECT 'dollars' AS a$$) TO '{prefix}2' IAM_ROLE '{ROLE}' PARQUET")
    assert warehouse.read_parquet(f"{prefix}2").to_pylist() == [{"a": "dollars"}]


def test_an_instant_is_unloaded_as_its_utc_wall_clock(warehouse, run):
    """G: TIMESTAMPTZ loses its zone; that the wall clock is UTC's is a guess."""
    run("SET TimeZone TO 'Europe/Berlin'")
    prefix = warehouse.uri()
    run(
        unload_sql(
            "SELECT '1880-06-01 12:00:00.5'::timestamptz AS a, '2024-06-01 12:00'::timestamptz::date AS b", prefix
        )
    )
    (row,) = warehouse.read_parquet(prefix).to_pylist()
    assert row["b"] == datetime.date(2024, 6, 1)
    assert row["a"].tzinfo is None
    assert row["a"] == datetime.datetime(1880, 6, 1, 11, 6, 32, 500000)


def test_the_sessions_settings_do_not_change_what_is_unloaded(warehouse, run, filled):
    """P: DateStyle `SQL,DMY` broke a prototype, extra_float_digits changed its values; both stay as they were set."""
    run("SET DateStyle TO 'SQL,DMY'")
    run("SET extra_float_digits TO -5")
    prefix = warehouse.uri()
    query = f"SELECT *, '02/03/2024'::date AS h, 0.1::double precision + 0.2 AS i FROM {filled} ORDER BY a"
    run(unload_sql(query, prefix))
    rows = [tuple(row.values()) for row in warehouse.read_parquet(prefix).to_pylist()]
    assert rows == [(*row, datetime.date(2024, 3, 2), 0.1 + 0.2) for row in ROWS]
    assert run("SELECT '02/03/2024'::date::varchar, 0.1::double precision::varchar") == [("02/03/2024", "0.1")]


def test_a_sum_of_decimals_keeps_its_scale(warehouse, run, filled):
    """G: SUM of DECIMAL(p,s) is DECIMAL(38,s), SUM of integers has no fraction."""
    prefix = warehouse.uri()
    run(unload_sql(f"SELECT sum(c) AS s, sum(a) AS i, count(*) AS n FROM {filled}", prefix))
    unloaded = warehouse.read_parquet(prefix)
    assert unloaded.to_pylist() == [{"s": Decimal("-9999999999999999.98"), "i": Decimal(10), "n": 4}]
    assert unloaded.schema.field("s").type == pa.decimal128(38, 2)
    assert unloaded.schema.field("i").type == pa.decimal128(38, 0)


def test_super_is_unloaded_as_json(warehouse, run, table):
    """S: SUPER is a JSON string in Parquet."""
    run(f"CREATE TABLE {table} (a super)")
    run(f"""INSERT INTO {table} VALUES (json_parse('{{"x": [1, "y"]}}'))""")
    prefix = warehouse.uri()
    run(unload_sql(f"SELECT a FROM {table}", prefix))
    assert json.loads(warehouse.read_parquet(prefix).column("a")[0].as_py()) == {"x": [1, "y"]}


def test_a_destination_that_is_not_empty_is_refused(warehouse, connection, run, refused):
    """G: ALLOWOVERWRITE replaces files of the same name, CLEANPATH removes what is there."""
    prefix = warehouse.uri()
    run(unload_sql("SELECT 1 AS a", prefix))
    connection.commit()
    assert "destination on S3 is not empty" in refused(unload_sql("SELECT 2 AS a", prefix))["M"]
    warehouse.put(f"{prefix}other", b"x")
    run(unload_sql("SELECT 3 AS a", prefix, "ALLOWOVERWRITE"))
    assert warehouse.keys(prefix) == ["0000_part_00.parquet", "other"]
    assert warehouse.read_parquet(prefix).to_pylist() == [{"a": 3}]
    run(unload_sql("SELECT 4 AS a", prefix, "CLEANPATH PARALLEL OFF"))
    assert warehouse.keys(prefix) == ["000.parquet"]
    connection.commit()
    assert refused(unload_sql("SELECT 5 AS a", prefix, "CLEANPATH ALLOWOVERWRITE"))["C"] == "42601"


def test_several_files_and_a_manifest_that_lists_them(warehouse, run):
    """G: `<prefix><slice>_part_<nn>.parquet`, `<prefix>manifest`; MAXFILESIZE starts new parts; VERBOSE tells more."""
    prefix = warehouse.uri("rows_")
    query = "SELECT a, md5(a::varchar) AS b FROM generate_series(1, 700000) AS s(a)"
    run(unload_sql(query, prefix, "MANIFEST VERBOSE MAXFILESIZE 5 MB"))
    names = warehouse.keys(prefix)
    assert names[:3] == ["0000_part_00.parquet", "0000_part_01.parquet", "0001_part_00.parquet"]
    manifest = json.loads(warehouse.get(f"{prefix}manifest"))
    sizes = {prefix + name: len(warehouse.get(prefix + name)) for name in names if name != "manifest"}
    assert {entry["url"]: entry["meta"]["content_length"] for entry in manifest["entries"]} == sizes
    assert sum(entry["meta"]["record_count"] for entry in manifest["entries"]) == 700_000
    assert manifest["meta"] == {"content_length": sum(sizes.values()), "record_count": 700_000}
    assert [element["name"] for element in manifest["schema"]["elements"]] == ["a", "b"]
    assert sorted(warehouse.read_parquet(prefix).column("a").to_pylist()) == list(range(1, 700_001))


def test_an_unload_can_be_loaded_again(warehouse, run, filled):
    """G: COPY reads what UNLOAD … MANIFEST wrote."""
    prefix = warehouse.uri()
    run(unload_sql(f"SELECT * FROM {filled}", prefix, "MANIFEST"))
    run(f"CREATE TEMP TABLE again {COLUMNS}")
    run(f"COPY again FROM '{prefix}manifest' IAM_ROLE '{ROLE}' FORMAT PARQUET MANIFEST")
    assert run("SELECT * FROM again ORDER BY a") == ROWS


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT 1 AS a LIMIT 1", "42601"),
        ("SELECT * FROM nowhere", "42P01"),
        ("SELECT 1/0 AS a", "22012"),
        ("DELETE FROM nowhere", "42601"),
        ("SELECT 'a'::varbyte AS a", "42704"),
        ("SELECT now() - now() AS a", "0A000"),
        ("SELECT '0044-03-15 BC'::date AS a", "XX000"),
    ],
)
def test_what_cannot_be_unloaded_leaves_nothing(warehouse, refused, query, code):
    """G: LIMIT in the outer SELECT is refused; the other codes are PostgreSQL's or guesses."""
    prefix = warehouse.uri()
    assert refused(unload_sql(query, prefix))["C"] == code
    assert warehouse.keys(prefix) == []


def test_a_limit_inside_a_subquery_is_allowed(warehouse, run):
    """G: the UNLOAD page's own advice."""
    prefix = warehouse.uri()
    run(unload_sql("SELECT * FROM (SELECT 1 AS a LIMIT 1) AS s", prefix))
    assert warehouse.read_parquet(prefix).to_pylist() == [{"a": 1}]


def test_a_failure_in_a_late_row_leaves_nothing(warehouse, connection, run, refused, table):
    """P: a prototype left partial objects of 3 and 21 MB."""
    prefix = warehouse.uri()
    late = "SELECT repeat(md5(a::varchar), 9) AS b, 1 / (a - 600000) AS c FROM generate_series(1, 600000) AS s(a)"
    assert refused(unload_sql(late, prefix))["C"] == "22012"
    # The year -43 has no place in Parquet: here the proxy fails while the backend is still sending.
    date = "CASE a WHEN 99999 THEN '0044-03-15 BC'::date ELSE '2024-01-01'::date END"
    unfit = f"SELECT repeat(md5(a::varchar), 9) AS b, {date} AS c FROM generate_series(1, 600000) AS s(a)"
    assert refused(unload_sql(unfit, prefix))["C"] == "XX000"
    assert warehouse.keys(prefix) == []
    assert run("SELECT 1") == [(1,)]


def test_a_failure_of_s3_aborts_the_transaction(warehouse, connection, run, refused, table):
    """P: the backend has sent everything by then and must be made to fail as well."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    run(f"INSERT INTO {table} VALUES (1)")
    error = refused(unload_sql(f"SELECT * FROM {table}", "s3://no-such-bucket-here/x/", "ALLOWOVERWRITE"))
    assert (error["C"], "NoSuchBucket" in error["M"]) == ("XX000", True)
    assert run(f"SELECT count(*) FROM {table}") == [(0,)]


def test_only_the_configured_role_is_let_in(warehouse, refused):
    """Public reports: `is not authorized to assume IAM Role`."""
    statement = unload_sql("SELECT 1 AS a", warehouse.uri()).replace(ROLE, "arn:other")
    assert "is not authorized to assume IAM Role arn:other" in refused(statement)["M"]


@pytest.mark.parametrize("option", ["MAXFILESIZE 4 MB", "MAXFILESIZE AS 6.3 GB", "ROWGROUPSIZE 16 MB"])
def test_sizes_have_bounds(warehouse, refused, option):
    """G: MAXFILESIZE 5 MB to 6.2 GB, ROWGROUPSIZE 32 MB to 128 MB; the code is a guess."""
    assert refused(unload_sql("SELECT 1 AS a", warehouse.uri(), option))["C"] == "22023"


def test_sizes_and_the_region_are_taken(warehouse, run):
    """G: options of UNLOAD that Parquet allows."""
    prefix = warehouse.uri()
    run(unload_sql("SELECT 1 AS a", prefix, "MAXFILESIZE 1 GB ROWGROUPSIZE 64 MB REGION AS 'us-east-1'"))
    assert warehouse.read_parquet(prefix).to_pylist() == [{"a": 1}]


@pytest.mark.parametrize("option", ["HEADER", "GZIP", "DELIMITER AS '|'", "NULL AS 'x'", "PARTITION BY (a)"])
def test_options_that_parquet_does_not_allow_are_refused(warehouse, refused, option):
    """G: options of delimited files; PARTITION BY is not carried out locally."""
    assert refused(unload_sql("SELECT 1 AS a", warehouse.uri(), option))["C"] == "0A000"
