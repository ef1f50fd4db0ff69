"""Tokens and statements that need no warehouse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift.copy_load import copy_statement
from spark_dao.interface_classes.redshift.load import Load
from spark_dao.interface_classes.redshift.manifest import manifest_of
from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from spark_dao.interface_classes.redshift.staging import owned_folder
from spark_dao.interface_classes.redshift.table_definition import table_clauses
from spark_dao.interface_classes.redshift.types import Column
from spark_dao.interface_classes.redshift.unload import Unload
from spark_dao.interface_classes.temporary_folders import fresh_folder
from spark_dao.plans import Filter, SchemaField, StagedFile

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
columns = st.lists(st.builds(Column, names, st.sampled_from(["bigint", "date"])), min_size=1, max_size=4).map(tuple)


def interface() -> RedshiftSparkInterface:
    # Port 1 refuses connections: what these tests expect must be refused before any is tried.
    return RedshiftSparkInterface(
        host="127.0.0.1",
        port=1,
        user="loader",
        password="hunter2",
        database="analytics",
        s3_temp_dir="s3://temp/redshift/",
        iam_role_arn="default",
    )


class Thing:
    """A data object, as far as this interface looks at it."""

    name = "users_agg"


@given(names, names, columns, st.text(max_size=20))
def test_a_load_survives_its_token(schema: str, table: str, held: tuple[Column, ...], batch_id: str) -> None:
    load = Load(batch_id=batch_id, mode="append", target=TableName(schema, table), columns=held, staging="s3a://t/w")
    assert Load.from_token(json.loads(json.dumps(load.to_token()))) == load


@given(names, columns, st.none() | names)
def test_an_unload_survives_its_token(name: str, held: tuple[Column, ...], query: str | None) -> None:
    table = None if query else TableName("public", name)
    unload = Unload(table=table, query=query, columns=held, conditions=("a",), staging="s3a://t/r")
    assert Unload.from_token(json.loads(json.dumps(unload.to_token()))) == unload


def test_copy_names_its_columns_and_takes_a_manifest() -> None:
    held = (Column("id", "bigint"), Column('odd "name"', "date"))
    load = Load(
        batch_id="1", mode="append", target=TableName("public", "t"), columns=held, staging="s3a://temp/write-1"
    )
    assert copy_statement(load, "s3a://temp/write-1/_manifest.json", "IAM_ROLE default") == (
        'COPY "public"."t" ("id", "odd ""name""") FROM \'s3://temp/write-1/_manifest.json\' IAM_ROLE default '
        "FORMAT AS PARQUET MANIFEST"
    )


def test_the_manifest_holds_exactly_the_files_all_mandatory() -> None:
    entries = json.loads(manifest_of([StagedFile("s3a://temp/ü 1.parquet", 7), StagedFile("s3://temp/b", 9)]))
    assert entries == {
        "entries": [
            {"url": "s3://temp/ü 1.parquet", "mandatory": True, "meta": {"content_length": 7}},
            {"url": "s3://temp/b", "mandatory": True, "meta": {"content_length": 9}},
        ]
    }


def unload(**changes: Any) -> Unload:
    given: dict[str, Any] = {
        "table": TableName("public", "t"),
        "query": None,
        "columns": (Column("name", "character varying(9)"), Column("id", "bigint"), Column("total", "numeric")),
        "conditions": ("\"name\" = 'x'",),
        "staging": "s3a://temp/read-1",
    }
    return Unload(**{**given, **changes})


def test_a_scan_selects_the_needed_columns_and_joins_all_conditions() -> None:
    assert unload().select(["ID"], [Filter(">", "id", 3), Filter("<", "name", "z")]) == (
        'SELECT "id" FROM "public"."t" WHERE "name" = \'x\' AND "id" > 3'
    )


def test_a_count_reads_the_cheapest_column() -> None:
    assert unload(conditions=()).select([], []) == 'SELECT "id" FROM "public"."t"'


def test_a_numeric_without_precision_is_given_one() -> None:
    assert unload(conditions=()).select(["total"], []) == (
        'SELECT CAST("total" AS numeric(38,10)) AS "total" FROM "public"."t"'
    )


def test_a_query_is_read_as_a_table() -> None:
    assert unload(table=None, query="SELECT 1 -- one", conditions=()).select(["id"], []) == (
        'SELECT "id" FROM (\nSELECT 1 -- one\n) AS source'
    )


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(PlanError, match="did you mean `name`"):
        unload().select(["nmae"], [])


@pytest.mark.parametrize(
    "folder",
    ["s3a://temp/redshift", "s3a://temp/redshift/", "s3a://other/write-1", "s3a://temp/redshift/write-1/../.."],
)
def test_nothing_outside_the_own_folders_is_ever_removed(folder: str) -> None:
    for call in (lambda: interface().release_read(folder), lambda: interface().abort_write({"staging": folder})):
        with pytest.raises(PlanError, match="no staging folder"):
            call()


def test_own_folders_are_recognised() -> None:
    for kind in ("read", "write"):
        folder = fresh_folder("s3a://temp/redshift", kind)
        assert owned_folder("s3a://temp/redshift", folder) == folder


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"diststyle": "EVNE"}, "did you mean `EVEN`"),
        ({"diststyle": "EVEN", "distkey": "id"}, "KEY"),
        ({"diststyle": "KEY"}, "distkey"),
        ({"distkey": "di"}, "`di`"),
        ({"sortkey": ["day) --"]}, "day"),
    ],
)
def test_wrong_table_clauses_are_refused(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(PlanError, match=reason):
        table_clauses([Column("id", "bigint"), Column("day", "date")], **arguments)


def test_what_redshift_cannot_hold_is_refused_before_a_connection_is_tried() -> None:
    with pytest.raises(PlanError, match="`raw`"):
        interface().plan_write(Thing(), schema=[SchemaField("raw", "binary")], mode="append")
    with pytest.raises(PlanError, match="parquet only"):
        interface().plan_write(Thing(), schema=[SchemaField("id", "long")], mode="append", format="csv")
    with pytest.raises(PlanError, match="contradict"):
        interface().plan_read(Thing(), table="a", query="SELECT 1")


def test_a_skipped_write_commits_and_aborts_nothing() -> None:
    interface().commit_write({"skip": True}, [])
    interface().abort_write({"skip": True})


def test_only_the_staging_folder_is_reached() -> None:
    assert repr(interface().storage("s3a://temp/redshift/write-1")).startswith("S3Storage")
    for path in ("s3a://temp/redshift-other/x", "s3a://other/redshift/x"):
        with pytest.raises(PlanError, match="not below"):
            interface().storage(path)
