"""What a table is made with on the local warehouse, and how it grows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from spark_dao.errors import CommitError, PlanError
from spark_dao.interface_classes.redshift import text_lengths
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.plans import SchemaField
from tests.integration.interface_classes.gold_tables import (
    MORE_USERS,
    USERS,
    USERS_SCHEMA,
    Thing,
    name_of,
    read,
    sql,
    stage,
    write,
)

TEXTS = (SchemaField("a", "string"), SchemaField("b", "string"))


def types_of(gold: RedshiftSparkInterface, thing: Thing) -> dict[str, str]:
    return dict(
        sql(
            gold,
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
            f"WHERE a.attrelid = '{name_of(thing)}'::regclass AND a.attnum > 0 AND NOT a.attisdropped",
        )
    )


def texts(a: list[str | None], b: list[str | None]) -> pa.Table:
    return pa.table({"a": pa.array(a, pa.string()), "b": pa.array(b, pa.string())})


def test_text_columns_are_as_long_as_the_data_needs_in_bytes(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, texts(["𝄞" * 100, None], ["x", ""]), texts(["y"], [None]), schema=TEXTS)
    assert types_of(gold, users) == {"a": "character varying(1024)", "b": "character varying(256)"}
    write(gold, users, texts(["z" * 1024], ["b" * 256]), schema=TEXTS)
    with pytest.raises(CommitError, match=r"(?s)length of the data column b.*256.*257"):
        write(gold, users, texts(["z"], ["b" * 257]), schema=TEXTS)
    assert gold.count(users) == 4


def test_declared_lengths_are_taken_as_they_are(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, texts(["x"], ["y"]), schema=TEXTS, varchar_lengths={"a": 7})
    assert types_of(gold, users) == {"a": "character varying(7)", "b": "character varying(256)"}


def test_a_column_without_text_gets_the_longest_length(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, texts(["x", "y"], [None, ""]), schema=TEXTS)
    assert types_of(gold, users) == {"a": "character varying(256)", "b": "character varying(65535)"}


def test_too_much_text_to_measure_gets_the_longest_length(
    gold: RedshiftSparkInterface, users: Thing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_lengths, "MOST_MEASURED_BYTES", 10)
    write(gold, users, texts(["x" * 100], ["y"]), schema=TEXTS)
    assert set(types_of(gold, users).values()) == {"character varying(65535)"}


@pytest.mark.parametrize("operation", [None, "upsert"])
def test_a_value_that_no_varchar_holds_is_refused_by_column_and_row_before_copy(
    gold: RedshiftSparkInterface, users: Thing, operation: str | None
) -> None:
    too_long = texts(["x", "y"], ["short", "é" * 32_768])
    plan = gold.plan_write(users, schema=TEXTS, mode="append", operation=operation, primary_keys=["a"])
    assert plan.token is not None
    with pytest.raises(CommitError, match=r"`b` has a value of 65536 bytes in row 1 of part-0\S+, .* holds 65535"):
        gold.commit_write(plan.token, stage(gold, plan, [too_long]))
    assert users.name not in gold.list_tables()


def test_nested_columns_become_super_and_come_back_as_json(gold: RedshiftSparkInterface, users: Thing) -> None:
    struct = {"type": "struct", "fields": [{"name": "x", "type": "long"}, {"name": "y", "type": "string"}]}
    schema = [
        SchemaField("id", "long"),
        SchemaField("point", struct),
        SchemaField("tags", {"type": "array", "elementType": "string", "containsNull": True}),
        SchemaField("prices", {"type": "map", "keyType": "string", "valueType": "long", "valueContainsNull": True}),
    ]
    kinds = pa.struct([("x", pa.int64()), ("y", pa.string())])
    points = pa.array([{"x": 1, "y": "it's \\ 𝄞"}, None], kinds)
    tags = pa.array([["a", None], []], pa.list_(pa.string()))
    prices = pa.array([[("it's", 1), ("b", None)], []], pa.map_(pa.string(), pa.int64()))
    data = pa.table({"id": pa.array([1, 2], pa.int64()), "point": points, "tags": tags, "prices": prices})
    write(gold, users, data, schema=schema, mode="append")
    plan = gold.plan_write(users, schema=schema, mode="append", operation="upsert", primary_keys=["id"])
    assert plan.token is not None
    gold.commit_write(plan.token, stage(gold, plan, [data]))
    assert gold.plan_read(users).schema == "`id` BIGINT, `point` STRING, `tags` STRING, `prices` STRING"
    found = [{key: value and str(value).replace(" ", "") for key, value in row.items()} for row in read(gold, users)]
    assert found == [
        {"id": "1", "point": '{"x":1,"y":"it\'s\\\\𝄞"}', "tags": '["a",null]', "prices": '{"b":null,"it\'s":1}'},
        {"id": "2", "point": None, "tags": "[]", "prices": "{}"},
    ]


def test_what_a_super_or_a_column_cannot_hold_is_refused_by_name(gold: RedshiftSparkInterface, users: Thing) -> None:
    inner = {"type": "struct", "fields": [{"name": "raw", "type": "binary"}]}
    schema = [
        SchemaField("deep", {"type": "array", "elementType": inner}),
        SchemaField("raw", "binary"),
        SchemaField("wait", "interval day to second"),
        SchemaField("nothing", "void"),
        SchemaField("wide", "decimal(39,1)"),
    ]
    with pytest.raises(PlanError) as caught:
        gold.plan_write(users, schema=schema, mode="append")
    for name in ("deep", "raw", "wait", "nothing", "wide"):
        assert f"`{name}`:" in str(caught.value)


def test_a_new_table_has_its_keys_encodings_and_comments(gold: RedshiftSparkInterface, users: Thing) -> None:
    schema = [USERS_SCHEMA[0], USERS_SCHEMA[1]._replace(comment='what they\'re called; "quoted"')]
    definition: dict[str, Any] = {
        "distkey": "id",
        "sortkey": ["name"],
        "encode": {"id": "az64", "NAME": "zstd"},
        "description": "one row per user; it's -- fine",
    }
    write(gold, users, USERS, schema=schema, **definition)
    write(gold, users, MORE_USERS, schema=schema, mode="overwrite", **{**definition, "description": "later"})
    (info,) = sql(gold, f"SELECT diststyle, sortkey1 FROM svv_table_info WHERE \"table\" = '{users.name}'")
    assert info == ("KEY(id)", "name")
    table = f"'{name_of(users)}'::regclass"
    comments = sql(gold, f"SELECT obj_description({table}), col_description({table}, 2), col_description({table}, 1)")
    assert comments == [("one row per user; it's -- fine", 'what they\'re called; "quoted"', None)]


def test_a_definition_that_does_not_fit_is_refused(gold: RedshiftSparkInterface, users: Thing) -> None:
    refused = {
        "unknown encoding `zst` of `id`; did you mean `ZSTD`": {"encode": {"id": "zst"}},
        "no column `ids`; did you mean `id`": {"encode": {"ids": "zstd"}},
        "backslash": {"description": "a\\b"},
    }
    for message, arguments in refused.items():
        with pytest.raises(PlanError, match=message):
            gold.plan_write(users, schema=USERS_SCHEMA, mode="append", **arguments)


@pytest.mark.parametrize("mode", ["append", "overwrite", "upsert"])
def test_a_table_gains_columns_on_request_only(gold: RedshiftSparkInterface, users: Thing, mode: str) -> None:
    write(gold, users, USERS)
    wider = MORE_USERS.append_column("email", pa.array(["c@x"])).append_column("Level", pa.array([7], pa.int32()))
    schema = [*USERS_SCHEMA, SchemaField("email", "string"), SchemaField("Level", "integer")]
    said = {"mode": "append", "operation": mode, "primary_keys": ["id"]} if mode == "upsert" else {"mode": mode}
    with pytest.raises(PlanError, match=r"no column `email`, `Level`; say `add_new_columns`"):
        gold.plan_write(users, schema=schema, **said)
    assert types_of(gold, users).keys() == {"id", "name"}
    write(gold, users, wider, schema=schema, add_new_columns=True, **said)
    assert read(gold, users)[-1] == {"id": 3, "name": "cy", "email": "c@x", "level": 7}
    assert gold.count(users) == (1 if mode == "overwrite" else 3)


def test_two_writers_may_add_the_same_column(gold: RedshiftSparkInterface, users: Thing) -> None:
    write(gold, users, USERS)
    schema = [*USERS_SCHEMA, SchemaField("email", "string")]
    wider = MORE_USERS.append_column("email", pa.array(["c@x"]))
    plans = [gold.plan_write(users, schema=schema, mode="append", add_new_columns=True) for _ in range(2)]
    for plan in plans:
        assert plan.token is not None
        gold.commit_write(plan.token, stage(gold, plan, [wider]))
    assert gold.count(users) == 4
