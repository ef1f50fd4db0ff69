"""COPY from Parquet: what it takes, what it refuses, and in which words."""

from __future__ import annotations

import datetime
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.local.warehouse.warehouse_client import ROLE, copy_sql

UTC = datetime.timezone.utc
INTS = pa.table({"a": pa.array([1, 2], pa.int32())})
MOMENT = datetime.datetime(2024, 2, 29, 12, 30, 1, 234567)
EVERY_TYPE = {
    "boolean": (pa.bool_(), [True, False, None]),
    "smallint": (pa.int16(), [-(2**15), 2**15 - 1, None]),
    "integer": (pa.int32(), [-(2**31), 2**31 - 1, None]),
    "bigint": (pa.int64(), [-(2**63), 2**63 - 1, None]),
    "real": (pa.float32(), [1.5, float("-inf"), None]),
    "double precision": (pa.float64(), [1e300, float("inf"), None]),
    "decimal(18,2)": (pa.decimal128(18, 2), [Decimal("-9999999999999999.99"), Decimal("0.01"), None]),
    "decimal(38,10)": (pa.decimal128(38, 10), [Decimal("9" * 28 + "." + "9" * 10), Decimal("-0.0000000001"), None]),
    "date": (pa.date32(), [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None]),
    "timestamp": (pa.timestamp("us"), [MOMENT, datetime.datetime(1, 1, 1), None]),
    "timestamptz": (
        pa.timestamp("us", "UTC"),
        [MOMENT.replace(tzinfo=UTC), MOMENT.replace(year=1904, tzinfo=UTC), None],
    ),
    "varchar(20)": (pa.string(), ["", "é€𝄞 '\\\n\t\"", None]),
    "char(5)": (pa.string(), ["abcde", "12345", None]),
}


def test_every_type_arrives_exactly(warehouse, run, table):
    """G: the types of "COPY from columnar data formats"."""
    columns = {f"c{index}": pa.array(values, kind) for index, (kind, values) in enumerate(EVERY_TYPE.values())}
    declared = ", ".join(f"c{index} {name}" for index, name in enumerate(EVERY_TYPE))
    run(f"CREATE TABLE {table} ({declared})")
    names = ", ".join(columns)
    run(warehouse.copy(f"{table} ({names})", pa.table(columns)))
    assert run("SELECT pg_last_copy_count()") == [(3,)]
    expected = list(zip(*(values for _, values in EVERY_TYPE.values()), strict=True))
    assert sorted(run(f"SELECT * FROM {table}"), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "options",
    [{"use_deprecated_int96_timestamps": True}, {"coerce_timestamps": "ms", "allow_truncated_timestamps": True}, {}],
)
def test_timestamps_load_from_every_physical_type(warehouse, run, table, options):
    """S: INT64 microseconds load; older reports (fastparquet#432, arrow#38000) used INT96."""
    run(f"CREATE TABLE {table} (a timestamp, b timestamptz)")
    moments = [datetime.datetime(1600, 1, 1, 1), datetime.datetime(2900, 1, 1, 1)]
    values = pa.table({"a": pa.array(moments, pa.timestamp("us")), "b": pa.array(moments, pa.timestamp("us", "UTC"))})
    run(warehouse.copy(table, values, **options))
    with_zone = [moment.replace(tzinfo=UTC) for moment in moments]
    assert run(f"SELECT * FROM {table} ORDER BY 1") == list(zip(moments, with_zone, strict=True))


def test_an_instant_loads_into_a_timestamp_as_utc(warehouse, run, table):
    """Guess: Redshift keeps no zone, and Spark writes instants."""
    run(f"CREATE TABLE {table} (a timestamp, b timestamptz)")
    zoned = pa.array([MOMENT.replace(tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin"))
    run(warehouse.copy(table, pa.table({"a": zoned, "b": pa.array([MOMENT], pa.timestamp("us"))})))
    assert run(f"SELECT * FROM {table}") == [(MOMENT, MOMENT.replace(tzinfo=UTC))]


def test_int64_decimals_and_dictionaries_load(warehouse, run, table):
    """S: INT64 decimals, as Spark writes them, load."""
    run(f"CREATE TABLE {table} (a decimal(18,2), b varchar(5))")
    values = pa.table(
        {"a": pa.array([Decimal("1.25")], pa.decimal128(18, 2)), "b": pa.array(["x"]).dictionary_encode()}
    )
    run(warehouse.copy(table, values, store_decimal_as_integer=True))
    assert run(f"SELECT * FROM {table}") == [(Decimal("1.25"), "x")]


def test_a_decimal_wider_than_its_precision_is_refused(connection, run, refused, warehouse, table):
    """ParquetSharp#252: 15001 `invalid type length. Expecting: 8 len in file: 13`."""
    run(f"CREATE TABLE {table} (a decimal(18,2))")
    connection.commit()
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array([Decimal("1.25")], pa.decimal128(30, 2))}), buffer, store_schema=False)
    footer = buffer.getvalue()
    # The precision stands twice in the footer, in the converted type (zigzag 60) and in the logical one.
    narrow = footer.replace(b"\x15\x04\x15\x3c", b"\x15\x04\x15\x24").replace(b"\x15\x3c\x00", b"\x15\x24\x00")
    assert pq.read_schema(io.BytesIO(narrow)).field("a").type == pa.decimal128(18, 2)
    url = warehouse.uri("wide.parquet")
    entry = {"url": url, "meta": {"content_length": warehouse.put(url, narrow)}}
    detail = refused(copy_sql(table, warehouse.put_manifest(entry)))["D"]
    assert "code:      15001" in detail
    assert "invalid type length. Expecting: 8 len in file: 13" in detail


def test_columns_are_matched_by_position(warehouse, run, table):
    """S: names are ignored, a column list is accepted."""
    run(f"CREATE TABLE {table} (a int, b int, c int DEFAULT 7)")
    values = pa.table({"c": pa.array([1], pa.int32()), "nonsense": pa.array([2], pa.int32())})
    run(warehouse.copy(f'{table} ("B", a)', values))
    assert run(f"SELECT a, b, c FROM {table}") == [(2, 1, 7)]


def test_several_files_and_row_groups_are_counted(warehouse, run, connection, table):
    """P: pgpq's stream lost its tail in a prototype; the count must hold."""
    run(f"CREATE TABLE {table} (a bigint)")
    numbers = pa.table({"a": pa.array(range(30_000), pa.int32())})
    run(warehouse.copy(table, numbers, INTS, numbers.slice(0, 0), numbers, row_group_size=7_001))
    assert run(f"SELECT count(*), sum(a) FROM {table}") == [(60_002, 2 * sum(range(30_000)) + 3)]
    assert run("SELECT pg_last_copy_count()") == [(60_002,)]
    assert b"60002 record(s) loaded successfully" in connection.notices[-1][b"M"]


def test_a_copy_belongs_to_the_clients_transaction(warehouse, connection, run, table):
    """P: rolled back, the rows of the insert before it and its own are gone; it loads into a temporary table too."""
    run(f"CREATE TABLE {table} (a int)")
    run("CREATE TEMP TABLE mine (a int)")
    connection.commit()
    run(f"INSERT INTO {table} VALUES (9)")
    run(warehouse.copy(table, INTS))
    run(warehouse.copy("mine", INTS))
    assert run(f"SELECT count(*) FROM {table}") == [(3,)]
    connection.rollback()
    assert run(f"SELECT count(*) FROM {table}") == [(0,)]
    assert run("SELECT count(*) FROM mine") == [(0,)]


def test_a_failed_copy_in_autocommit_adds_no_row(warehouse, connection, run, refused, table):
    """P: the second file fails after the first was sent."""
    connection.autocommit = True
    run(f"CREATE TABLE {table} (a varchar(3))")
    good, bad = pa.table({"a": ["abc"] * 100_000}), pa.table({"a": ["abcd"]})
    assert "15007" in refused(warehouse.copy(table, good, bad))["D"]
    assert run(f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_prefix_loads_every_object_below_it_and_none_is_no_error(warehouse, run, table):
    """S: without MANIFEST the source is a key prefix; no match loads nothing."""
    run(f"CREATE TABLE {table} (a int)")
    url = warehouse.put_parquet(INTS)["url"]
    run(copy_sql(table, url.removesuffix("0.parquet"), manifest=False))
    run(copy_sql(table, warehouse.uri("nothing"), manifest=False))
    assert run(f"SELECT count(*) FROM {table}") == [(2,)]


def test_fillrecord_pads_the_end_with_null(warehouse, run, table):
    """S: FILLRECORD."""
    run(f"CREATE TABLE {table} (a int, b varchar(5), c timestamp)")
    run(warehouse.copy(table, INTS, options="FILLRECORD"))
    assert run(f"SELECT * FROM {table} ORDER BY 1") == [(1, None, None), (2, None, None)]


def test_a_different_number_of_columns_is_refused(warehouse, connection, run, refused, table):
    """S: XX000 `Spectrum Scan Error`, 15007; driver issue #107 for where the parts stand."""
    run(f"CREATE TABLE {table} (a int, b int)")
    connection.commit()
    error = refused(warehouse.copy(table, INTS))
    assert (error["C"], error["M"]) == ("XX000", "Spectrum Scan Error")
    assert "code:      15007" in error["D"]
    assert "Unmatched number of columns" in error["D"]


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("integer", pa.array([1], pa.int64())),
        ("integer", pa.array(["1"])),
        ("varchar(9)", pa.array([1], pa.int32())),
        ("real", pa.array([1.0], pa.float64())),
        ("decimal(10,2)", pa.array([Decimal("1.00")], pa.decimal128(18, 2))),
        ("date", pa.array([MOMENT], pa.timestamp("us"))),
        ("boolean", pa.array([1], pa.int32())),
    ],
)
def test_a_type_that_does_not_fit_is_refused(warehouse, connection, run, refused, table, declared, values):
    """S: 15007; INT64 into INTEGER by a public report, the other pairs are a guess."""
    run(f"CREATE TABLE {table} (a {declared})")
    connection.commit()
    error = refused(warehouse.copy(table, pa.table({"a": values})))
    assert (error["C"], "15007" in error["D"], "'a'" in error["D"]) == ("XX000", True, True)


def test_a_string_is_measured_in_bytes(warehouse, connection, run, refused, table):
    """G: VARCHAR(n) counts bytes; the text is that of awswrangler#529."""
    run(f"CREATE TABLE {table} (a varchar(4))")
    connection.commit()
    error = refused(warehouse.copy(table, pa.table({"a": ["é€"]})))
    assert "The length of the data column a is longer than the length defined in the table" in error["D"]
    assert "Table: 4, Data: 5" in error["D"]
    run(warehouse.copy(table, pa.table({"a": ["éé", "abcd", None]})))


def test_load_errors_can_be_looked_up(warehouse, connection, run, refused, table):
    """G: STL_LOAD_ERRORS and SYS_LOAD_ERROR_DETAIL survive the rollback of the COPY."""
    run(f"CREATE TABLE {table} (a varchar(4))")
    connection.commit()
    file = warehouse.put_parquet(pa.table({"a": ["abcde"]}))
    refused(copy_sql(table, warehouse.put_manifest(file)))
    where = f"WHERE file_name = '{file['url']}'"
    columns = "trim(column_name), trim(column_type), error_code, error_message"
    ((name, kind, code, message),) = run(f"SELECT {columns} FROM sys_load_error_detail {where}")
    assert (name, kind, code) == ("a", "character varying(4)", 15007)
    assert "Table: 4, Data: 5" in message
    where = f"WHERE trim(filename) = '{file['url']}'"
    assert run(f"SELECT trim(colname), err_code FROM stl_load_errors {where}") == [("a", 15007)]


def test_not_null_is_enforced_and_a_primary_key_is_not(warehouse, connection, run, refused, table):
    """G: NOT NULL is enforced, PRIMARY KEY informational; the code 23502 is a guess."""
    run(f"CREATE TABLE {table} (a int PRIMARY KEY, b int)")
    connection.commit()
    twice = pa.table({"a": pa.array([1, 1], pa.int32()), "b": pa.array([1, None], pa.int32())})
    run(warehouse.copy(table, twice))
    connection.commit()
    assert refused(warehouse.copy(table, pa.table({"a": twice["b"], "b": twice["a"]})))["C"] == "23502"


def test_a_not_null_column_cannot_be_left_out(warehouse, connection, run, refused, table):
    """S: 42601 for an omitted NOT NULL column without default, 42703 for an unknown one."""
    run(f"CREATE TABLE {table} (a int, b int NOT NULL)")
    connection.commit()
    assert refused(warehouse.copy(f"{table} (a)", INTS))["C"] == "42601"
    assert refused(warehouse.copy(f"{table} (a, b, z)", INTS))["C"] == "42703"
    assert refused(warehouse.copy("nowhere", INTS))["C"] == "42P01"


def test_identity_columns_are_filled_by_the_warehouse(warehouse, connection, run, refused, table):
    """G: without EXPLICIT_IDS an identity column is left out of the implied list and refused in a given one."""
    run(f"CREATE TABLE {table} (id bigint IDENTITY(1, 1), a int)")
    connection.commit()
    run(warehouse.copy(table, INTS))
    connection.commit()
    both = pa.table({"id": pa.array([70], pa.int64()), "a": pa.array([7], pa.int32())})
    assert refused(warehouse.copy(f"{table} (id, a)", both))["C"] == "42601"
    run(warehouse.copy(f"{table} (id, a)", both, options="EXPLICIT_IDS"))
    assert run(f"SELECT id, a FROM {table} ORDER BY 2") == [(1, 1), (2, 2), (70, 7)]


def test_nested_columns_load_into_super(warehouse, connection, run, refused, table):
    """S: SUPER needs SERIALIZETOJSON; a string of more than 65,535 bytes is error 1224."""
    run(f"CREATE TABLE {table} (a super)")
    connection.commit()
    nested = pa.table({"a": [{"x": [1, 2], "y": "é'"}, None]})
    assert refused(warehouse.copy(table, nested))["C"] == "0A000"
    run(warehouse.copy(table, nested, options="SERIALIZETOJSON"))
    loaded = [row[0] for row in run(f"SELECT json_serialize(a) FROM {table}")]
    assert [value and json.loads(value) for value in loaded] == nested["a"].to_pylist()
    assert sorted(map(str, run(f"SELECT a FROM {table}")))[1:] == ["(None,)"]
    connection.commit()
    too_long = pa.table({"a": ["x" * 65_536]})
    assert "1224" in refused(warehouse.copy(table, too_long, options="SERIALIZETOJSON"))["D"]


def test_a_map_becomes_an_object(warehouse, run, table):
    """A guess: maps are loaded by SERIALIZETOJSON (awswrangler#1185), nothing says as what."""
    run(f"CREATE TABLE {table} (a super)")
    kind = pa.map_(pa.string(), pa.list_(pa.map_(pa.int32(), pa.string())))
    values = pa.table({"a": pa.array([[("k", [[(1, "x")], []])], [], None], kind)})
    run(warehouse.copy(table, values, options="SERIALIZETOJSON"))
    loaded = [row[0] for row in run(f"SELECT json_serialize(a) FROM {table}")]
    assert [value and json.loads(value) for value in loaded] == [{"k": [{"1": "x"}, {}]}, {}, None]


def test_invalid_utf8_is_refused_or_replaced(warehouse, connection, run, refused, table):
    """G: ACCEPTINVCHARS replaces, its default is a question mark; the error's number is a guess."""
    run(f"CREATE TABLE {table} (a varchar(9))")
    connection.commit()
    broken = pa.table({"a": pa.array([b"a\xff", b"b"])})
    assert refused(warehouse.copy(table, broken))["C"] == "XX000"
    run(warehouse.copy(table, broken, options="ACCEPTINVCHARS"))
    assert run(f"SELECT a FROM {table} ORDER BY 1") == [("a?",), ("b",)]


def test_a_manifest_entry_needs_its_length(warehouse, connection, run, refused, table):
    """Issue aws-lambda-redshift-loader#221: 15003."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    url = warehouse.put_parquet(INTS)["url"]
    error = refused(copy_sql(table, warehouse.put_manifest({"url": url, "mandatory": True})))
    assert (error["M"], "15003" in error["D"]) == ("Spectrum Scan Error", True)
    assert "File entry does not have 'meta' key" in error["D"]


def test_a_missing_mandatory_file_is_an_error_and_an_optional_one_is_not(warehouse, connection, run, refused, table):
    """G: "mandatory"; the error's text follows the measured report."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    there, missing = warehouse.put_parquet(INTS), {"url": warehouse.uri("x"), "meta": {"content_length": 5}}
    mandatory = {**missing, "mandatory": True}
    assert "File not found" in refused(copy_sql(table, warehouse.put_manifest(there, mandatory)))["D"]
    run(copy_sql(table, warehouse.put_manifest(there, missing)))
    assert run(f"SELECT count(*) FROM {table}") == [(2,)]


def test_a_size_other_than_the_manifests_is_an_error(warehouse, connection, run, refused, table):
    """Guess: Redshift takes the length from the manifest."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    entry = warehouse.put_parquet(INTS)
    entry["meta"]["content_length"] += 1
    assert "its manifest entry says" in refused(copy_sql(table, warehouse.put_manifest(entry)))["D"]


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b'{"entries": 3}', b'{"entries": [{"url": "/x"}]}'])
def test_a_malformed_manifest_is_refused(warehouse, connection, run, refused, table, content):
    """Guess: XX000 and which manifest it is."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    manifest = warehouse.uri("manifest")
    warehouse.put(manifest, content)
    error = refused(copy_sql(table, manifest))
    assert (error["C"], manifest in error["M"]) == ("XX000", True)


def test_what_is_no_parquet_is_refused(warehouse, connection, run, refused, table):
    """S: 15001 for broken data."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    url = warehouse.uri("x.parquet")
    entry = {"url": url, "meta": {"content_length": warehouse.put(url, b"PAR1 no more than this PAR1")}}
    assert "15001" in refused(copy_sql(table, warehouse.put_manifest(entry)))["D"]


def test_a_manifest_that_does_not_exist_is_an_s3_error(warehouse, connection, run, refused, table):
    """G: S3ServiceException with S3's own code."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    assert "NoSuchKey" in refused(copy_sql(table, warehouse.uri("none")))["M"]
    assert "NoSuchBucket" in refused(copy_sql(table, "s3://no-such-bucket-here/m"))["M"]


def test_only_the_configured_role_is_let_in(warehouse, connection, run, refused, table):
    """Public reports: `is not authorized to assume IAM Role`; `default` is the cluster's own role (G)."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    copy = warehouse.copy(table, INTS)
    other = "arn:aws:iam::000000000000:role/other"
    assert f"is not authorized to assume IAM Role {other}" in refused(copy.replace(ROLE, other))["M"]
    run(copy.replace(f"IAM_ROLE '{ROLE}'", "IAM_ROLE default"))
    run(copy.replace(f"IAM_ROLE '{ROLE}'", f"CREDENTIALS 'aws_iam_role={ROLE}'"))
    keys = copy.replace(f"IAM_ROLE '{ROLE}'", "ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'b'")
    assert refused(keys)["C"] == "0A000"


@pytest.mark.parametrize(
    ("option", "code"),
    [("TRUNCATECOLUMNS", "0A000"), ("REGION 'us-east-1'", "0A000"), ("MAXERROR 10", "0A000"), ("NONSENSE", "42601")],
)
def test_options_that_parquet_does_not_allow_are_refused(warehouse, refused, table, option, code):
    """S: TRUNCATECOLUMNS and its text; G+: REGION; MAXERROR by the guide's list of allowed options."""
    error = refused(copy_sql(table, warehouse.uri("m"), option))
    assert error["C"] == code
    if code == "0A000":
        assert error["M"] == f"{option.split()[0]} argument is not supported for PARQUET based COPY"


def test_a_copy_from_the_client_is_refused(refused, table):
    """G: COPY loads from S3 and other services only; the text is that of public reports."""
    assert "LOAD source is not supported" in refused(f"COPY {table} FROM STDIN")["M"]


def test_a_file_is_read_row_group_by_row_group(warehouse, run, table):
    """Contract: a file need not fit into memory; here one row group is wider than a batch."""
    run(f"CREATE TABLE {table} (a varchar(65535))")
    wide = pa.table({"a": ["x" * 65_000] * 300})
    run(warehouse.copy(table, wide, use_dictionary=False, row_group_size=150))
    assert run(f"SELECT count(*), min(len(a)) FROM {table}") == [(300, 65_000)]
