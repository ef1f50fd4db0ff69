from __future__ import annotations

import json
import os
import shlex
import stat
import sys
from pathlib import Path

import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

from spark_dao import CatalogError, PlanError, configure
from spark_dao.catalog import load_declarations
from spark_dao.data_store import DataStores
from spark_dao.spark.bridge_jar import bridge_jar
from spark_dao.spark.packages import DELTA_PACKAGES, S3A_PACKAGES, packages_for

S3 = {"silver": {"interface_class": "S3SparkInterface", "default_configs": {"bucket": "my-bucket"}}}
FILE = {"silver": {"interface_class": "FileSparkInterface", "default_configs": {"root": "/data"}}}


@pytest.fixture
def builder(monkeypatch):
    monkeypatch.delenv("PYSPARK_SUBMIT_ARGS", raising=False)
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    monkeypatch.delenv("SPARK_HOME", raising=False)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    # Other tests of this worker may have started one.
    monkeypatch.setattr(SparkContext, "_jvm", None)
    return SparkSession.Builder()


@pytest.fixture
def jars():
    return [str(bridge_jar())] if bridge_jar() else []


def packages(builder):
    return listed(builder, "spark.jars.packages")


def listed(builder, key):
    return [part for part in builder._options.get(key, "").split(",") if part]


def test_only_what_the_stores_need_is_added(builder):
    configure(builder, FILE)
    assert packages(builder) == []
    configure(builder, S3)
    assert packages(builder) == list(S3A_PACKAGES)
    assert "software.amazon.awssdk:bundle" in builder._options["spark.jars.excludes"]


def test_what_is_needed_is_known_without_building_the_objects():
    objects = {f"object_{number}": {"format": "Delta" if number == 7 else "parquet"} for number in range(10)}
    stores = DataStores(load_declarations({"silver": {**FILE["silver"], "data_objects": objects}}))
    assert packages_for(stores) == DELTA_PACKAGES
    assert stores["silver"].declared_objects._built == {}


def test_a_delta_object_brings_delta_its_extension_and_its_catalog(builder):
    catalog = {"silver": {**FILE["silver"], "data_objects": {"u": {"format": "delta"}}}}
    configure(builder.config("spark.sql.extensions", "my.Extension"), catalog)
    assert packages(builder) == list(DELTA_PACKAGES)
    assert builder._options["spark.sql.extensions"] == "my.Extension,io.delta.sql.DeltaSparkSessionExtension"


def test_what_the_user_set_is_kept_and_appended_to(builder, monkeypatch, tmp_path):
    (tmp_path / "spark-defaults.conf").write_text(
        "# ours\nspark.jars.packages  a:b:1,c:d:2\nspark.hadoop.fs.s3.impl mine\n"
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    configure(builder, S3)
    assert packages(builder) == ["a:b:1", "c:d:2", *S3A_PACKAGES]
    assert "spark.hadoop.fs.s3.impl" not in builder._options


def test_submit_arguments_and_the_builder_win_over_the_defaults_file(builder, monkeypatch):
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--packages e:f:3 --conf spark.jars.excludes=g:h pyspark-shell")
    configure(builder, S3)
    assert packages(builder)[0] == "e:f:3"
    assert builder._options["spark.jars.excludes"].startswith("g:h,")
    configure(builder, S3)
    assert packages(builder) == ["e:f:3", *S3A_PACKAGES]


def test_the_bridge_jar_is_appended_to_the_jars_of_the_user(builder, jars, monkeypatch, tmp_path):
    (tmp_path / "ours.conf").write_text("spark.jars a.jar\n")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", f"--properties-file {tmp_path}/ours.conf pyspark-shell")
    configure(builder, FILE)
    assert listed(builder, "spark.jars") == ["a.jar", *jars]
    configure(builder.config("spark.jars", "b.jar,c.jar"), FILE)
    assert listed(builder, "spark.jars") == ["b.jar", "c.jar", *jars]
    configure(builder, FILE)
    assert listed(builder, "spark.jars") == ["b.jar", "c.jar", *jars]
    assert builder._options.get("spark.sql.catalog.dao") == ("io.sparkdao.DaoCatalog" if jars else None)


def test_flags_of_pyspark_submit_args_which_win_over_the_builder_are_appended_to_as_well(builder, jars, monkeypatch):
    said = "--jars a.jar --packages e:f:3 --conf spark.jars.excludes=g:h --name 'my job' pyspark-shell"
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", said)
    configure(builder, S3)
    words = shlex.split(os.environ["PYSPARK_SUBMIT_ARGS"])
    assert words[1] == ",".join(["a.jar", *jars])
    assert words[3] == ",".join(["e:f:3", *S3A_PACKAGES])
    assert words[5].startswith("spark.jars.excludes=g:h,software.amazon.awssdk:bundle")
    assert words[6:] == ["--name", "my job", "pyspark-shell"]


def test_a_catalog_class_that_the_user_set_is_kept(builder):
    configure(builder.config("spark.sql.catalog.dao", "my.Catalog"), FILE)
    assert builder._options["spark.sql.catalog.dao"] == "my.Catalog"


def test_a_connect_client_is_refused_since_it_has_no_jvm(builder, monkeypatch):
    with pytest.raises(PlanError, match="start the server with the bridge jar"):
        configure(builder.config("spark.remote", "sc://server:15002"), FILE)
    monkeypatch.setenv("SPARK_REMOTE", "sc://server:15002")
    with pytest.raises(PlanError, match="a Spark Connect client has none"):
        configure(SparkSession.Builder(), FILE)


def test_a_dict_is_handed_on_in_a_file_that_only_its_owner_can_read(builder):
    configure(builder, FILE)
    file = Path(builder._options["spark.sql.catalog.dao.config"])
    assert json.loads(file.read_text()) == FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_paths_are_put_into_conf_in_order(builder, tmp_path):
    for name, text in (("a.json", json.dumps(FILE)), ("b.yaml", "silver: {default_configs: {root: /b}}")):
        (tmp_path / name).write_text(text)
    configure(builder, [tmp_path / "a.json", str(tmp_path / "b.yaml")])
    assert builder._options["spark.sql.catalog.dao.config"] == f"{tmp_path / 'a.json'},{tmp_path / 'b.yaml'}"


def test_relative_paths_are_made_absolute_since_their_readers_have_folders_of_their_own(builder, monkeypatch, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(FILE))
    monkeypatch.chdir(tmp_path)
    configure(builder, "a.json")
    assert builder._options["spark.sql.catalog.dao.config"] == str(tmp_path / "a.json")


def test_without_a_catalog_the_builders_conf_decides(builder):
    builder.config("spark.sql.catalog.dao.store.s.interface_class", "S3SparkInterface")
    configure(builder)
    assert packages(builder) == list(S3A_PACKAGES)


def test_a_wrong_catalog_is_refused_before_the_session_starts(builder):
    with pytest.raises(CatalogError, match="did you mean `S3SparkInterface`"):
        configure(builder, {"s": {"interface_class": "S3SparkInterfce"}})


def test_workers_run_the_drivers_python_unless_somebody_chose_another(builder, monkeypatch):
    monkeypatch.setenv("PYSPARK_PYTHON", "/opt/python")
    configure(builder, FILE)
    assert os.environ["PYSPARK_PYTHON"] == "/opt/python"
    monkeypatch.delenv("PYSPARK_PYTHON")
    configure(builder, FILE)
    assert os.environ["PYSPARK_PYTHON"] == builder._options["spark.pyspark.python"] == sys.executable
    assert builder._options["spark.dao.python"] == sys.executable


def test_the_users_own_folders_are_published_and_the_interpreters_are_not(builder, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    configure(builder, FILE)
    published = builder._options["spark.dao.pythonPath"].split(os.pathsep)
    assert published[0] == str(tmp_path)
    assert not [folder for folder in published if folder.endswith("site-packages")]


def test_a_python_path_that_the_user_set_is_kept(builder):
    configure(builder.config("spark.dao.pythonPath", "/mine"), FILE)
    assert builder._options["spark.dao.pythonPath"] == "/mine"
