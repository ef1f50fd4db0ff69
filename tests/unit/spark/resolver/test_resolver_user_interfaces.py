"""The interface classes of the documentation, and others of the user's own, through the resolver."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet
import pytest

from tests.unit.spark.resolver.client import Refused


def local(uri):
    return Path(uri.removeprefix("file://"))


def test_the_documented_class_with_plans_has_its_plans_carried_out(clients, documented, tmp_path):
    client = clients(documented, python_path=[tmp_path])
    schema = {"type": "struct", "fields": [{"name": "id", "type": "long"}]}
    write = client.ask("plan_write", name="daily.orders", schema=schema, mode="append", options={"day": "2025-01-07"})
    assert write["plan"]["path"] == f"file://{tmp_path}/data/daily/orders/2025-01-07"
    assert (write["publish"], write["interface_class"]) == (False, "DailyFiles")
    read = client.ask("plan_read", name="daily.orders", options={"mergeSchema": "true"})["plan"]
    assert read["paths"] == [f"file://{tmp_path}/data/daily/orders/*"]
    assert read["options"] == {"basePath": f"file://{tmp_path}/data/daily/orders", "mergeSchema": "true"}
    said = client.ask("describe", name="daily.orders", options={"day": "1/2"})
    assert (said["exists"], said["message"][:12]) == (False, "daily.orders")


def test_the_documented_class_without_plans_is_spooled(clients, documented, tmp_path):
    client = clients(documented, python_path=[tmp_path])
    assert client.ask("objects", store="field")["objects"] == ["readings"]
    said = client.ask("describe", name="field.readings")
    assert said["exists"] and said["staged"]
    assert said["schema"] == "sensor BIGINT, minute BIGINT, celsius DOUBLE"
    plan = said["read"]["plan"]
    staged = client.ask("stage_read", name="field.readings", token=plan["token"], columns=["celsius"], filters=None)
    [[path, size, rows]] = staged["files"]
    table = pyarrow.parquet.read_table(local(path))
    assert (table.num_rows, rows, table.column_names) == (180, 180, ["celsius"])
    assert local(path).stat().st_size == size
    client.ask("release_read", name="field.readings", token=plan["token"], folder=staged["folder"])
    assert not local(path).exists()
    client.ask("release_read", name="field.readings", token=plan["token"])


def test_without_a_declared_schema_the_first_batch_says_it_and_options_reach_the_method(clients, documented, tmp_path):
    documented.write_text(
        documented.read_text().replace('"schema": "sensor BIGINT, minute BIGINT, celsius DOUBLE"', "")
    )
    client = clients(documented, python_path=[tmp_path])
    said = client.ask("describe", name="field.readings")
    assert (said["exists"], said["schema"], said["read"]) == (True, None, None)
    plan = client.ask("plan_read", name="field.readings", options={"unit": "fahrenheit"})["plan"]
    assert plan["schema"] == "`sensor` BIGINT, `minute` BIGINT, `fahrenheit` DOUBLE"
    staged = client.ask("stage_read", name="field.readings", token=plan["token"], columns=None, filters=None)
    assert pyarrow.parquet.read_table(local(staged["files"][0][0]))["fahrenheit"][1].as_py() == pytest.approx(33.8)


def test_no_column_at_all_is_a_count_and_keeps_the_rows(clients, documented, tmp_path):
    client = clients(documented, python_path=[tmp_path])
    token = client.ask("plan_read", name="field.readings")["plan"]["token"]
    staged = client.ask("stage_read", name="field.readings", token=token, columns=[], filters=[])
    assert staged["files"][0][2] == 180


ODD = """
    import datetime, decimal
    import pandas, pyarrow

    class Odd:
        def read(self, data_object):
            return getattr(self, "_" + data_object.name)()

        def _mappings(self):
            yield {"id": 1, "when": datetime.date(2025, 1, 7)}
            yield {"id": None, "amount": decimal.Decimal("1.50")}

        def _frame(self):
            return pandas.DataFrame({"id": [1, 2]})

        def _table(self):
            return pyarrow.table({"id": [1, 2, 3]})

        def _nothing(self):
            return iter(())

        def _bytes(self):
            return b"PAR1"

        def _mixed(self):
            yield pyarrow.record_batch({"id": [1]})
            yield pyarrow.record_batch({"other": [1]})

        def _duration(self):
            return pyarrow.table({"took": pyarrow.array([1], pyarrow.duration("s"))})

        def _broken(self):
            yield {"id": 1}
            raise ValueError("the sensor is offline")
"""


def odd(catalog, tmp_path, **store):
    said = {"interface_class": "Odd", "interface_class_location": "odd", "spool_dir": str(tmp_path / "spool")}
    return catalog({"odd": {**said, **store}}, odd=ODD)


@pytest.mark.parametrize(
    ("name", "schema", "rows"),
    [
        ("mappings", "`id` BIGINT, `when` DATE, `amount` DECIMAL(3,2)", 2),
        ("frame", "`id` BIGINT", 2),
        ("table", None, 3),
    ],
)
def test_rows_may_come_in_any_usual_form(clients, catalog, tmp_path, name, schema, rows):
    client = clients(odd(catalog, tmp_path), python_path=[tmp_path])
    plan = client.ask("plan_read", name=f"odd.{name}")["plan"]
    assert schema in (None, plan["schema"])
    staged = client.ask("stage_read", name=f"odd.{name}", token=plan["token"], columns=None, filters=None)
    assert pyarrow.parquet.read_table(local(staged["files"][0][0])).num_rows == rows


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "declare `schema`"),
        ("bytes", "expected Arrow batches, a table, a pandas frame, or rows as mappings"),
        ("duration", "Spark has no type for Arrow's `duration[s]`; cast the column `took`"),
    ],
)
def test_what_spark_cannot_read_is_refused_when_it_is_planned(clients, catalog, tmp_path, name, message):
    client = clients(odd(catalog, tmp_path), python_path=[tmp_path])
    with pytest.raises(Refused) as refused:
        client.ask("plan_read", name=f"odd.{name}")
    assert message in refused.value.message
    assert refused.value.message.startswith(f"odd.{name}")


@pytest.mark.parametrize(
    ("name", "message"),
    [("broken", "ValueError: the sensor is offline"), ("mixed", "expected batches of one schema (id), found another")],
)
def test_rows_that_break_off_leave_no_file(clients, catalog, tmp_path, name, message):
    client = clients(odd(catalog, tmp_path, data_objects={name: {"schema": "id BIGINT"}}), python_path=[tmp_path])
    token = client.ask("plan_read", name=f"odd.{name}")["plan"]["token"]
    with pytest.raises(Refused) as refused:
        client.ask("stage_read", name=f"odd.{name}", token=token, columns=None, filters=None)
    assert message in refused.value.message
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


def test_no_rows_with_a_declared_schema_are_no_files(clients, catalog, tmp_path):
    declared = {"nothing": {"schema": "id BIGINT"}}
    client = clients(odd(catalog, tmp_path, data_objects=declared), python_path=[tmp_path])
    token = client.ask("plan_read", name="odd.nothing")["plan"]["token"]
    assert client.ask("stage_read", name="odd.nothing", token=token)["files"] == []


def test_without_a_spool_dir_the_error_says_what_to_declare(clients, catalog, tmp_path):
    client = clients(odd(catalog, tmp_path, spool_dir=None), python_path=[tmp_path])
    with pytest.raises(Refused, match="declare `spool_dir` in the store"):
        client.ask("plan_read", name="odd.table")


def test_a_token_of_another_folder_is_refused(clients, catalog, tmp_path):
    client = clients(odd(catalog, tmp_path), python_path=[tmp_path])
    token = {"interface_class": "Odd", "token": {"spool": f"file://{tmp_path}", "arguments": {}}}
    with pytest.raises(Refused, match="is not a spooled read"):
        client.ask("release_read", name="odd.table", token=token)
