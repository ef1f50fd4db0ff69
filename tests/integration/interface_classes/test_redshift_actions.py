"""Deleting, counting, listing and running SQL in the local warehouse, without Spark."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from spark_dao import CatalogError, CommitError, DataAccessObject, InterfaceError, PlanError, RouteError
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.plans import Filter, SchemaField
from tests.integration.interface_classes.gold_tables import (
    MORE_USERS,
    USERS,
    USERS_SCHEMA,
    Thing,
    configs,
    name_of,
    read,
    sql,
    write,
)

DAY = datetime.date(2025, 1, 7)
KINDS = {
    "id": ("long", pa.int64()),
    "name": ("string", pa.string()),
    "price": ("decimal(10,2)", pa.decimal128(10, 2)),
    "day": ("date", pa.date32()),
    "seen": ("timestamp", pa.timestamp("us", "UTC")),
    "share": ("double", pa.float64()),
    "good": ("boolean", pa.bool_()),
}
NOON = datetime.datetime(2025, 1, 7, 12, tzinfo=datetime.timezone.utc)
EVENTS = [
    (1, "100% it's", Decimal("1.50"), DAY, NOON, 0.5, True),
    (2, "a_b\\c", Decimal("2.50"), DAY + datetime.timedelta(1), NOON + datetime.timedelta(1), 1.5, False),
    (3, 'quo"te 𝄞', Decimal("-3.00"), datetime.date(1, 1, 1), NOON, float("inf"), None),
    (4, None, None, None, None, None, None),
]


@pytest.fixture
def dao(environment: Mapping[str, str], users: Thing) -> DataAccessObject:
    objects = {
        "users": {"table": users.name, "primary_keys": ["id"]},
        "named": {"query": f"SELECT id, name FROM {name_of(users)} WHERE name IS NOT NULL"},
        "tidied": {"statement": f"DELETE FROM {name_of(users)} WHERE id > %s"},
        "anns": {"statement": f"SELECT count(*) AS n FROM {name_of(users)} WHERE name LIKE 'ann%'"},
    }
    store = {"interface_class": "RedshiftSparkInterface", "default_configs": configs(environment)}
    return DataAccessObject({"gold": {**store, "data_objects": objects, "declared_only": True}})


@pytest.fixture
def events(gold: RedshiftSparkInterface, users: Thing) -> Thing:
    columns = {name: pa.array([row[n] for row in EVENTS], kind) for n, (name, (_, kind)) in enumerate(KINDS.items())}
    write(gold, users, pa.table(columns), schema=[SchemaField(name, kind) for name, (kind, _) in KINDS.items()])
    return users


@pytest.mark.parametrize(
    ("where", "deleted"),
    [
        ([("=", "id", 2)], {2}),
        ([Filter("<", "ID", 3), Filter(">=", "price", Decimal("1.50"))], {1, 2}),
        ([("in", "id", [1, 3, 99])], {1, 3}),
        ([("isnull", "name")], {4}),
        ([("isnotnull", "name"), ("<=", "day", DAY)], {1, 3}),
        ([("<=>", "name", None)], {4}),
        ([("=", "name", "100% it's")], {1}),
        ([("startswith", "name", "100%")], {1}),
        ([("contains", "name", "_")], {2}),
        ([("endswith", "name", "b\\c")], {2}),
        ([("=", "name", 'quo"te 𝄞')], {3}),
        ([(">", "seen", NOON)], {2}),
        ([("=", "good", False)], {2}),
        ([(">", "share", 1.0)], {2, 3}),
        ([("=", "name", "' OR 1 = 1 --")], set()),
    ],
    ids=str,
)
def test_rows_are_deleted_by_exact_filters(
    gold: RedshiftSparkInterface, events: Thing, where: list[Any], deleted: set[int]
) -> None:
    assert gold.delete_rows(events, where=where) == len(deleted)
    assert {row["id"] for row in read(gold, events)} == {1, 2, 3, 4} - deleted


def test_rows_are_deleted_by_the_values_of_their_declared_keys(dao: DataAccessObject, events: Thing) -> None:
    assert dao.delete("gold.users", keys=[1, {"ID": 3}, 99]) == 2
    assert dao.delete("gold.users", keys=[(2, "a_b\\c"), (4, "x")], primary_keys=["id", "name"]) == 1
    assert dao.count("gold.users") == 1
    assert dao.delete("gold.users", keys=[]) == 0
    assert dao.delete("gold.users", keys=range(25_000)) == 1


def test_a_named_deletion_is_done_once(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    assert gold.delete_rows(users, where=[("=", "id", 1)], batch_id="2025-01-07") == 1
    write(gold, users, USERS)
    assert gold.delete_rows(users, where=[("=", "id", 1)], batch_id="2025-01-07") == 1
    assert gold.count(users) == 3


def test_a_deletion_that_cannot_be_said_exactly_is_refused(dao: DataAccessObject, events: Thing) -> None:
    refused = {
        "needs `where` with at least one filter": {"where": []},
        "at least one filter, or `keys`": {},
        "two ways to say it": {"where": [("=", "id", 1)], "keys": [1]},
        "no column `idd`; did you mean `id`": {"where": [("=", "idd", 1)]},
        "unknown filter `=>`": {"where": [("=>", "id", 1)]},
        "values other than NULL": {"where": [("=", "id", None)]},
        "expected filters": {"where": ["id = 1"]},
        "none of them NULL": {"keys": [None]},
        "values for `id`": {"keys": [(1, 2)]},
    }
    for message, arguments in refused.items():
        with pytest.raises(PlanError, match=message):
            dao.delete("gold.users", **arguments)
    with pytest.raises(PlanError, match="declared query"):
        dao.delete("gold.named", where=[("=", "id", 1)])
    assert dao.count("gold.users") == 4


def test_sql_is_run_with_bound_values_and_committed(dao: DataAccessObject, gold: RedshiftSparkInterface) -> None:
    table = f"run_{uuid.uuid4().hex[:8]}"
    assert dao.run("sql", store="gold", statement=f"CREATE TABLE {table} (id bigint, name varchar(40))") is None
    inserted = dao.run(
        "sql",
        store="gold",
        statement=f"INSERT INTO {table} VALUES (%s, %s), (%s, %s)",
        parameters=[1, "it's %", 2, None],
    )
    assert inserted == 2
    rows = dao.run("sql", store="gold", statement=f"SELECT id, name AS who FROM {table} WHERE name LIKE '%' OR id > 1")
    assert sorted(rows, key=str) == [{"id": 1, "who": "it's %"}, {"id": 2, "who": None}]
    assert dao.run("sql", store="gold", statement=f"SELECT id FROM {table} WHERE id > 9") == []
    assert dao.run("sql", store="gold", statement=f"VACUUM {table}", autocommit=True) is None
    assert table in dao.list(store="gold")


def test_a_declared_statement_is_run_by_its_name(
    dao: DataAccessObject, gold: RedshiftSparkInterface, users: Thing
) -> None:
    write(gold, users, USERS)
    assert dao.run("sql", "gold.anns") == [{"n": 1}]


def test_a_declared_deletion_tells_how_many_rows_it_deleted_and_is_committed(
    dao: DataAccessObject, gold: RedshiftSparkInterface, users: Thing
) -> None:
    write(gold, users, USERS, MORE_USERS)
    assert dao.run("sql", "gold.tidied", parameters=[1]) == 2
    assert read(gold, users) == [{"id": 1, "name": "ann"}]
    assert dao.run("sql", "gold.tidied", parameters=[1]) == 0


def test_rows_are_deleted_by_a_condition_of_the_dao(dao: DataAccessObject, events: Thing) -> None:
    assert dao.delete("gold.users", where=[(">", "id", 1), ("isnotnull", "name")]) == 2
    assert dao.delete(data_object="gold.users", where=[("=", "id", 99)]) == 0
    assert dao.count("gold.users") == 2


def test_what_cannot_be_run_says_why(dao: DataAccessObject) -> None:
    with pytest.raises(RouteError, match="nothing named `sqll` to run; did you mean `sql`"):
        dao.run("sqll", store="gold", statement="SELECT 1")
    with pytest.raises(RouteError, match="needs `statement`"):
        dao.run("sql", store="gold")
    with pytest.raises(CatalogError, match="either an object or `store`"):
        dao.run("sql", statement="SELECT 1")
    with pytest.raises(InterfaceError, match=r"store `gold`: .*nowhere"):
        dao.run("sql", store="gold", statement="SELECT 1 FROM nowhere")
    with pytest.raises(InterfaceError, match="names of their own"):
        dao.run("sql", store="gold", statement="SELECT 1 AS a, 2 AS a")


def test_a_declared_query_is_read_and_counted_and_never_written(
    dao: DataAccessObject, gold: RedshiftSparkInterface, events: Thing
) -> None:
    assert dao.count("gold.named") == 3
    planned = dao.planner.plan_read("gold.named")
    assert planned.plan.schema == "`id` BIGINT, `name` STRING"
    with pytest.raises(PlanError, match="declared query"):
        dao.planner.plan_write("gold.named", schema=USERS_SCHEMA, mode="append")
    explained = dao.explain("read", "gold.named")
    assert 'UNLOAD (\'SELECT "id", "name" FROM (' in explained


def test_own_statements_run_in_the_transaction_of_the_write(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    table = name_of(users)
    before, after = f"DELETE FROM {table} WHERE name = 'bob'", f"UPDATE {table} SET name = 'a;b' WHERE id = 1"
    write(gold, users, MORE_USERS, pre_statements=[before], post_statements=[after])
    assert read(gold, users) == [{"id": 1, "name": "a;b"}, {"id": 3, "name": "cy"}]
    with pytest.raises(CommitError, match="nowhere"):
        write(
            gold, users, MORE_USERS, pre_statements=[f"DELETE FROM {table}"], post_statements=["SELECT 1 FROM nowhere"]
        )
    assert gold.count(users) == 2


def test_own_statements_that_would_end_the_transaction_are_refused(gold: RedshiftSparkInterface, users: Thing) -> None:
    def plan(statements: Any) -> None:
        gold.plan_write(users, schema=USERS_SCHEMA, mode="append", post_statements=statements)

    for ending in ("COMMIT", "-- quietly\n/* so */ truncate t", "rollback"):
        with pytest.raises(PlanError, match="would end the transaction"):
            plan([ending])
    with pytest.raises(PlanError, match="a list with one SQL statement in each place"):
        plan("SELECT 1; SELECT 2")
    with pytest.raises(PlanError, match="an empty one"):
        plan(["  "])
    plan('["SELECT 1"]')


def test_explain_shows_the_sql_and_changes_nothing(
    dao: DataAccessObject, gold: RedshiftSparkInterface, users: Thing, environment: Mapping[str, str]
) -> None:
    wanted = {"schema": list(USERS_SCHEMA), "mode": "overwrite", "pre_statements": ["SELECT 1"]}
    first = dao.explain("write", "gold.users", **wanted)
    assert f"CREATE TABLE {name_of(users)}" in first
    write(gold, users, USERS)
    again = [line.removeprefix("sql     ") for line in dao.explain("write", "gold.users", **wanted).splitlines()]
    lock, own, delete, copy, record, commit = again[-6:]
    assert lock.startswith('LOCK TABLE "spark_dao_control"')
    assert (own, delete, commit) == ("SELECT 1", f"DELETE FROM {name_of(users)}", "COMMIT")
    assert copy.startswith(f'COPY {name_of(users)} ("id", "name") FROM')
    assert record.startswith("INSERT INTO")
    upsert = dao.explain("write", "gold.users", schema=list(USERS_SCHEMA), mode="append", operation="upsert")
    assert f"MERGE INTO {name_of(users)} USING" in upsert
    assert f"LOCK TABLE {name_of(users)}" in upsert
    assert f'DELETE FROM {name_of(users)} WHERE "id" < %s' in dao.explain(
        "delete", "gold.users", where=[("<", "id", 9)]
    )
    assert "SELECT count(*) FROM" in dao.explain("count", "gold.users")
    assert "no sql  gold.users" in dao.explain("read", "gold.users", table="nowhere.users")
    assert gold.count(users) == 2
    for secret in (environment["SPARK_DAO_LOCAL_WAREHOUSE_PASSWORD"], environment["SPARK_DAO_LOCAL_S3_SECRET_KEY"]):
        assert secret not in "\n".join([first, upsert, *again])


def test_tables_are_listed_for_a_store(dao: DataAccessObject, gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    assert users.name in dao.list(store="gold")
    assert users.name in dao.list("gold.users")
    assert dao.list(store="gold", database_schema="nowhere") == []
    assert sql(gold, "SELECT 1") == [(1,)]
