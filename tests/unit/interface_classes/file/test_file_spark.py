"""Plans of FileSparkInterface, which S3SparkInterface shares."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from spark_dao.data_object import DataObject
from spark_dao.data_store import DataStore
from spark_dao.errors import CatalogError, PlanError
from spark_dao.interface_classes.file.settings import FileSettings
from spark_dao.interface_classes.file.spark import FileSparkInterface
from spark_dao.plans import ReadPlan, SchemaField, WritePlan

COLUMNS = (SchemaField("id", "long"), SchemaField("Year", "integer"), SchemaField("name", "string"))


@pytest.fixture
def interface(tmp_path):
    return FileSparkInterface(root=str(tmp_path))


@pytest.fixture
def users(tmp_path):
    store = DataStore.declare("silver", {"interface_class": "FileSparkInterface", "default_configs": {"root": "/data"}})
    (tmp_path / "users").mkdir()
    (tmp_path / "users" / "part-0.csv").write_text("id\n1\n")
    return DataObject("users", store)


def test_an_object_lies_at_its_name_and_is_parquet_by_default(interface, users, tmp_path):
    plan = interface.plan_read(users)
    assert plan == ReadPlan(format="parquet", paths=(f"file://{tmp_path}/users",))
    assert ReadPlan.from_json(plan.to_json()) == plan
    assert interface.plan_write(users, schema=COLUMNS, mode="append") == WritePlan(
        format="parquet", path=f"file://{tmp_path}/users", mode="append"
    )


def test_schema_partitions_and_options_are_passed_on(interface, users):
    plan = interface.plan_read(
        users, format="csv", schema="id BIGINT", partition_by=["year"], spark_options={"sep": ";"}, quote="'"
    )
    assert plan.schema == "id BIGINT"
    assert plan.partition_by == ("year",)
    assert plan.options == {"header": "true", "sep": ";", "quote": "'"}


@pytest.mark.parametrize(
    ("mode", "planned"), [("error", "errorifexists"), ("Overwrite", "overwrite"), ("ignore", "ignore")]
)
def test_write_modes_are_taken_as_spark_spells_them(interface, users, mode, planned):
    assert interface.plan_write(users, schema=COLUMNS, mode=mode).mode == planned


def test_an_unknown_mode_is_refused_with_the_right_one(interface, users):
    with pytest.raises(PlanError, match="did you mean `overwrite`"):
        interface.plan_write(users, schema=COLUMNS, mode="overwrit")


def test_a_partition_column_that_the_data_lacks_is_refused_with_the_right_one(interface, users):
    assert interface.plan_write(users, schema=COLUMNS, mode="append", partition_by=["year"]).partition_by == ("year",)
    with pytest.raises(PlanError, match="no column `yaer` to partition by; did you mean `Year`"):
        interface.plan_write(users, schema=COLUMNS, mode="append", partition_by=["yaer"])


def test_binary_files_cannot_be_written(interface, users):
    with pytest.raises(PlanError, match="cannot write"):
        interface.plan_write(users, schema=COLUMNS, mode="append", format="binaryFile")


def test_an_object_without_files_is_one_clear_error_with_the_nearest_name(interface, users):
    misspelt = DataObject("usres", users.data_store)
    with pytest.raises(CatalogError, match=r"no files under `file://.*/usres`.*did you mean `users`"):
        interface.plan_read(misspelt)


def test_an_emptied_object_is_read_where_its_schema_is_declared(interface, users, tmp_path):
    (tmp_path / "users" / "part-0.csv").rename(tmp_path / "users" / "_SUCCESS")
    assert interface.plan_read(users, schema="id BIGINT").schema == "id BIGINT"
    with pytest.raises(CatalogError, match="no files"):
        interface.plan_read(users)


def test_a_part_of_a_partitioned_object_keeps_the_partition_columns(interface, users, tmp_path):
    part = tmp_path / "users" / "year=2025"
    part.mkdir()
    (part / "part-0.parquet").write_bytes(b"")
    assert interface.plan_read(users, path="year=2025/", partition_by=["year"]).options == {
        "basePath": f"file://{tmp_path}/users"
    }
    assert interface.plan_read(users, path="year=2025/").options == {}
    assert interface.plan_read(users, partition_by=["year"]).options == {}


def test_a_glob_below_an_existing_folder_is_read(interface, users, tmp_path):
    assert interface.plan_read(users, path="part-*.csv").paths == (f"file://{tmp_path}/users/part-*.csv",)
    with pytest.raises(PlanError, match="cannot write"):
        interface.plan_write(users, schema=COLUMNS, mode="append", path="part-*")


def test_a_path_outside_the_store_is_refused(interface, users, tmp_path):
    for path in ("/etc", "../x", f"file://{tmp_path}", "s3a://bucket/x"):
        with pytest.raises(PlanError) as refused:
            interface.plan_read(users, path=path)
        assert refused.value.key == "path"


def test_a_relative_root_is_taken_from_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert FileSettings(root="data/silver").root == f"file://{tmp_path}/data/silver"
    assert FileSettings(root=tmp_path).root == f"file://{tmp_path}"


@pytest.mark.parametrize(
    ("root", "spelt"),
    [
        ("hdfs://namenode:8020/silver/", "hdfs://namenode:8020/silver"),
        ("gs://bucket", "gs://bucket"),
        ("abfss://box@account.dfs.core.windows.net/a b", "abfss://box@account.dfs.core.windows.net/a b"),
        ("file:/data/50% #1", "file:///data/50% #1"),
    ],
)
def test_roots_keep_their_letters(root, spelt):
    assert FileSettings(root=root).root == spelt


@pytest.mark.parametrize(
    "root", ["", "  ", "/", "file:///", "file://host/data", "/data/../etc", "s3a://bucket/x", "hdfs://u:hunter2@h/x", 3]
)
def test_a_malformed_root_is_refused(root):
    with pytest.raises(ValidationError) as refused:
        FileSettings(root=root)
    assert "hunter2" not in str(refused.value)


def test_delta_is_not_told_the_columns_that_the_catalog_declares(tmp_path):
    (tmp_path / "users" / "_delta_log").mkdir(parents=True)
    (tmp_path / "users" / "_delta_log" / "0.json").touch()
    declaration = {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": str(tmp_path)},
        "data_objects": {"users": {"format": "delta", "schema": "k INT, id BIGINT"}},
    }
    users = DataObject("users", DataStore.declare("silver", declaration))
    interface = FileSparkInterface(root=str(tmp_path))
    assert interface.plan_read(users, format="delta", schema="k INT, id BIGINT").schema is None
    assert interface.plan_read(users, format="delta", schema="id BIGINT").schema == "id BIGINT"
    assert interface.plan_read(users, format="parquet", schema="k INT, id BIGINT").schema == "k INT, id BIGINT"


class Listed:
    """Forwards to a storage, and notes what is looked for."""

    def __init__(self, storage) -> None:
        self.storage = storage
        self.paths: list[str] = []

    def holds_files(self, path, *, hidden=False):
        self.paths.append(path)
        return self.storage.holds_files(path, hidden=hidden)


@pytest.mark.parametrize("declared", [True, False])
def test_only_an_object_that_nobody_declared_is_looked_at_for_deltas_log_and_only_once(tmp_path, declared):
    objects = {"users": {"format": "csv"}} if declared else {}
    store = DataStore.declare(
        "silver",
        {
            "interface_class": "FileSparkInterface",
            "default_configs": {"root": str(tmp_path)},
            "data_objects": objects,
            "properties": {"format": "csv"},
        },
    )
    (tmp_path / "users" / "_delta_log").mkdir(parents=True)
    (tmp_path / "users" / "_delta_log" / "0.json").write_text("{}")
    (tmp_path / "users" / "part-0").write_text("")
    users, interface = DataObject("users", store), store.interfaces[0]
    listed = interface._planner.storage = Listed(interface._planner.storage)
    folder, expected = f"file://{tmp_path}/users", "csv" if declared else "delta"

    assert interface.plan_read(users, format="csv").format == expected
    assert listed.paths == [folder] if declared else [f"{folder}/_delta_log", folder]
    listed.paths.clear()
    assert interface.plan_write(users, format="csv", schema=COLUMNS, mode="append").format == expected
    assert f"{folder}/_delta_log" in listed.paths or declared
    assert interface.plan_read(users, format="orc").format == "orc", "another format than the store's was asked for"
    assert interface.plan_read(DataObject("users", store, format="csv"), format="csv").format == "csv"
