"""`format("dao")` without the jar, over local files, compared with Spark's own readers and writers."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_dao.spark.data_source import make_data_source
from spark_dao.spark.data_source.registering import register_with

ALL_TYPES = """
    id,
    cast(id % 2 = 0 as boolean) as a_boolean, cast(id % 100 as byte) as a_byte, cast(id as short) as a_short,
    cast(id as int) as an_int, cast(id / 3 as float) as a_float, id / 7 as a_double,
    cast(id as decimal(9, 2)) / 3 as a_decimal, cast(id as decimal(38, 18)) as a_wide_decimal,
    concat('é"\\n', id) as a_string, cast(concat('b', id) as binary) as a_binary,
    date_add(date'1582-10-01', cast(id * 30 as int)) as a_date,
    timestamp'1900-01-01 00:00:00.000001' + make_interval(0, 0, 0, cast(id * 1000 as int)) as a_timestamp,
    timestamp_ntz'2025-03-30 02:30:00.123456' as a_timestamp_ntz,
    make_dt_interval(cast(id as int), 1, 2, 3.5) as an_interval,
    array(id, null, id + 1) as an_array, map('k', id, 'n', null) as a_map,
    named_struct('x', id, 'inner', named_struct('list', array(named_struct('d', date'2025-01-07')))) as a_struct,
    array(map(1, array('deep'))) as a_nested_array,
    if(id % 3 = 0, null, id) as with_nulls, cast(null as string) as all_null, array() = array() as constant
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "stores"


@pytest.fixture
def dao_spark(spark: SparkSession, root: Path) -> SparkSession:
    root.mkdir()
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    register_with(session, make_data_source(catalog(root)))
    return session


def catalog(root: Path) -> dict:
    return {
        "silver": {
            "interface_class": "FileSparkInterface",
            "default_configs": {"root": f"file://{root}"},
            "data_objects": {
                "by_k": {"partition_by": ["k"]},
                "by_day": {"partition_by": ["day", "name"]},
                "typed": {"partition_by": ["k"], "schema": "k STRING, id BIGINT NOT NULL, missing STRING"},
                "orders": {"format": "orc"},
                "needs_secret": {"description": "x"},
            },
        },
    }


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def save(frame, name: str, mode: str = "append", **options: str) -> None:
    frame.write.format("dao").mode(mode).options(**options).save(name)


def load(session: SparkSession, name: str, **options: str):
    return session.read.format("dao").options(**options).load(name)


def last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip() and "SQLSTATE" not in line]
    return lines[-1]


def test_parquet_keeps_every_type_and_reads_like_spark_itself(dao_spark: SparkSession, root: Path) -> None:
    frame = dao_spark.sql(f"select {ALL_TYPES} from range(20)")
    save(frame, "silver.types")
    native = dao_spark.read.parquet(f"file://{root}/types")
    assert native.schema == load(dao_spark, "silver.types").schema
    assert_df_equality(native.sort("id"), load(dao_spark, "silver.types").sort("id"))
    assert native.sort("id").collect() == frame.sort("id").collect()


def test_parquet_that_spark_wrote_reads_the_same(dao_spark: SparkSession, root: Path) -> None:
    dao_spark.conf.set("spark.sql.parquet.outputTimestampType", "INT96")
    frame = dao_spark.sql(f"select {ALL_TYPES} from range(20)")
    frame.write.partitionBy("a_boolean", "a_date").parquet(f"file://{root}/native")
    native = dao_spark.read.parquet(f"file://{root}/native")
    assert load(dao_spark, "silver.native").schema == native.schema
    assert_df_equality(native.sort("id"), load(dao_spark, "silver.native").sort("id"))


def test_parquet_without_sparks_own_schema_reads_the_same(dao_spark: SparkSession, root: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    (root / "foreign").mkdir()
    table = pyarrow.table(
        {
            "i": pyarrow.array([1, 2], pyarrow.uint8()),
            "u": pyarrow.array([1, 2**63], pyarrow.uint64()),
            "s": pyarrow.array(["a", "b"]).dictionary_encode(),
            "l": pyarrow.array([[1], None], pyarrow.large_list(pyarrow.int16())),
            "t": pyarrow.array([0, 1], pyarrow.timestamp("ms", "Europe/Berlin")),
            "n": pyarrow.array([0, 1], pyarrow.timestamp("us")),
            "b": pyarrow.array([b"ab", b"cd"], pyarrow.binary(2)),
        }
    )
    pyarrow.parquet.write_table(table, root / "foreign" / "a.parquet")
    native = dao_spark.read.parquet(f"file://{root}/foreign")
    assert_df_equality(native, load(dao_spark, "silver.foreign"), ignore_row_order=True)


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_partition_folders_are_spelled_as_spark_spells_them(dao_spark: SparkSession, root: Path, mode: str) -> None:
    names = ["plain", "a/b: 100%", "é", "", None, "x=y", "a\\b", "q'\"#?*", "{[^]}", "tab\t", " sp "]
    rows = [(n, name, d) for n, (name, d) in enumerate((name, d) for name in names for d in ("2025-01-07", None))]
    frame = dao_spark.createDataFrame(rows, "id int, name string, day string").withColumn(
        "day", F.col("day").cast("date")
    )
    save(frame, "silver.by_day", mode)
    frame.write.partitionBy("day", "name").parquet(f"file://{root}/native")
    folders = {str(path.parent.relative_to(root / "by_day")) for path in (root / "by_day").rglob("*.parquet")}
    assert folders == {str(path.parent.relative_to(root / "native")) for path in (root / "native").rglob("*.parquet")}
    native = dao_spark.read.parquet(f"file://{root}/by_day")
    assert_df_equality(native.sort("id"), load(dao_spark, "silver.by_day").sort("id"))


def test_partition_types_are_inferred_as_spark_infers_them(dao_spark: SparkSession, root: Path) -> None:
    cases = [
        ["1", "2"],
        ["007", "-1"],
        ["1", "3000000000"],
        ["99999999999999999999"],
        ["1.5", "1"],
        ["1.5", "3000000000"],
        ["2025-01-07", "2025-02-30"],
        ["2025-01-07"],
        ["2025-01-07 10:00:00"],
        ["2025-01-07", "2025-01-07 10:00:00"],
        ["true"],
        ["x", "1"],
        ["1", "__HIVE_DEFAULT_PARTITION__"],
        ["__HIVE_DEFAULT_PARTITION__"],
        ["1e3"],
        ["NaN"],
        ["1d"],
        ["Infinity"],
        ["1_000"],
        [" 1"],
        ["0x1F"],
        ["+5"],
        ["2025"],
        ["2025-1-7"],
        ["1.0"],
        ["1", "99999999999999999999"],
        ["2025-01-07", "1"],
        ["1", "2025-01-07"],
        [".5"],
        ["5."],
    ]
    for number, values in enumerate(cases):
        folder = root / f"types{number}"
        for value in values:
            (folder / f"k={value.replace(':', '%3A')}").mkdir(parents=True)
            dao_spark.range(1).coalesce(1).write.mode("append").parquet(
                f"file://{folder}/k={value.replace(':', '%3A')}"
            )
        native = dao_spark.read.parquet(f"file://{folder}")
        ours = load(dao_spark, f"silver.types{number}")
        assert ours.schema["k"].dataType == native.schema["k"].dataType, values
        assert sorted(map(str, ours.collect())) == sorted(map(str, native.collect())), values


def test_declared_columns_win_and_partitions_come_last(dao_spark: SparkSession, root: Path) -> None:
    save(dao_spark.createDataFrame([(1, "01"), (2, "02")], "id bigint, k string"), "silver.by_k")
    (root / "by_k").rename(root / "typed")
    ours = load(dao_spark, "silver.typed")
    assert ours.schema.simpleString() == "struct<id:bigint,missing:string,k:string>"
    assert ours.schema["id"].nullable
    assert sorted(map(tuple, ours.collect())) == [(1, None, "01"), (2, None, "02")]


def test_only_the_wanted_files_are_read(dao_spark: SparkSession, root: Path) -> None:
    save(
        dao_spark.range(1000).selectExpr("id", "id div 100 as k", "cast(id as string) as s").repartition(1),
        "silver.by_k",
    )
    source = make_data_source(catalog(root))({"path": "silver.by_k"})
    schema = load(dao_spark, "silver.by_k").schema
    from pyspark.sql.datasource import EqualTo, GreaterThanOrEqual, In, IsNotNull

    everything = source.reader(schema)
    assert len([piece for part in everything.partitions() for piece in part.pieces]) == 10
    reader = source.reader(schema)
    pushed = [GreaterThanOrEqual(("k",), 8), In(("k",), (9, 1)), IsNotNull(("id",)), EqualTo(("s",), "950")]
    assert list(reader.pushFilters(pushed)) == pushed
    pieces = [piece for part in reader.partitions() for piece in part.pieces]
    assert [piece.partition for piece in pieces] == [(("k", "9"),)]
    rows = [batch.num_rows for part in reader.partitions() for batch in reader.read(part)]
    assert sum(rows) == 1
    ours = load(dao_spark, "silver.by_k").where("k >= 8 and k in (9, 1) and s = '950'")
    assert [tuple(row) for row in ours.collect()] == [(950, "950", 9)]


CONDITIONS = [
    "d > 1",
    "d >= 'NaN'",
    "d = double('NaN')",
    "d < 1",
    "d <> 1",
    "d in (1, double('NaN'))",
    "not d < 1",
    "d is null",
    "d <=> null",
    "d <=> 0.0",
    "s like 'a%'",
    "s like '%b'",
    "s like '%a%'",
    "not s like 'a%'",
    "s > 'a'",
    "s in ('a', null)",
    "s not in ('a', null)",
    "ts >= timestamp'2025-01-07 00:00:00'",
    "dt = date'2025-01-07'",
    "dt < timestamp'2025-01-08 00:00:00'",
    "dec > 1.5",
    "st.x = 1",
    "n = timestamp_ntz'2025-01-07 00:00:00'",
    "k = 1",
    "k is null",
    "k <> 1",
    "k in (1, null)",
    "b",
    "not b",
]


def test_a_filtered_read_answers_what_spark_answers(dao_spark: SparkSession, root: Path) -> None:
    frame = dao_spark.sql(
        """select * from values
        (1, double(0.0), 'a', timestamp'2025-01-07 00:00:00', date'2025-01-07', 1.50, true, 1),
        (2, double(-0.0), 'ab', timestamp'2025-01-06 23:59:59', date'2025-01-06', 1.51, false, 2),
        (3, double('NaN'), 'ba', timestamp'2025-01-07 00:00:01', date'2025-01-08', -2.00, true, null),
        (4, double('Infinity'), 'b', null, null, null, null, 1),
        (5, null, null, timestamp'1900-01-01 00:00:00', date'0001-01-01', 99.99, false, 3)
        as t(id, d, s, ts, dt, dec, b, k)"""
    ).selectExpr("*", "named_struct('x', id) as st", "cast(ts as timestamp_ntz) as n")
    save(frame.select("id", "d", "s", "ts", "dt", "dec", "b", "st", "n", "k").coalesce(1), "silver.by_k")
    native = dao_spark.read.parquet(f"file://{root}/by_k")
    ours = load(dao_spark, "silver.by_k")
    # One job each: every condition with the ids that it keeps.
    for frame, answers in ((native, expected := {}), (ours, found := {})):
        for condition in CONDITIONS:
            answers[condition] = sorted(row.id for row in frame.where(condition).select("id").collect())
    assert found == expected


def test_append_adds_and_overwrite_replaces(dao_spark: SparkSession, root: Path) -> None:
    save(dao_spark.range(3), "silver.t")
    save(dao_spark.range(3, 5), "silver.t")
    assert sorted(row.id for row in load(dao_spark, "silver.t").collect()) == [0, 1, 2, 3, 4]
    save(dao_spark.range(7, 8), "silver.t", "overwrite")
    assert [row.id for row in load(dao_spark, "silver.t").collect()] == [7]
    assert not [path for path in files_of(root) if "_dao_" in str(path)]


def test_an_object_may_be_overwritten_with_what_is_read_from_it(dao_spark: SparkSession, root: Path) -> None:
    save(dao_spark.range(10), "silver.t")
    save(load(dao_spark, "silver.t").selectExpr("id * 2 as id"), "silver.t", "overwrite")
    assert sorted(row.id for row in load(dao_spark, "silver.t").collect()) == list(range(0, 20, 2))


def test_a_dynamic_overwrite_spares_the_other_partitions(dao_spark: SparkSession, root: Path) -> None:
    save(dao_spark.sql("select id, id % 3 as k from range(9)"), "silver.by_k")
    replacement = dao_spark.sql("select 100 as id, 1 as k").selectExpr("cast(id as bigint) id", "k")
    save(replacement, "silver.by_k", "overwrite", partitionOverwriteMode="dynamic")
    rows = {(row.id, row.k) for row in load(dao_spark, "silver.by_k").collect()}
    assert rows == {(0, 0), (3, 0), (6, 0), (100, 1), (2, 2), (5, 2), (8, 2)}


@pytest.mark.parametrize("name", ["silver.t", "silver.by_k"])
def test_overwriting_with_no_rows_leaves_an_empty_readable_table(
    dao_spark: SparkSession, root: Path, name: str
) -> None:
    frame = dao_spark.sql("select id, cast(id as string) as s, cast(id % 3 as string) as k from range(9)")
    save(frame, name)
    save(frame.limit(0), name, "overwrite")
    ours = load(dao_spark, name)
    assert ours.count() == 0
    assert ours.columns == ["id", "s", "k"]
    assert dao_spark.read.parquet(f"file://{root}/{name[7:]}").schema == ours.schema
    save(frame, name)
    assert load(dao_spark, name).count() == 9


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_failing_task_leaves_the_old_rows_and_no_staging(dao_spark: SparkSession, root: Path, mode: str) -> None:
    save(dao_spark.range(5), "silver.t")
    before = files_of(root)
    failing = dao_spark.range(100, numPartitions=4).select(
        F.when(F.col("id") < 90, F.col("id")).otherwise(F.raise_error(F.lit("boom")).cast("bigint")).alias("id")
    )
    with pytest.raises(PySparkException, match="boom"):
        save(failing, "silver.t", mode)
    # Tasks that were running when another one failed notice it, and clear up, when they end.
    deadline = time.monotonic() + 60
    while files_of(root) != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert files_of(root) == before


def test_two_sessions_have_two_catalogs(spark: SparkSession, tmp_path: Path) -> None:
    sessions = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        session = spark.newSession()
        register_with(session, make_data_source(catalog(tmp_path / name)))
        save(session.createDataFrame([(name,)], "v string"), "silver.t")
        sessions.append(session)
    assert [load(session, "silver.t").first().v for session in sessions] == ["one", "two"]


def test_threads_append_to_one_object_and_lose_nothing(dao_spark: SparkSession, root: Path) -> None:
    errors = []

    def write(number: int) -> None:
        try:
            register_with(dao_spark, make_data_source(catalog(root)))
            save(dao_spark.range(number * 10, number * 10 + 10, numPartitions=2), "silver.t")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(row.id for row in load(dao_spark, "silver.t").collect()) == list(range(40))


def test_spark_and_arrow_pass_over_staging_and_journal(dao_spark: SparkSession, root: Path) -> None:
    import pyarrow.dataset

    save(dao_spark.sql("select id, id % 2 as k from range(4)"), "silver.by_k")
    for folder in ("_dao_staging/20250101T000000Z-a/k=7", "_dao_staging/20250101T000000Z-a", "_dao_journal"):
        (root / "by_k" / folder).mkdir(parents=True, exist_ok=True)
        (root / "by_k" / folder / "part-0.parquet").write_bytes(b"half a file")
    native = dao_spark.read.parquet(f"file://{root}/by_k")
    assert {row.k for row in native.collect()} == {0, 1}
    assert {row.k for row in load(dao_spark, "silver.by_k").collect()} == {0, 1}
    assert pyarrow.dataset.dataset(root / "by_k", partitioning="hive").count_rows() == 4


def test_spark_lists_a_table_while_others_stage_into_it(dao_spark: SparkSession, root: Path) -> None:
    save(dao_spark.range(5), "silver.t")
    stop = threading.Event()

    def churn() -> None:
        number = 0
        while not stop.is_set():
            folder = root / "t" / "_dao_staging" / f"b{number}" / "k=1"
            folder.mkdir(parents=True)
            (folder / "x.parquet").write_bytes(b"half")
            (folder / "x.parquet").unlink()
            folder.rmdir()
            folder.parent.rmdir()
            number += 1

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(10):
            assert dao_spark.read.parquet(f"file://{root}/t").count() == 5
            assert load(dao_spark, "silver.t").count() == 5
    finally:
        stop.set()
        thread.join()


def test_the_class_and_what_travels_show_no_secret(dao_spark: SparkSession, root: Path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_ROOT", f"file://{root}")
    declarations = catalog(root)
    declarations["silver"]["default_configs"]["root"] = "{{env:SECRET_ROOT}}"
    kind = make_data_source(declarations)
    save(dao_spark.range(2), "silver.t")
    reader = kind({"path": "silver.t"}).reader(dao_spark.range(1).schema)
    writer = kind({"path": "silver.t"}).writer(dao_spark.range(1).schema, False)
    for thing in (kind, kind({"path": "silver.t"}), reader, writer, *reader.partitions()):
        assert "SECRET_ROOT" not in repr(thing)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (lambda s: load(s, "silver.nothing"), "silver.nothing: no files under"),
        (lambda s: load(s, "silva.t"), "did you mean `silver`?"),
        (lambda s: load(s, "t"), "store.object"),
        (lambda s: s.read.format("dao").load(), "expected the name of one object"),
        (lambda s: s.read.format("dao").load(["silver.a", "silver.b"]), "expected the name of one object"),
        (lambda s: load(s, "silver.there", format="avro"), "bridge jar"),
        (lambda s: load(s, "silver.there", mergeSchema="true"), "bridge jar"),
        (lambda s: save(s.range(1), "silver.t", format="delta"), "bridge jar"),
        (lambda s: save(s.range(1), "silver.t", format="text"), "bridge jar"),
        (lambda s: save(s.range(1), "silver.by_k"), "column `k`"),
        (lambda s: save(s.sql("select 1 as k"), "silver.by_k"), "at least one column besides"),
        (
            lambda s: save(s.sql("select array(1) as a"), "silver.c", format="csv"),
            "column `a` of type array<int> in csv",
        ),
        (lambda s: save(s.sql("select 1 as a, null as v"), "silver.c"), "column `v` of type void in parquet"),
    ],
)
def test_errors_end_in_one_line_that_says_what_to_do(
    dao_spark: SparkSession, root: Path, action, expected: str
) -> None:
    save(dao_spark.range(1), "silver.there")
    with pytest.raises(PySparkException) as caught:
        action(dao_spark)
    assert expected in last_line(caught.value), str(caught.value)
    assert "Traceback" in str(caught.value)
    assert str(caught.value).count('File "') <= 2
