"""RedshiftSparkInterface against the local warehouse: staged by pyarrow, committed, read back."""

from __future__ import annotations

import contextlib
import datetime
import re
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from spark_dao.errors import CatalogError, CommitError, InterfaceError, PlanError
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.local import Fault
from spark_dao.plans import Filter, SchemaField, StagedFile
from tests.integration.interface_classes.gold_tables import (
    MORE_USERS,
    USERS,
    USERS_SCHEMA,
    Thing,
    configs,
    name_of,
    read,
    sql,
    stage,
    write,
)


def test_a_first_write_creates_the_table_and_is_read_back(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS, mode="errorifexists")
    assert read(gold, users) == USERS.to_pylist()
    assert gold.count(users) == 2
    assert users.name in gold.list_tables()
    assert gold.plan_read(users).schema == "`id` BIGINT, `name` STRING"


def test_every_type_is_read_back_equal(gold: RedshiftSparkInterface, users: Thing) -> None:
    instant = datetime.datetime(2025, 1, 7, 12, 30, 0, 123456, tzinfo=datetime.timezone.utc)
    wall_clock = datetime.datetime(2025, 1, 7, 12, 30, 0, 123456)
    kinds: list[tuple[str, Any, Any]] = [
        ("boolean", pa.bool_(), True),
        ("byte", pa.int8(), -7),
        ("short", pa.int16(), -700),
        ("integer", pa.int32(), 2**31 - 1),
        ("long", pa.int64(), -(2**63)),
        ("float", pa.float32(), 0.5),
        ("double", pa.float64(), 0.1),
        ("decimal(18,2)", pa.decimal128(18, 2), Decimal("-1234567890123456.78")),
        ("decimal(38,10)", pa.decimal128(38, 10), Decimal("0.0000000001")),
        ("string", pa.string(), 'it\'s a \\ "test"\n, 𝄞 é'),
        ("date", pa.date32(), datetime.date(1999, 12, 31)),
        ("timestamp", pa.timestamp("us", "UTC"), instant),
        ("timestamp_ntz", pa.timestamp("us"), wall_clock),
    ]
    names = [f"c{number}" for number in range(len(kinds))]
    data = pa.table({name: pa.array([value, None], kind) for name, (_, kind, value) in zip(names, kinds, strict=True)})
    schema = [SchemaField(name, spark_type) for name, (spark_type, _, _) in zip(names, kinds, strict=True)]
    write(gold, users, data, schema=schema)
    found = next(row for row in read(gold, users) if row["c0"] is not None)
    for name, (spark_type, _, value) in zip(names, kinds, strict=True):
        expected = value
        if spark_type == "timestamp" and found[name].tzinfo is None:
            expected = value.replace(tzinfo=None)
        assert found[name] == expected, spark_type
    assert gold.plan_read(users).schema == (
        "`c0` BOOLEAN, `c1` SMALLINT, `c2` SMALLINT, `c3` INT, `c4` BIGINT, `c5` FLOAT, `c6` DOUBLE, "
        "`c7` DECIMAL(18,2), `c8` DECIMAL(38,10), `c9` STRING, `c10` DATE, `c11` TIMESTAMP, `c12` TIMESTAMP_NTZ"
    )


def test_timestamps_as_spark_writes_them_by_default_are_loaded(gold: RedshiftSparkInterface, users: Thing) -> None:
    instant = datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc)
    data = pa.table({"at": pa.array([instant], pa.timestamp("us", "UTC"))})
    options = {"use_deprecated_int96_timestamps": True}
    write(gold, users, data, schema=[SchemaField("at", "timestamp")], options=options)
    assert sql(gold, f'SELECT "at" FROM {name_of(users)}') == [(instant,)]


def test_append_adds_and_overwrite_replaces(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    write(gold, users, MORE_USERS)
    assert [row["id"] for row in read(gold, users)] == [1, 2, 3]
    write(gold, users, MORE_USERS, mode="overwrite")
    assert [row["id"] for row in read(gold, users)] == [3]


def test_overwrite_keeps_the_table_its_keys_grants_comments_and_views(
    gold: RedshiftSparkInterface, users: Thing
) -> None:
    table = name_of(users)
    write(gold, users, USERS, distkey="id", sortkey=["name", "id"], encode={"name": "zstd"})
    info = f"SELECT diststyle, sortkey1, sortkey_num, encoded FROM svv_table_info WHERE \"table\" = '{users.name}'"
    before = sql(gold, info)
    assert before[0][:3] == ("KEY(id)", "name", 2)
    sql(gold, f"COMMENT ON TABLE {table} IS 'one row per user'")
    sql(gold, f"GRANT SELECT ON {table} TO PUBLIC")
    sql(gold, f'CREATE VIEW "public"."{users.name}_view" AS SELECT "id" FROM {table}')
    write(gold, users, MORE_USERS, mode="overwrite")
    kept = sql(
        gold,
        "SELECT obj_description(c.oid), has_table_privilege('public', c.oid, 'select') FROM pg_class c "
        f"WHERE c.relname = '{users.name}'",
    )
    assert kept == [("one row per user", True)]
    assert sql(gold, info) == before
    assert read(gold, Thing(f"{users.name}_view")) == [{"id": 3}]


def test_several_files_are_loaded_as_one(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS, MORE_USERS, USERS.slice(0, 0))
    assert [row["id"] for row in read(gold, users)] == [1, 2, 3]


def test_only_committed_files_are_loaded(gold: RedshiftSparkInterface, users: Thing) -> None:
    plan = gold.plan_write(users, schema=USERS_SCHEMA, mode="append")
    files = stage(gold, plan, [USERS, MORE_USERS])
    storage = gold.storage(plan.path)
    storage.write_bytes(f"{plan.path}/_SUCCESS", b"")
    success = StagedFile(f"{plan.path}/_SUCCESS", 0)
    assert plan.token is not None
    gold.commit_write(plan.token, [files[1], success])
    assert [row["id"] for row in read(gold, users)] == [3]


def test_an_existing_table_stops_errorifexists_and_ignore_before_staging(
    gold: RedshiftSparkInterface, users: Thing
) -> None:
    write(gold, users, USERS)
    with pytest.raises(PlanError, match="exists already"):
        gold.plan_write(users, schema=USERS_SCHEMA, mode="errorifexists")
    plan = gold.plan_write(users, schema=USERS_SCHEMA, mode="ignore")
    assert (plan.mode, plan.token) == ("ignore", {"skip": True})


@pytest.mark.parametrize("mode", ["errorifexists", "ignore"])
def test_a_table_made_while_data_was_staged_is_not_touched(
    gold: RedshiftSparkInterface, users: Thing, mode: str
) -> None:
    plan = gold.plan_write(users, schema=USERS_SCHEMA, mode=mode)
    files = stage(gold, plan, [USERS])
    write(gold, users, MORE_USERS)
    assert plan.token is not None
    if mode == "ignore":
        gold.commit_write(plan.token, files)
    else:
        with pytest.raises(CommitError, match="somebody else"):
            gold.commit_write(plan.token, files)
    assert [row["id"] for row in read(gold, users)] == [3]


def test_an_empty_overwrite_clears_and_an_empty_append_creates(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users)
    assert read(gold, users) == []
    write(gold, users, USERS)
    write(gold, users)
    assert gold.count(users) == 2
    write(gold, users, USERS.slice(0, 0), mode="overwrite")
    assert gold.count(users) == 0
    write(gold, users, USERS)
    write(gold, users, mode="overwrite")
    assert gold.count(users) == 0


def test_a_batch_is_loaded_once_however_often_it_is_committed(gold: RedshiftSparkInterface, users: Thing) -> None:
    plan = write(gold, users, USERS)
    assert plan.token is not None
    gold.commit_write(plan.token, [StagedFile(f"{plan.path}/part-0.snappy.parquet", 1)])
    assert gold.count(users) == 2


def test_a_named_batch_is_loaded_once_across_processes(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS, batch_id="2025-01-07")
    write(gold, users, USERS, batch_id="2025-01-07")
    assert gold.count(users) == 2
    write(gold, users, USERS, batch_id="2025-01-08")
    assert gold.count(users) == 4


def test_concurrent_commits_of_one_batch_load_it_once(gold: RedshiftSparkInterface, users: Thing) -> None:
    plans = [gold.plan_write(users, schema=USERS_SCHEMA, mode="append", batch_id="one") for _ in range(4)]
    staged = [stage(gold, plan, [USERS]) for plan in plans]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda pair: gold.commit_write(pair[0].token, pair[1]), zip(plans, staged, strict=True)))
    assert gold.count(users) == 2


def test_concurrent_first_appends_all_arrive(gold: RedshiftSparkInterface, users: Thing) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: write(gold, users, USERS), range(6)))
    assert gold.count(users) == 12


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_copy_that_fails_leaves_the_old_rows(gold: RedshiftSparkInterface, users: Thing, mode: str) -> None:
    write(gold, users, USERS, varchar_lengths={"name": 5})
    too_long = pa.table({"id": pa.array([9], pa.int64()), "name": ["longer than five"]})
    with pytest.raises(CommitError) as caught:
        write(gold, users, too_long, mode=mode)
    assert name_of(users) in str(caught.value)
    assert "is as it was" in str(caught.value)
    assert "\n  part-0.snappy.parquet, column `name` (character varying(5)): " in str(caught.value)
    assert read(gold, users) == USERS.to_pylist()


@pytest.mark.parametrize("view", ["sys_load_error_detail", "stl_load_errors"])
def test_a_refused_row_is_shown_with_its_file_its_column_and_its_length(
    local_stack: Any, gold: RedshiftSparkInterface, users: Thing, view: str
) -> None:
    """From the sys view; from the stl one where the first may not be read, as on old clusters."""
    sql(gold, f"CREATE TABLE {name_of(users)} (id bigint, name varchar(5))")
    too_long = pa.table({"id": pa.array([8, 9], pa.int64()), "name": ["short", "longer than five"]})
    plan = gold.plan_write(users, schema=USERS_SCHEMA, mode="append")
    assert plan.token is not None
    files = stage(gold, plan, [too_long])
    refused = Fault(
        action="fail",
        statement="SELECT",
        containing=plan.path.rsplit("-", 1)[-1],
        code="42501",
        message="permission denied for relation sys_load_error_detail",
        times=1,
    )
    with contextlib.ExitStack() as stack:
        struck = stack.enter_context(local_stack.fault(refused)) if view == "stl_load_errors" else None
        with pytest.raises(CommitError) as caught:
            gold.commit_write(plan.token, files)
        assert struck is None or struck.hits == 1
    shown = r"part-0\.snappy\.parquet, column `name` \(character varying?\S*\): .*Table: 5, Data: 16"
    assert re.search(shown if struck is None else r"part-0\.snappy\.parquet, column `name`", str(caught.value))
    assert read(gold, users) == []


def test_a_name_that_the_local_warehouse_cannot_hold_is_refused_clearly(gold: RedshiftSparkInterface) -> None:
    """Redshift takes 127 bytes, the PostgreSQL behind the local warehouse 63."""
    for name in ("x" * 64, "é y" * 31):
        with pytest.raises(CommitError, match=r"holds names of at most 63 bytes.*Redshift takes 127"):
            write(gold, Thing(name), USERS)
    with pytest.raises(CatalogError, match="it has 128 bytes, Redshift takes at most 127"):
        write(gold, Thing("é" * 64), USERS)


def test_a_failed_first_write_leaves_no_table(gold: RedshiftSparkInterface, users: Thing) -> None:
    too_long = pa.table({"id": pa.array([9], pa.int64()), "name": ["longer than five"]})
    with pytest.raises(CommitError):
        write(gold, users, too_long, varchar_lengths={"name": 5})
    assert users.name not in gold.list_tables()


def test_a_staged_file_that_vanished_fails_the_load(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    plan = gold.plan_write(users, schema=USERS_SCHEMA, mode="overwrite")
    (file,) = stage(gold, plan, [MORE_USERS])
    gold.storage(plan.path).delete_files([file.path])
    assert plan.token is not None
    with pytest.raises(CommitError):
        gold.commit_write(plan.token, [file._replace(rows=1)])
    assert gold.count(users) == 2


def test_fewer_rows_than_staged_are_not_committed(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    plan = gold.plan_write(users, schema=USERS_SCHEMA, mode="overwrite")
    (file,) = stage(gold, plan, [MORE_USERS])
    assert plan.token is not None
    with pytest.raises(CommitError, match="5 rows were staged"):
        gold.commit_write(plan.token, [file._replace(rows=5)])
    assert gold.count(users) == 2


def test_an_aborted_write_leaves_nothing_and_may_be_aborted_again(gold: RedshiftSparkInterface, users: Thing) -> None:
    plan = gold.plan_write(users, schema=USERS_SCHEMA, mode="append")
    stage(gold, plan, [USERS])
    assert plan.token is not None
    gold.abort_write(plan.token)
    gold.abort_write(plan.token)
    assert users.name not in gold.list_tables()


def test_columns_are_matched_by_name_in_any_order_and_case(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    data = pa.table({"NAME": ["cy"], "Id": pa.array([3], pa.int64())})
    write(gold, users, data, schema=[SchemaField("NAME", "string"), SchemaField("Id", "long")])
    write(gold, users, pa.table({"id": pa.array([4], pa.int64())}), schema=[SchemaField("id", "long")])
    assert read(gold, users)[2:] == [{"id": 3, "name": "cy"}, {"id": 4, "name": None}]


def test_what_the_table_cannot_take_is_refused_before_staging(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    with pytest.raises(PlanError, match="no column `email`"):
        gold.plan_write(users, schema=[*USERS_SCHEMA, SchemaField("email", "string")], mode="append")
    with pytest.raises(PlanError, match="`id` is string in the data and bigint in the table"):
        gold.plan_write(users, schema=[SchemaField("id", "string")], mode="overwrite")
    with pytest.raises(PlanError, match="no schema `nowhere`"):
        gold.plan_write(users, schema=USERS_SCHEMA, mode="append", table="nowhere.users")


def test_odd_column_names_come_back(gold: RedshiftSparkInterface, users: Thing) -> None:
    odd = [
        'quo"ted',
        "it's",
        "with space",
        "été 𝄞",
        "select",
        "back\\slash",
        "per%cent %s",
        "`tick`",
        "a;b--c",
        "x" * 63,
    ]
    data = pa.table({column: pa.array([number, -number], pa.int64()) for number, column in enumerate(odd, 1)})
    schema = [SchemaField(column, "long") for column in odd]
    write(gold, users, data, schema=schema)
    write(gold, users, data, schema=schema, mode="overwrite")
    assert read(gold, users) == sorted(data.to_pylist(), key=str)
    for number, column in enumerate(odd, 1):
        assert read(gold, users, [column], [Filter("=", column, number)]) == [{column: number}]


@pytest.mark.parametrize("table", ['odd "table"', "it's", "ünïcode", "order"])
def test_odd_table_names_are_written_and_read(gold: RedshiftSparkInterface, table: str) -> None:
    thing = Thing(f"{table} {uuid.uuid4().hex[:8]}")
    write(gold, thing, USERS)
    write(gold, thing, USERS, mode="overwrite")
    assert read(gold, thing) == USERS.to_pylist()
    assert gold.count(thing) == 2


def test_tables_in_other_schemas_are_reached_by_their_full_name(gold: RedshiftSparkInterface, users: Thing) -> None:
    schema = f"marts_{uuid.uuid4().hex[:8]}"
    sql(gold, f'CREATE SCHEMA "{schema}"')
    write(gold, users, USERS, table=f"{schema}.people")
    assert read(gold, users, table=f"{schema}.people") == USERS.to_pylist()
    assert gold.list_tables(database_schema=schema) == ["people"]


def test_distribution_and_sort_keys_are_accepted(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS, distkey="id", sortkey=["name", "id"])
    assert gold.count(users) == 2


def test_a_read_fetches_only_what_is_asked_for(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS, MORE_USERS)
    assert read(gold, users, ["name"], [Filter(">", "id", 1), Filter("startswith", "name", "b")]) == [{"name": "bob"}]
    assert len(read(gold, users, [])) == 3
    assert read(gold, users, None, [Filter("=", "id", 99)]) == []


def test_a_string_filter_keeps_every_row_that_spark_would_keep(gold: RedshiftSparkInterface, users: Thing) -> None:
    values = ["it's", "it's ", "50%", "50_^", "a\\b", "", "𝄞"]
    data = pa.table({"id": pa.array(range(len(values)), pa.int64()), "name": values})
    write(gold, users, data)
    for value in values:
        equal = {row["name"] for row in read(gold, users, ["name"], [Filter("=", "name", value)])}
        starting = {row["name"] for row in read(gold, users, ["name"], [Filter("startswith", "name", value)])}
        assert value in equal
        assert {other for other in values if other.startswith(value)} <= starting


def test_a_query_is_read_like_a_table(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS, MORE_USERS)
    query = f"SELECT name AS who, sum(id) AS total FROM {name_of(users)} WHERE name <> 'it''s \\\\' GROUP BY 1 -- all"
    assert gold.plan_read(users, query=query).schema == "`who` STRING, `total` DECIMAL(38,10)"
    assert read(gold, users, ["who"], [Filter(">", "total", 1)], query=query) == [{"who": "bob"}, {"who": "cy"}]
    assert gold.count(users, query=query) == 3


def test_scans_of_one_plan_do_not_disturb_each_other(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    token = gold.plan_read(users).token
    assert token is not None
    first, second = gold.stage_read(token), gold.stage_read(token)
    assert {file.path for file in first}.isdisjoint(file.path for file in second)
    gold.release_read(first[0].path.rsplit("/", 1)[0])
    gold.release_read(token)
    gold.release_read(token)


def test_a_missing_table_is_named_with_near_misses(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    misspelt = Thing(users.name.replace("users", "usres"))
    for call in (gold.plan_read, gold.count):
        with pytest.raises(CatalogError, match=f"did you mean `{users.name}`"):
            call(misspelt)


def test_a_query_that_the_warehouse_refuses_is_explained(gold: RedshiftSparkInterface, users: Thing) -> None:
    with pytest.raises(InterfaceError, match="nonsense"):
        gold.plan_read(users, query="SELECT nonsense")


def test_a_wrong_password_is_one_clear_error(environment: Mapping[str, str], users: Thing) -> None:
    gold = RedshiftSparkInterface(**configs(environment, password="wr0ng-secret"))
    with pytest.raises(InterfaceError, match="password") as caught:
        gold.plan_read(users)
    assert "wr0ng-secret" not in str(caught.value)
    assert gold.settings.user in str(caught.value)


def test_an_unknown_database_is_one_clear_error(environment: Mapping[str, str], users: Thing) -> None:
    gold = RedshiftSparkInterface(**configs(environment, database="nowhere"))
    with pytest.raises(InterfaceError, match="no database `nowhere`"):
        gold.plan_read(users)


def test_a_role_that_the_warehouse_may_not_take_is_explained(environment: Mapping[str, str], users: Thing) -> None:
    gold = RedshiftSparkInterface(**configs(environment, iam_role_arn="arn:aws:iam::111111111111:role/other"))
    with pytest.raises(CommitError, match="role"):
        write(gold, users, USERS)
    assert users.name not in gold.list_tables()
