"""csv, JSON lines and orc through `format("dao")`, compared with Spark's own readers and writers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_dao.spark.data_source import make_data_source, register_with, session_settings

CSV_LINES = [
    "id,name,note",
    *(r'1,"a""b",z', r'2,"a"b,z', r'3,"a" ,z', r'4,"a\"b",z', r'5,"a\\b",z', r'6,"a\nb",z', r"7,a\"b,z", r'8,"",z'),
    *(r'9, "a",z', r'10,"a\",z', r'11,"a', r'12,"a,b"', "13,,", "14", "15,a,b,c", r'16,"""a""",z', r'17,"x"y"z,w'),
    *(r'18,"a"",z",w', r'19,"a" "', r'20,"', r'21,"""",z', "   ", "22,é,ü", "", "23,NA,z", r'24,"a"b\"c,d"', "x,1,2"),
]
TYPED = [
    *(
        "1",
        "-1",
        "+1",
        "007",
        " 1",
        "1.5",
        "1e3",
        ".5",
        "5.",
        "NaN",
        "Inf",
        "-Infinity",
        "1d",
        "0x1F",
        "3000000000",
        "x",
    ),
    *("128", "99999999999999999999", "1,000", "true", "TRUE", "t", "", "2025-01-07", "2025-1-7", "2025", "2025-01"),
    *("2025-01-07 10:15:00", "2025-01-07T10:15:00.123456Z", "2025-01-07T10:15:00+01:00", "2025-01-07 10:15", "10:15"),
    *("2025-13-01", "2025-02-30", "2025-01-07 25:00:00", "2025-01-07T10:15:00 Europe/Berlin", "0001-01-01", "1.005"),
]
TEXTS = [
    "a",
    "",
    None,
    " a ",
    "  ",
    "a,b",
    'a"b',
    '"',
    "a\\b",
    'a\\"b',
    "a\nb",
    "\\",
    "#x",
    "'x'",
    "\ta",
    "a\\,b",
    "é\u2003",
]
SCALARS = """
    cast(1.5 as double) d, cast(1e10 as double) e, cast('NaN' as double) n, double('-Infinity') i, cast(1.1 as float) f,
    timestamp'2020-01-02 03:04:05.123456' ts, timestamp_ntz'2020-01-02 03:04:05.12' tn, date'0001-01-02' dd,
    cast(0.00000001 as decimal(10,8)) dec, cast(1234567.1 as float) ff, true b, cast(1e-7 as decimal(20,10)) small,
    cast(3.3e38 as float) fm, 1.0E-5D sm, cast(7 as byte) y, cast(null as int) nothing, 123456789.125D dl, -0.0D z
"""
NESTED = f"""
    {SCALARS}, array(1.5D, double('NaN'), null) ar, map('k', date'2020-01-01', 'n', null) m, cast('abc' as binary) bin,
    named_struct('x', cast(null as int), 'y', 'q"é\\n/') st, array(named_struct('l', array(1))) deep, map(1, 'a') mi
"""


IN_TWO_ZONES = pytest.mark.parametrize("dao_spark", ["UTC", "Europe/Berlin"], indirect=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "stores"


@pytest.fixture
def dao_spark(spark: SparkSession, root: Path, request) -> SparkSession:
    root.mkdir()
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", getattr(request, "param", "UTC"))
    register_with(session, make_data_source(catalog(root), **session_settings(session)))
    return session


def catalog(root: Path) -> dict:
    def objects(format_name: str) -> dict:
        return {format_name: {"format": format_name}}

    return {
        "raw": {
            "interface_class": "FileSparkInterface",
            "default_configs": {"root": f"file://{root}"},
            "data_objects": {**objects("csv"), **objects("json"), **objects("orc")},
        }
    }


def load(session: SparkSession, format_name: str, **options: str):
    return session.read.format("dao").options(**options).load(f"raw.{format_name}")


def same(ours, native) -> None:
    assert ours.schema == native.schema
    assert sorted(map(repr, ours.collect())) == sorted(map(repr, native.collect()))


def as_text(frame) -> list:
    """Python has no year 0, which some values of the year 1 need on their way."""
    return frame.selectExpr(*[f"cast({column} as string)" for column in frame.columns]).collect()


def put(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"escape": '"'},
        {"nullValue": "NA"},
        {"header": "false"},
        {"sep": ";"},
        {"multiLine": "true"},
        {"multiLine": "true", "escape": '"'},
        {"schema": "id INT, name STRING"},
        {"schema": "id STRING, name STRING, note STRING, more STRING"},
    ],
    ids=lambda options: ",".join(options.values()) or "plain",
)
def test_csv_reads_as_spark_reads_it(dao_spark: SparkSession, root: Path, options: dict) -> None:
    plain = ["id,name,note", "1,a,b", '2,"q,1",b', "3,,", "4,é,ü"]
    wide = [line for line in CSV_LINES if line.count('"') % 2 == 0] if "multiLine" in options else CSV_LINES
    put(root, "csv/a.csv", "\n".join(wide) + "\n")
    put(root, "csv/b.csv", "\r\n".join(plain) + "\r\n")
    put(root, "csv/c.csv.gz", gzip.compress("\n".join(plain).encode()))
    put(root, "csv/d.csv", "")
    put(root, "csv/e.csv", 'id,name,note\n1,"two\nlines",b\n2,"a\r\nb",c\n')
    native_options = {"header": "true", **{key: value for key, value in options.items() if key != "schema"}}
    reader = dao_spark.read.options(**native_options)
    native = (reader.schema(options["schema"]) if "schema" in options else reader).csv(f"file://{root}/csv")
    same(load(dao_spark, "csv", **options), native)


@IN_TWO_ZONES
def test_declared_csv_types_become_null_where_spark_has_null(dao_spark: SparkSession, root: Path) -> None:
    put(root, "csv/a.csv", "v\n" + "\n".join(f'"{value}",' * 12 + "." for value in TYPED) + "\n")
    kinds = ["byte", "short", "int", "bigint", "float", "double", "decimal(5,2)", "decimal(30,3)", "boolean", "date"]
    schema = ", ".join(f"c{n} {kind}" for n, kind in enumerate([*kinds, "timestamp", "timestamp_ntz"]))
    native = dao_spark.read.schema(schema).csv(f"file://{root}/csv", header=True)
    ours, theirs = as_text(load(dao_spark, "csv", schema=schema)), as_text(native)
    for value, mine, its in zip(TYPED, ours, theirs, strict=True):
        assert repr(mine) == repr(its), value


def test_json_lines_read_as_spark_reads_them(dao_spark: SparkSession, root: Path) -> None:
    lines = [
        '{"i": 1, "d": 1.5, "s": "x", "b": true, "a": [1, null], "o": {"z": 1, "y": "q"}, "e": "", "n": null}',
        '{"i": 2, "d": 2, "s": 3, "a": [], "o": {"w": [{"v": 1}]}, "e": "", "big": 99999999999999999999}',
        "",
        '{"i": -3, "d": 1e3, "s": {"nested": 1}, "b": null, "x": {}, "big": 1}',
        '[{"i": 4}, {"i": 5}]',
    ]
    put(root, "json/a.json", "\n".join(lines[:2]) + "\n")
    put(root, "json/b.json.gz", gzip.compress("\n".join([lines[0], *lines[2:3], lines[4]]).encode()))
    native = dao_spark.read.json(f"file://{root}/json")
    same(load(dao_spark, "json"), native)
    odd = ['{"i": 9, "s": 1.10}', '{"i": "bad", "d": "NaN"}', '{"i": 7', "not json", '{"i": 8.0}']
    binary = ['{"i": 6, "bin": "YWI="}', '{"i": 5, "bin": "!"}', '{"i": 5, "bin": "1"}']
    put(root, "json/c.json", "\n".join([*odd, *binary]))
    schema = (
        "i INT, bin BINARY, d DOUBLE, s STRING, b BOOLEAN, a ARRAY<BIGINT>, o STRUCT<y: STRING, z: INT>, missing DATE"
    )
    same(load(dao_spark, "json", schema=schema), dao_spark.read.schema(schema).json(f"file://{root}/json"))


@IN_TWO_ZONES
def test_declared_json_types_become_null_where_spark_has_null(dao_spark: SparkSession, root: Path) -> None:
    values = [f'"{value}"' for value in TYPED] + ["1", "1.5", "-1", "true", "null", "1e3", "3000000000", "1.005", "NaN"]
    kinds = [
        "byte",
        "int",
        "bigint",
        "float",
        "double",
        "decimal(5,2)",
        "boolean",
        "date",
        "timestamp",
        "timestamp_ntz",
    ]
    schema = ", ".join(f"c{n} {kind}" for n, kind in enumerate([*kinds, "string"]))
    lines = ["{" + ", ".join(f'"c{n}": {value}' for n in range(11)) + "}" for value in values]
    put(root, "json/a.json", "\n".join(lines))
    native = as_text(dao_spark.read.schema(schema).json(f"file://{root}/json"))
    for value, mine, its in zip(values, as_text(load(dao_spark, "json", schema=schema)), native, strict=True):
        assert repr(mine) == repr(its), value


@IN_TWO_ZONES
@pytest.mark.parametrize("options", [{}, {"header": "false", "sep": "|"}, {"escape": '"'}, {"nullValue": "NA"}])
def test_csv_has_the_text_that_spark_writes(dao_spark: SparkSession, root: Path, options: dict) -> None:
    texts = dao_spark.createDataFrame([(n, v, v) for n, v in enumerate(TEXTS)], "id int, a string, b string")
    for name, frame in (("texts", texts), ("scalars", dao_spark.sql(f"select {SCALARS}"))):
        one = frame.coalesce(1)
        one.write.format("dao").mode("overwrite").options(**options).save("raw.csv")
        one.write.options(**{"header": "true", **options}).csv(f"file://{root}/native-{name}")
        assert written(root / "csv") == written(root / f"native-{name}")


@IN_TWO_ZONES
def test_json_has_the_text_that_spark_writes(dao_spark: SparkSession, root: Path) -> None:
    frame = dao_spark.sql(f"select {NESTED} union all select {NESTED}").coalesce(1)
    frame.write.format("dao").mode("append").save("raw.json")
    frame.write.json(f"file://{root}/native")
    assert written(root / "json") == written(root / "native")


@IN_TWO_ZONES
def test_orc_keeps_what_it_holds_and_spark_reads_it(dao_spark: SparkSession, root: Path) -> None:
    columns = (
        f"{SCALARS}, array(1, null) ar, map('k', 1) m, cast('abc' as binary) bin, named_struct('x', 1, 'y', 'q') st"
    )
    frame = dao_spark.sql(f"select {columns}").drop("tn", "dd")
    frame.write.format("dao").mode("append").save("raw.orc")
    native = dao_spark.read.orc(f"file://{root}/orc")
    same(load(dao_spark, "orc"), native)
    assert sorted(map(repr, native.collect())) == sorted(map(repr, frame.collect()))
    frame = dao_spark.sql(f"select {columns}").withColumn("dd", F.lit("1582-10-15").cast("date"))
    frame.write.orc(f"file://{root}/orc", mode="overwrite")
    same(load(dao_spark, "orc"), dao_spark.read.orc(f"file://{root}/orc"))


def test_dates_of_the_julian_calendar_are_refused_in_orc(dao_spark: SparkSession, root: Path) -> None:
    dao_spark.sql("select date'0001-01-02' d").write.orc(f"file://{root}/orc")
    with pytest.raises(PySparkException, match="a date before 1582-10-15 in orc needs the bridge jar"):
        load(dao_spark, "orc").collect()
    with pytest.raises(PySparkException, match="a date before 1582-10-15 in orc needs the bridge jar"):
        dao_spark.sql("select array(date'0001-01-02') a").write.format("dao").mode("overwrite").save("raw.orc")


def test_compressed_text_is_written_and_read(dao_spark: SparkSession, root: Path) -> None:
    frame = dao_spark.sql("select id, concat('é', id) as s from range(50)")
    frame.write.format("dao").mode("append").option("compression", "gzip").save("raw.csv")
    assert all(path.name.endswith(".csv.gz") for path in (root / "csv").iterdir() if path.is_file())
    assert load(dao_spark, "csv", schema="id BIGINT, s STRING").count() == 50
    assert dao_spark.read.csv(f"file://{root}/csv", header=True).count() == 50


@pytest.mark.parametrize(
    ("format_name", "content", "options", "expected"),
    [
        ("csv", "a\n1\n", {"inferSchema": "true"}, "declare `schema`"),
        ("csv", "a\n1\n", {"mode": "FAILFAST"}, "bridge jar"),
        ("csv", "a\n1\n", {"timestampFormat": "yyyy"}, "option `timestampformat` of csv needs the bridge jar"),
        ("json", '{"a": 1}\nnot json\n', {}, "line 2 of"),
        ("json", '{"a": 1}\n', {"multiLine": "true"}, "bridge jar"),
        ("orc", "no orc", {}, "expected an orc file at"),
        ("csv", "", {}, "no files to infer"),
    ],
)
def test_what_is_not_offered_is_refused_by_name(
    dao_spark: SparkSession, root: Path, format_name: str, content: str, options: dict, expected: str
) -> None:
    put(root, f"{format_name}/a", content)
    with pytest.raises(PySparkException) as caught:
        load(dao_spark, format_name, **options)
    assert expected in str(caught.value)


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("part-*")))
