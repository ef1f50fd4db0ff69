"""Three doors, one room: the same call through every door gives the same rows and the same error.

A class that inherits from `Conformance` runs the suite through its `doors`: a JVM has the bridge's jar from its start
or never, so the doors that need it are in another module, and process, than those that do without.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions

from spark_dao import DataAccessObject, register
from spark_dao.interface_classes.file.local_storage import local_path
from tests.integration.conformance.doors import BATCH_OPTION, Door, identifier
from tests.integration.conformance.stores import COLUMNS, declared_stores

UTC = datetime.timezone.utc
ROWS = [
    (1, "Ann", Decimal("1.50"), datetime.date(2025, 1, 7), datetime.datetime(2025, 1, 7, 10, 15, tzinfo=UTC), True),
    (
        2,
        'Zoë "Zed", 雪',
        Decimal("-0.01"),
        datetime.date(2025, 1, 8),
        datetime.datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        False,
    ),
    (3, None, None, datetime.date(2025, 1, 8), None, None),
    (4, "back\\slash 'quote'", Decimal("99999999.99"), None, datetime.datetime(2025, 6, 1, tzinfo=UTC), True),
]
ERRORS = {
    "silver.users_clean": "store `silver`: no store `silver` in the catalog; known: `files`, `house`, `lake`",
    "lak.users": "store `lak`: no store `lak` in the catalog; did you mean `lake`?",
    "users": "malformed name 'users': expected `store.object`, as in `silver.users_clean`",
    "a.b.c.d": "malformed name 'a.b.c.d': expected `store.object`, as in `silver.users_clean`",
    "lake.x'; DROP TABLE users --": None,
    "lake...": None,
}


def full(*values):
    """One case of several, which belongs to `make test-all`."""
    return pytest.param(*values, marks=pytest.mark.full)


CLASHES = [
    ("files.plain_parquet", "*, 1 AS extra", "`extra` is no column of it"),
    full("files.plain_orc", "* EXCEPT (id), array(id) AS id", "`id` is bigint, found array<bigint>"),
    ("lake.plain_csv", "* EXCEPT (name)", "`name` is missing"),
    full("files.plain_csv", "name, * EXCEPT (name)", "csv holds its columns in this order: id, name, amount, born"),
    full("lake.new_clash", "* EXCEPT (name), name AS title", "`title` is no column of it; `name` is missing"),
    full("files.new_clash", "* EXCEPT (amount), 'x' AS amount", "`amount` is decimal(10,2), found string"),
]


def assert_same_rows(found, expected):
    assert_df_equality(
        found.select(*expected.columns), expected, ignore_nullable=True, ignore_row_order=True, ignore_column_order=True
    )


def _split(columns):
    return [part.strip() for part in re.split(r",(?![^(]*\))", columns)]


def _storage(door, name):
    return door.dao.store(name.partition(".")[0]).interfaces[0].storage("")


def _folder(door, name):
    store, _, object_name = name.partition(".")
    return f"{door.dao.store(store).interfaces[0].settings.root}/{object_name}"


class Conformance:
    """What every door answers alike.

    Attributes:
        doors: The doors that are asked; `sql` there means that the session has the jar.
        formats: The formats of the objects in files.
        sampled: By door, the objects that `make test` asks about; all others are in `make test-all`.
    """

    doors: ClassVar[Sequence[str]] = ()
    formats: ClassVar[Sequence[str]] = ()
    sampled: ClassVar[Mapping[str, Collection[str]]] = {}

    @pytest.fixture(scope="session")
    def catalog(self, local_stack, tmp_path_factory):
        return declared_stores(local_stack, tmp_path_factory)

    @pytest.fixture(scope="session")
    def catalog_file(self, catalog, tmp_path_factory):
        file = tmp_path_factory.mktemp("conformance") / "catalog.json"
        file.write_text(json.dumps(catalog))
        return file

    def pytest_generate_tests(self, metafunc):
        """Ask what concerns every object of every one (`object_name`), and the rest of every door once."""
        doors = self.doors
        if "object_name" in metafunc.fixturenames:
            kinds = [f"{kind}_{each}" for kind in ("plain", "parted") for each in self.formats]
            names = [*(f"{store}.{kind}" for store in ("files", "lake") for kind in kinds), "house.plain_table"]
            cells = [
                pytest.param(door, name, marks=[] if name in self.sampled[door] else pytest.mark.full)
                for door in doors
                for name in names
            ]
            metafunc.parametrize(("door", "object_name"), cells, indirect=["door"])
        elif "door" in metafunc.fixturenames:
            metafunc.parametrize("door", doors, indirect=True)

    @pytest.fixture(scope="module")
    def dao(self, spark, catalog):
        return DataAccessObject(catalog, spark=spark)

    @pytest.fixture
    def door(self, request, spark, catalog, catalog_file, dao):
        if "sql" in self.doors:
            spark.conf.set("spark.sql.catalog.dao.config", str(catalog_file))
        else:
            register(spark, catalog)
        return Door(request.param, spark, dao)

    @pytest.fixture
    def rows(self, spark):
        return spark.createDataFrame(ROWS, COLUMNS)

    def test_what_was_written_is_read_again_appended_to_and_replaced(self, door, rows, object_name):
        door.write(rows, object_name, "overwrite")
        assert_same_rows(door.read(object_name), rows)
        assert_same_rows(door.read(object_name).where("id > 2"), rows.where("id > 2"))

        door.write(rows, object_name, "append")
        assert_same_rows(door.read(object_name), rows.unionAll(rows))

        door.write(rows.where("id = 1"), object_name, "overwrite")
        assert_same_rows(door.read(object_name), rows.where("id = 1"))

    def test_an_overwrite_with_no_rows_leaves_a_typed_empty_table(self, door, rows, object_name):
        door.write(rows, object_name, "overwrite")
        door.write(rows.where("id > 100"), object_name, "overwrite")
        found = door.read(object_name)
        assert found.count() == 0
        assert {field.name: field.dataType for field in found.schema} == {
            field.name: field.dataType for field in rows.schema
        }

    @pytest.mark.parametrize("name", ["files.plain_parquet", full("lake.parted_parquet"), "house.plain_table"])
    def test_a_write_that_fails_leaves_the_old_rows(self, door, rows, name):
        door.write(rows, name, "overwrite")
        failing = rows.withColumn(
            "id", functions.when(rows.id == 4, functions.raise_error(functions.lit("row 4"))).otherwise(rows.id)
        )
        for mode in ("overwrite", "append"):
            with pytest.raises(Exception, match="row 4"):
                door.write(failing.repartition(2), name, mode)
        assert_same_rows(door.read(name), rows)

    @pytest.mark.parametrize("name", ["files.plain_parquet", full("lake.plain_orc")])
    def test_a_table_can_be_overwritten_with_what_was_read_from_it(self, door, rows, name):
        door.write(rows, name, "overwrite")
        door.write(door.read(name).where("id <= 2"), name, "overwrite")
        assert_same_rows(door.read(name), rows.where("id <= 2"))

    @pytest.mark.parametrize("name", [full("files.plain_parquet"), "lake.plain_csv", "house.plain_table"])
    def test_a_batch_that_the_caller_named_is_written_once(self, door, rows, name):
        batch = BATCH_OPTION[door.name]
        door.write(rows, name, "overwrite")
        for _ in range(2):
            door.write(rows.where("id = 1"), name, "append", **{batch: f"{door.name} 2025-01-07"})
        door.write(rows.where("id = 2"), name, "append", **{batch: f"{door.name} 2025-01-0"})
        assert_same_rows(door.read(name), rows.unionAll(rows.where("id IN (1, 2)")))

    def test_objects_written_through_one_door_are_read_through_the_others(self, door, rows):
        others = [dataclasses.replace(door, name=name) for name in {"dao", *self.doors} - {door.name}]
        for name in ("files.parted_parquet", "lake.plain_csv", "house.plain_table"):
            door.write(rows, name, "overwrite")
            for other in others:
                assert_same_rows(other.read(name), rows)

    def test_an_object_that_nobody_declared_has_its_stores_defaults(self, door, rows):
        name = f"lake.undeclared_{door.name}"
        door.write(rows, name, "append")
        assert_same_rows(door.read(name), rows)

    @pytest.mark.parametrize("name", ERRORS)
    def test_a_wrong_name_is_the_same_error_through_every_door(self, door, rows, name):
        reading = door.error(lambda: door.read(name).count())
        writing = door.error(lambda: door.write(rows, name, "append"))
        expected = ERRORS[name]
        assert reading == writing
        assert reading.startswith(expected if expected is not None else ("malformed", "store `lake`: malformed"))

    @pytest.mark.parametrize(
        ("name", "near"),
        [
            ("files.plain_parqet", "did you mean `plain_parquet`?"),
            ("lake.plain_ocr", "did you mean `plain_orc`?"),
            ("house.plain_tabel", "did you mean `plain_table`?"),
        ],
    )
    def test_reading_what_is_not_there_names_the_object_and_suggests_a_near_one(self, door, rows, name, near):
        door.write(rows, "house.plain_table", "overwrite")
        message = door.error(lambda: door.read(name).count())
        assert message.startswith(name)
        assert near in message

    @pytest.mark.parametrize(("name", "columns", "fault"), CLASHES)
    def test_an_append_of_other_columns_is_the_same_error_and_changes_nothing(self, door, rows, name, columns, fault):
        dataclasses.replace(door, name="dao").write(rows, name, "overwrite")
        clashing = rows.selectExpr(*_split(columns))
        if door.name == "sql" and len(clashing.columns) <= len(rows.columns):
            pytest.skip("Spark itself aligns SQL's columns: by name it orders, casts and fills in")
        message = door.error(lambda: door.write(clashing, name, "append"))
        if door.name == "sql":
            assert identifier(name) in message
        else:
            assert message.startswith(f"{name}: the data does not fit the object's columns: {fault}")
        assert_same_rows(door.read(name), rows)

    def test_an_append_keeps_to_the_partitions_of_the_files(self, door, rows):
        name = f"files.parted_by_nobody_{door.name}"
        door.dao.write(rows, name, partition_by=["active"], mode="overwrite")
        door.write(door.dao.read(name), name, "append")
        files = [file.path for file in _storage(door, name).list_files(_folder(door, name))]
        assert [path for path in files if path.endswith(".parquet") and "/active=" not in path] == []
        assert_same_rows(
            door.read(name).withColumn("active", functions.col("active").cast("boolean")), rows.unionAll(rows)
        )

    @pytest.mark.parametrize("name", ["files.plain_parquet", full("lake.plain_csv"), full("lake.new_mixed")])
    def test_a_folder_of_mixed_formats_is_the_same_error(self, door, rows, name):
        dataclasses.replace(door, name="dao").write(rows, name, "overwrite")
        folder, own, other = _folder(door, name), *(("csv", "parquet") if "csv" in name else ("parquet", "csv"))
        stray = f"{folder}/part-stray.{other}"
        _storage(door, name).write_bytes(stray, b"id,name")
        message = door.error(lambda: door.read(name).count())
        _storage(door, name).delete_files([stray])
        assert message == (
            f"{name}: expected {own} files only, found `part-stray.{other}` among them in `{folder}`; move it away, "
            f'correct the object\'s `format`, or say `pathGlobFilter: "*.{own}"` in its `spark_options`'
        )

    @pytest.mark.parametrize("name", [full("files.empty"), full("files.pattern_csv"), "lake.pattern_parquet"])
    def test_a_folder_and_a_pattern_without_files_are_the_same_error(self, door, rows, name, catalog):
        dataclasses.replace(door, name="dao").write(rows, f"{name.partition('.')[0]}.plain_parquet", "overwrite")
        local_path(f"{catalog['files']['default_configs']['root']}/empty").mkdir(exist_ok=True)
        message = door.error(lambda: door.read(name).count())
        if name == "files.empty":
            assert message.startswith(f"{name}: no files under `{_folder(door, name)}`; write the object first")
        else:
            folder = _folder(door, name).replace(name.partition(".")[2], "plain_parquet/nothing*")
            assert message == f"{name}, key `path`: no files match `{folder}`; write them first, or correct the pattern"

    def test_what_a_store_cannot_hold_is_refused_before_anything_is_written(self, door, spark):
        strange = spark.sql("SELECT 1 AS id, INTERVAL '1' DAY AS span")
        message = door.error(lambda: door.write(strange, "house.spans", "append"))
        assert message.startswith("house.spans")
        assert "span" in message
        assert "house.spans" in door.error(lambda: door.read("house.spans").count())
