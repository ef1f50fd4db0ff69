"""`dao.upsert` and `dao.delete` of DataFrames, into the warehouse and into Delta, and what plain files answer."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

import spark_dao
from spark_dao import CommitError, DataAccessObject, PlanError, RouteError
from tests.integration.interface_classes.gold_tables import configs


class Shelf:
    """An interface class with an upsert of its own, which takes whatever it is given."""

    def __init__(self, **default_configs: Any) -> None: ...

    def upsert(self, data_object: Any, *, data: Any) -> str:
        return f"{data_object.name}: {type(data).__name__}"


@pytest.fixture
def dao(spark: Any, local_stack: Any, tmp_path: Path) -> DataAccessObject:
    keyed = {"primary_keys": ["id"], "write_mode": "overwrite"}
    files = {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": tmp_path.as_uri()},
        "data_objects": {"lake": {"format": "delta", **keyed}, "parted": {"partition_by": ["k"]}, "plain": keyed},
    }
    gold = {
        "interface_class": "RedshiftSparkInterface",
        "default_configs": configs(local_stack.environment()),
        "data_objects": {"users": {**keyed, "table": f"upsert_{uuid.uuid4().hex[:8]}"}},
    }
    shelf = {"interface_class": "Shelf", "interface_class_location": __name__}
    return DataAccessObject({"files": files, "gold": gold, "shelf": shelf}, spark=spark)


def users(spark: Any, **names: str | None) -> Any:
    return spark.createDataFrame([(int(key[1:]), name) for key, name in names.items()], "id long, name string")


def found(dao: DataAccessObject, name: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in dao.read(name).select("id", "name").collect())


@pytest.mark.parametrize("name", ["gold.users", "files.lake"])
def test_rows_are_put_in_by_their_declared_keys(dao: DataAccessObject, spark: Any, name: str) -> None:
    dao.upsert(data=users(spark, _1="ann", _2="bob"), data_object=name)
    dao.upsert(data=users(spark, _2="Bob", _3=None), data_object=name)
    assert found(dao, name) == [(1, "ann"), (2, "Bob"), (3, None)]
    dao.upsert(data=users(spark, _4="ann"), data_object=name, primary_keys=["name"])
    assert found(dao, name) == [(2, "Bob"), (3, None), (4, "ann")]
    with pytest.raises((CommitError, PlanError), match="id=7"):
        dao.upsert(data=users(spark, _7="x").union(users(spark, _7="y")), data_object=name)
    with pytest.raises((CommitError, PlanError), match="NULL"):
        dao.upsert(data=users(spark, _7="x").selectExpr("CAST(NULL AS long) AS id", "name"), data_object=name)
    assert len(found(dao, name)) == 3


def test_a_warehouse_tells_how_many_rows_were_put_in_and_deleted(dao: DataAccessObject, spark: Any) -> None:
    assert dao.upsert(data=users(spark, _1="ann", _2="bob", _3="cy"), data_object="gold.users") == 3
    assert dao.delete("gold.users", keys=users(spark, _1="", _3="", _9="").select("id")) == 2
    assert found(dao, "gold.users") == [(2, "bob")]


def test_format_dao_upserts_into_a_warehouse_by_an_option(dao: DataAccessObject, spark: Any) -> None:
    dao.upsert(data=users(spark, _1="ann"), data_object="gold.users")
    spark_dao.attach(spark, catalog=dao._sources)
    writer = users(spark, _1="Ann", _2="bob").write.format("dao").option("operation", "upsert")
    writer.mode("append").save("gold.users")
    assert found(dao, "gold.users") == [(1, "Ann"), (2, "bob")]
    with pytest.raises(Exception, match="goes with the mode `append`, found `overwrite`"):
        writer.mode("overwrite").save("gold.users")


def test_plain_files_say_what_to_declare(dao: DataAccessObject, spark: Any) -> None:
    with pytest.raises(PlanError, match=r"format `parquet` cannot be upserted.*declare `format: delta`"):
        dao.upsert(data=users(spark, _1="ann"), data_object="files.plain")
    with pytest.raises(PlanError, match="declare `primary_keys`"):
        dao.upsert(data=users(spark, _1="ann"), data_object="files.other", format="delta")


def test_an_interface_class_may_have_an_upsert_of_its_own(dao: DataAccessObject, spark: Any) -> None:
    assert dao.upsert(data=users(spark, _1="ann"), data_object="shelf.users") == "users: DataFrame"
    assert dao.upsert(data=[1], data_object="shelf.users") == "users: list"
    with pytest.raises(RouteError, match="upsert"):
        dao.upsert(data=[1], data_object="gold.users")
