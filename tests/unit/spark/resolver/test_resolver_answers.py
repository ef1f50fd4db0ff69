"""What the resolver answers, question by question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.spark.resolver.client import Client, Refused

SCHEMA = {"type": "struct", "fields": [{"name": "id", "type": "long", "nullable": True, "metadata": {}}]}


def declare(catalog, tmp_path, **more):
    return catalog(
        {
            "silver": {
                "interface_class": "FileSparkInterface",
                "default_configs": {"root": f"file://{tmp_path}/silver"},
                "data_objects": {
                    "users": {
                        "format": "csv",
                        "partition_by": ["year"],
                        "primary_keys": ["id"],
                        "owner": "ann",
                        "api_token": "hunter2",
                        "description": "All users",
                    },
                    "later": {},
                },
                **more,
            }
        }
    )


def put(tmp_path, *names):
    for name in names:
        file = tmp_path / "silver" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("id\n1\n")


def test_describe_says_all_that_is_declared_and_the_plan_to_read_it(clients, catalog, tmp_path):
    client = clients(declare(catalog, tmp_path))
    put(tmp_path, "users/year=2025/part.csv")
    said = client.ask("describe", name="silver.users")
    location = f"file://{tmp_path}/silver/users"
    assert said["exists"] and said["declared"] and not said["staged"]
    assert (said["format"], said["location"], said["store"]) == ("csv", location, "silver")
    assert (said["partition_by"], said["primary_keys"], said["description"]) == (["year"], ["id"], "All users")
    assert said["properties"] == {"owner": "ann", "api_token": "*****"}
    assert said["settings"] == {"root": f"file://{tmp_path}/silver"}
    assert said["read"]["plan"]["paths"] == [location]
    assert said["read"]["plan"]["options"] == {"header": "true"}
    assert said["read"] == client.ask("plan_read", name="silver.users")


def test_a_missing_object_is_an_answer_with_the_reason_and_near_misses(clients, catalog, tmp_path):
    client = clients(declare(catalog, tmp_path))
    put(tmp_path, "users/part.csv")
    said = client.ask("describe", name="silver.userz")
    assert (said["exists"], said["declared"], said["read"]) == (False, False, None)
    assert said["message"].endswith("did you mean `users`?")
    assert client.ask("describe", name="silver.later")["exists"] is False


def test_in_a_store_of_declared_objects_only_others_are_missing(clients, catalog, tmp_path):
    client = clients(declare(catalog, tmp_path, declared_only=True))
    put(tmp_path, "other/part.parquet")
    said = client.ask("describe", name="silver.other")
    assert said["exists"] is False
    assert "which takes declared objects only" in said["message"]
    assert client.ask("objects", store="silver")["objects"] == ["later", "users"]


def test_objects_are_the_declared_ones_and_the_folders_with_visible_files(clients, catalog, tmp_path):
    client = clients(declare(catalog, tmp_path))
    put(
        tmp_path,
        "found/year=1/part.parquet",
        "only_hidden/_dao_staging/b/part.parquet",
        "_dao_staging/x/part.parquet",
        ".hidden/part.parquet",
        "a b/part.parquet",
        "file.csv",
    )
    (tmp_path / "silver" / "empty").mkdir()
    assert client.ask("objects", store="silver") == {
        "objects": ["found", "later", "users"],
        "declared": ["later", "users"],
    }


def test_a_changed_catalog_file_takes_effect_on_the_next_question(clients, catalog, tmp_path):
    file = declare(catalog, tmp_path)
    client = clients(file)
    assert client.ask("stores") == {"stores": ["silver"]}
    good = file.read_text()
    file.write_text(good.replace('"silver": {', '"gold": {'))
    assert client.ask("stores") == {"stores": ["gold"]}
    file.write_text("{")
    with pytest.raises(Refused, match="is not valid JSON"):
        client.ask("stores")
    file.unlink()
    with pytest.raises(Refused, match="does not exist"):
        client.ask("stores")
    file.write_text(good)
    assert client.ask("stores") == {"stores": ["silver"]}


@pytest.mark.parametrize(
    ("op", "fields", "kind", "message"),
    [
        ("describe", {"name": "silvr.users"}, "CatalogError", "no store `silvr` in the catalog; did you mean `silver`"),
        ("describe", {"name": "users"}, "CatalogError", "expected `store.object`"),
        ("describe", {"name": "a.b.c"}, "CatalogError", "expected `store.object`"),
        ("describe", {"name": "silver.x; DROP TABLE y"}, "CatalogError", "malformed object name"),
        ("describe", {"name": "silver.."}, "CatalogError", "expected `store.object`"),
        ("describe", {}, "PlanError", "needs a string, found NoneType"),
        ("objects", {"store": "gold"}, "CatalogError", "no store `gold`"),
        ("plan_read", {"name": "silver.userz"}, "CatalogError", "no files under"),
        ("plan_read", {"name": "silver.users", "options": {"columns": "x"}}, "PlanError", "no option `columns`"),
        ("plan_raed", {}, "PlanError", "did you mean `plan_read`"),
        ("stage_read", {"name": "silver.users", "token": None}, "PlanError", "expected the token"),
        (
            "plan_write",
            {"name": "silver.users", "schema": SCHEMA, "mode": "append"},
            "PlanError",
            "no column `year` to partition by",
        ),
        ("plan_write", {"name": "silver.x", "schema": SCHEMA, "mode": "apend"}, "PlanError", "did you mean `append`"),
    ],
)
def test_what_is_wrong_is_said_in_one_error_of_the_right_kind(clients, catalog, tmp_path, op, fields, kind, message):
    client = clients(declare(catalog, tmp_path))
    with pytest.raises(Refused) as refused:
        client.ask(op, **fields)
    assert refused.value.kind == kind
    assert message in refused.value.message


def test_options_of_the_caller_reach_the_plan_as_they_are_spelt(clients, catalog, tmp_path):
    client = clients(declare(catalog, tmp_path))
    put(tmp_path, "users/part.csv")
    options = {"sep": ";", "mergeSchema": "true", "format": "csv"}
    plan = client.ask("plan_read", name="silver.users", options=options, schema="id BIGINT")["plan"]
    assert plan["options"] == {"header": "true", "sep": ";", "mergeSchema": "true"}
    assert plan["schema"] == "id BIGINT"


def test_a_write_is_published_only_when_it_is_asked_to_be(clients, catalog, tmp_path):
    client = clients(declare(catalog, tmp_path))
    put(tmp_path, "plain/old.csv")
    planned = client.ask("plan_write", name="silver.plain", schema=SCHEMA, mode="overwrite", options={"format": "csv"})
    assert (planned["publish"], planned["skip"], planned["plan"]["mode"]) == (True, False, "overwrite")
    path = planned["plan"]["path"]
    begun = client.ask("begin_write", name="silver.plain", path=path)
    assert (begun["has_files"], begun["published"]) == (True, False)
    staging = Path(begun["staging"].removeprefix("file://"))
    for name in (f"part-0-{begun['batch_id']}.csv", "failed-attempt.csv"):
        staging.mkdir(parents=True, exist_ok=True)
        (staging / name).write_text("id\n2\n")
    committed = [f"part-0-{begun['batch_id']}.csv"]
    done = client.ask(
        "publish_write",
        name="silver.plain",
        path=path,
        batch_id=begun["batch_id"],
        mode="overwrite",
        dynamic=False,
        replace=None,
        files=committed,
        interface_class=planned["interface_class"],
    )
    assert done == {"files": 1}
    visible = [file.name for file in (tmp_path / "silver" / "plain").rglob("*.csv")]
    assert len(visible) == 1 and begun["batch_id"] in visible[0]
    assert client.ask("begin_write", name="silver.plain", path=path, batch_id=begun["batch_id"])["published"] is True


def test_a_batch_that_is_given_up_leaves_nothing(clients, catalog, tmp_path):
    client = clients(declare(catalog, tmp_path))
    path = f"file://{tmp_path}/silver/plain"
    begun = client.ask("begin_write", name="silver.plain", path=path)
    staging = Path(begun["staging"].removeprefix("file://"))
    staging.mkdir(parents=True)
    (staging / "part.csv").write_text("x")
    client.ask("abort_publish", name="silver.plain", path=path, batch_id=begun["batch_id"])
    assert not (tmp_path / "silver" / "plain").exists()


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    file = folder / "catalog.json"
    root = {"root": f"file://{folder}/silver"}
    file.write_text(json.dumps({"silver": {"interface_class": "FileSparkInterface", "default_configs": root}}))
    client = Client(file)
    yield client
    client.end()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.one_of(st.text(max_size=30), st.text(alphabet="ab.`'\"/\\;-_ \n\0é", max_size=20)))
def test_whatever_a_name_holds_it_gets_one_answer_that_names_no_path_outside(shared_client, name):
    try:
        said = shared_client.ask("describe", name=f"silver.{name}")
    except Refused as refused:
        assert refused.kind == "CatalogError"
        assert "malformed" in refused.message
    else:
        assert said["exists"] is False
        assert "." not in name and "/" not in name
    assert shared_client.strays == []
