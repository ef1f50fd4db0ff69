"""`dao.read` with `columns` and `filters`, of files and of the warehouse."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from spark_dao import DataAccessObject, PlanError, SparkDaoError
from tests.integration.interface_classes.gold_tables import configs


@pytest.fixture
def dao(spark: Any, local_stack: Any, tmp_path: Path) -> DataAccessObject:
    files = {
        "interface_class": "FileSparkInterface",
        "default_configs": {"root": tmp_path.as_uri()},
        "data_objects": {"users": {"partition_by": ["k"]}},
    }
    gold = {
        "interface_class": "RedshiftSparkInterface",
        "default_configs": configs(local_stack.environment()),
        "data_objects": {"users": {"table": f"narrowed_{uuid.uuid4().hex[:8]}"}},
    }
    return DataAccessObject({"files": files, "gold": gold}, spark=spark)


@pytest.mark.parametrize("name", ["files.users", "gold.users"])
def test_a_read_gives_the_columns_and_rows_that_it_names(dao: DataAccessObject, spark: Any, name: str) -> None:
    dao.write(spark.range(100).selectExpr("id", "id % 3 AS k", "concat('n', id) AS name"), name)
    wanted = [("=", "k", 1), (">", "id", 90), ("startswith", "name", "n"), ("in", "ID", [91, 97, 3])]
    read = dao.read(name, columns=["name", "ID"], filters=wanted)
    assert read.columns == ["name", "ID"]
    assert sorted(map(tuple, read.collect())) == [("n91", 91), ("n97", 97)]
    assert dao.read(name, columns=["k"], filters=[("isnull", "id")]).collect() == []
    assert dao.read(name, filters=[("<=>", "id", 5)]).count() == 1
    with pytest.raises(SparkDaoError, match="did you mean `name`"):
        dao.read(name, columns=["nam"])
    with pytest.raises(SparkDaoError, match="did you mean `columns`"):
        dao.read(name, colums=["id"])


def test_conditions_reach_the_files(dao: DataAccessObject, spark: Any) -> None:
    dao.write(spark.range(9).selectExpr("id", "id % 3 AS k"), "files.users")
    read = dao.read("files.users", columns=["id"], filters=[("=", "k", 1), (">", "id", 3)])
    plan = read._jdf.queryExecution().toString()
    assert re.search(r"PartitionFilters: \[isnotnull\(k#\d+\), \(k#\d+ = 1\)\]", plan)
    assert "GreaterThan(id,3)" in plan


def test_what_is_no_condition_or_no_mode_is_refused(dao: DataAccessObject, spark: Any) -> None:
    dao.write(spark.range(3).selectExpr("id", "id AS k"), "files.users")
    with pytest.raises(PlanError, match="unknown condition `like`"):
        dao.read("files.users", filters=[("like", "id", 1)])
    with pytest.raises(PlanError, match="a call says `mode`"):
        dao.write(spark.range(1), "files.users", write_mode="append")
