"""What `dao.read` and `dao.write` do with files beyond what every door does."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from chispa import assert_df_equality

from spark_dao import CatalogError, DataAccessObject, PlanError
from spark_dao.interface_classes.s3.spark import S3SparkInterface
from spark_dao.spark.hadoop_settings import apply_hadoop_settings
from spark_dao.spark.publish import STAGING_FOLDER


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def dao(spark, root):
    objects = {
        "parted": {"partition_by": ["k"], "write_mode": "overwrite"},
        "avro": {"format": "avro"},
        "text": {"format": "text"},
        "blobs": {"format": "binaryFile"},
        "delta": {"format": "delta"},
    }
    store = {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": root.as_uri()},
        "data_objects": objects,
    }
    return DataAccessObject({"files": store}, spark=spark)


def physical_plan(frame) -> str:
    return re.sub(r"#\d+L?|plan_id=\d+|\[id=\d+\]", "", frame._jdf.queryExecution().toString())


def test_a_read_has_the_plan_of_the_direct_read(dao, spark, root):
    dao.write(spark.range(100).selectExpr("id", "id % 3 AS k", "concat('n', id) AS name"), "files.parted")
    found = dao.read("files.parted").where("k = 1 AND id > 10").select("name")
    direct = spark.read.parquet(str(root / "parted")).where("k = 1 AND id > 10").select("name")
    assert physical_plan(found) == physical_plan(direct)
    assert "PartitionFilters: [isnotnull(k), (k = 1)]" in physical_plan(found)
    assert "PushedFilters: [IsNotNull(id), GreaterThan(id,10)]" in physical_plan(found)


def test_an_overwrite_replaces_all_partitions_or_only_those_it_touches(dao, spark):
    dao.write(spark.sql("SELECT 1 AS id, 'a' AS k UNION ALL SELECT 2, 'b'"), "files.parted")
    dao.write(
        spark.sql("SELECT 3 AS id, 'b' AS k"), "files.parted", spark_options={"partitionOverwriteMode": "dynamic"}
    )
    assert {(row.id, row.k) for row in dao.read("files.parted").collect()} == {(1, "a"), (3, "b")}
    dao.write(spark.sql("SELECT 4 AS id, 'c' AS k"), "files.parted")
    assert {(row.id, row.k) for row in dao.read("files.parted").collect()} == {(4, "c")}


def test_an_emptied_partitioned_table_can_still_be_read(dao, spark):
    dao.write(spark.sql("SELECT 1 AS id, 'a' AS k"), "files.parted")
    dao.write(spark.sql("SELECT 1 AS id, 'a' AS k WHERE false"), "files.parted")
    found = dao.read("files.parted")
    assert found.columns == ["id", "k"]
    assert found.count() == 0


def test_avro_text_delta_and_binary_files(dao, spark, root):
    people = spark.sql("SELECT 1 AS id, 'Ann' AS name")
    dao.write(people, "files.avro")
    assert_df_equality(dao.read("files.avro"), people, ignore_nullable=True)

    dao.write(spark.sql("SELECT 'a line' AS value"), "files.text")
    assert [row.value for row in dao.read("files.text").collect()] == ["a line"]

    (root / "blobs").mkdir()
    (root / "blobs" / "x.bin").write_bytes(b"\x00\x01")
    assert [bytes(row.content) for row in dao.read("files.blobs").collect()] == [b"\x00\x01"]
    with pytest.raises(PlanError, match="cannot write it"):
        dao.write(people, "files.blobs")

    dao.write(people, "files.delta")
    dao.write(people, "files.delta", mode="append")
    assert dao.read("files.delta").count() == 2
    assert dao.read("files.delta", versionAsOf=0).count() == 1
    for _ in range(2):
        dao.write(people, "files.delta", mode="append", batch_id="2025-01-07")
    assert dao.read("files.delta").count() == 3


def test_a_misspelt_format_is_refused_with_a_suggestion(dao, spark):
    with pytest.raises(PlanError, match="unknown format `parqet`; did you mean `parquet`"):
        dao.write(spark.range(1), "files.users", format="parqet")


def test_two_threads_that_append_lose_nothing(dao, spark, root):
    errors = []

    def append(start: int) -> None:
        try:
            dao.write(spark.range(start, start + 50), "files.shared", mode="append")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=append, args=(start,)) for start in (0, 50, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(row.id for row in dao.read("files.shared").collect()) == list(range(150))
    assert not [path for path in root.rglob("*") if STAGING_FOLDER in str(path)]


def test_two_daos_with_the_same_store_name_do_not_mix(spark, tmp_path):
    def at(folder: Path) -> DataAccessObject:
        return DataAccessObject(
            {"files": {"interface_class": "FileSparkInterface", "default_configs": {"root": str(folder)}}}, spark=spark
        )

    first, second = at(tmp_path / "one"), at(tmp_path / "two")
    first.write(spark.range(1), "files.numbers")
    second.write(spark.range(2), "files.numbers")
    assert (first.count("files.numbers"), second.count("files.numbers")) == (1, 2)


def test_an_object_that_is_not_there_is_told_with_a_near_miss(dao, spark):
    dao.write(spark.range(1), "files.users_clean")
    with pytest.raises(CatalogError) as caught:
        dao.read("files.users_clan")
    assert str(caught.value).startswith("files.users_clan: no files under")
    assert "did you mean `users_clean`?" in str(caught.value)


def test_two_credentials_for_one_bucket_are_refused(spark):
    def interface(key: str) -> S3SparkInterface:
        return S3SparkInterface(bucket="twice-used", aws_access_key_id=key, aws_secret_access_key=key)

    apply_hadoop_settings(spark, interface("first"))
    apply_hadoop_settings(spark, interface("first"))
    with pytest.raises(PlanError, match="bucket `twice-used` is already in use with another") as caught:
        apply_hadoop_settings(spark, interface("hunter2"))
    assert "hunter2" not in str(caught.value)
