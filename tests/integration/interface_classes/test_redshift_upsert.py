"""Upserts into the local warehouse: staged by pyarrow, matched by keys, committed once."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from spark_dao.errors import CatalogError, CommitError, PlanError
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.plans import SchemaField
from tests.integration.interface_classes.gold_tables import (
    USERS,
    USERS_SCHEMA,
    Thing,
    name_of,
    read,
    sql,
    stage,
    write,
)

KEYS = ["id"]


def users_table(**names_by_id: str | None) -> pa.Table:
    ids = [int(name[1:]) for name in names_by_id]
    return pa.table({"id": pa.array(ids, pa.int64()), "name": pa.array(list(names_by_id.values()), pa.string())})


def upsert(gold: RedshiftSparkInterface, thing: Thing, *data: pa.Table, **arguments: Any) -> int:
    given = {"primary_keys": KEYS, "schema": USERS_SCHEMA, **arguments}
    plan = gold.plan_write(thing, mode="append", operation="upsert", **given)
    assert plan.token is not None
    return gold.commit_write(plan.token, stage(gold, plan, data))


def test_rows_whose_key_is_there_are_replaced_and_the_others_added(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    assert upsert(gold, users, users_table(_2="Bob"), users_table(_3="cy")) == 2
    assert read(gold, users) == [{"id": 1, "name": "ann"}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "cy"}]


def test_a_missing_table_is_made(gold: RedshiftSparkInterface, users: Thing) -> None:
    upsert(gold, users, USERS, distkey="id")
    assert read(gold, users) == USERS.to_pylist()


def test_a_null_replaces_a_value(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    upsert(gold, users, users_table(_1=None))
    assert read(gold, users)[0] == {"id": 1, "name": None}


def test_columns_that_the_data_lacks_keep_their_values_or_get_their_default(
    gold: RedshiftSparkInterface, users: Thing
) -> None:
    sql(gold, f"CREATE TABLE {name_of(users)} (id bigint, name varchar(20), level integer DEFAULT 7, seen date)")
    sql(gold, f"INSERT INTO {name_of(users)} VALUES (1, 'ann', 1, '2025-01-07')")
    upsert(gold, users, users_table(_1="Ann", _2="bob"))
    assert read(gold, users) == [
        {"id": 1, "name": "Ann", "level": 1, "seen": datetime.date(2025, 1, 7)},
        {"id": 2, "name": "bob", "level": 7, "seen": None},
    ]


def test_a_table_of_keys_alone_gains_the_new_ones(gold: RedshiftSparkInterface, users: Thing) -> None:
    schema = [SchemaField("id", "long")]
    write(gold, users, USERS.select(["id"]), schema=schema)
    upsert(gold, users, pa.table({"id": pa.array([2, 3], pa.int64())}), schema=schema)
    assert [row["id"] for row in read(gold, users)] == [1, 2, 3]


def test_keys_of_several_columns_and_types_in_any_case(gold: RedshiftSparkInterface, users: Thing) -> None:
    kinds = {"day": ("date", pa.date32()), "Price": ("decimal(10,2)", pa.decimal128(10, 2)), "n": ("long", pa.int64())}
    schema = [SchemaField("select", "string"), *(SchemaField(name, kind) for name, (kind, _) in kinds.items())]

    def days(*rows: tuple[str, Decimal, int]) -> pa.Table:
        day = datetime.date(2025, 1, 7)
        columns = [pa.array([row[0] for row in rows]), pa.array([day] * len(rows))]
        columns += [pa.array([row[1] for row in rows], pa.decimal128(10, 2)), pa.array([row[2] for row in rows])]
        return pa.table(columns, names=["select", *kinds])

    keys = ["SELECT", "day", "price"]
    upsert(gold, users, days(("a", Decimal("1.50"), 1), ("a", Decimal("2.50"), 2)), schema=schema, primary_keys=keys)
    upsert(gold, users, days(("a", Decimal("2.50"), 20), ("b", Decimal("2.50"), 3)), schema=schema, primary_keys=keys)
    found = sorted((row["select"], row["price"], row["n"]) for row in read(gold, users))
    assert found == [("a", Decimal("1.50"), 1), ("a", Decimal("2.50"), 20), ("b", Decimal("2.50"), 3)]


def test_an_upsert_of_no_rows_changes_nothing(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    assert upsert(gold, users) == 0
    assert read(gold, users) == USERS.to_pylist()


def test_repeated_keys_are_refused_with_their_number_and_a_sample(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    with pytest.raises(CommitError) as caught:
        upsert(gold, users, users_table(_7="x", _8="y", _9="z"), users_table(_8="y", _7="x2"), users_table(_7="x3"))
    assert "2 keys (`id`) come more than once" in str(caught.value)
    assert "5 rows in all" in str(caught.value)
    assert "id=7 (3 rows); id=8 (2 rows)" in str(caught.value)
    assert read(gold, users) == USERS.to_pylist()


def test_null_keys_are_refused_with_their_number_and_a_sample(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    keyless = pa.table({"id": pa.array([None, 5, None], pa.int64()), "name": ["x", None, "y"]})
    with pytest.raises(CommitError, match=r"2 of the rows .* have NULL in their key \(`id`\), such as id=NULL"):
        upsert(gold, users, keyless)
    with pytest.raises(CommitError, match=r"id=NULL, name='y'"):
        upsert(gold, users, keyless, primary_keys=["id", "name"])
    assert read(gold, users) == USERS.to_pylist()


def test_a_refused_first_upsert_leaves_no_table(gold: RedshiftSparkInterface, users: Thing) -> None:
    with pytest.raises(CommitError, match="more than once"):
        upsert(gold, users, USERS, USERS)
    assert users.name not in gold.list_tables()


def test_a_batch_is_upserted_once(gold: RedshiftSparkInterface, users: Thing) -> None:
    upsert(gold, users, USERS, batch_id="2025-01-07")
    upsert(gold, users, users_table(_1="later"))
    assert upsert(gold, users, USERS, batch_id="2025-01-07") == 2
    assert read(gold, users)[0] == {"id": 1, "name": "later"}


def test_what_an_upsert_cannot_do_is_refused_before_staging(gold: RedshiftSparkInterface, users: Thing) -> None:
    def plan(**arguments: Any) -> None:
        given = {"mode": "append", "operation": "upsert", "primary_keys": KEYS, "schema": USERS_SCHEMA, **arguments}
        gold.plan_write(users, **given)

    with pytest.raises(PlanError, match="declare `primary_keys`"):
        plan(primary_keys=None)
    with pytest.raises(PlanError, match="no column `ids`; did you mean `id`"):
        plan(primary_keys=["ids"])
    with pytest.raises(PlanError, match="goes with the mode `append`, found `overwrite`"):
        plan(mode="overwrite")
    with pytest.raises(PlanError, match="unknown operation `upsrt`; did you mean `upsert`"):
        plan(operation="upsrt")
    with pytest.raises(PlanError, match=r"`id` \(double precision\) cannot be a key"):
        plan(schema=[SchemaField("id", "double")])
    with pytest.raises(PlanError, match="declared query"):
        plan(query="SELECT 1 AS id")


def test_rows_are_deleted_by_staged_keys(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS, users_table(_3="cy"))
    schema = [SchemaField("id", "long")]
    plan = gold.plan_write(users, schema=schema, mode="append", operation="delete", primary_keys=KEYS)
    assert plan.token is not None
    keys = pa.table({"id": pa.array([1, 3, 3, 99], pa.int64())})
    assert gold.commit_write(plan.token, stage(gold, plan, [keys])) == 2
    assert [row["id"] for row in read(gold, users)] == [2]
    with pytest.raises(PlanError, match="by their keys alone, but the data has `name` too"):
        gold.plan_write(users, schema=USERS_SCHEMA, mode="append", operation="delete", primary_keys=KEYS)


def test_deleting_from_a_table_that_is_not_there_names_it(gold: RedshiftSparkInterface, users: Thing) -> None:
    with pytest.raises(CatalogError, match="no table or view"):
        gold.plan_write(users, schema=[SchemaField("id", "long")], mode="append", operation="delete", primary_keys=KEYS)
