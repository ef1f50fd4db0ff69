from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from spark_dao.catalog import json_schema

CONF = Path(__file__).parents[3] / "conf"


def test_the_exported_schema_is_the_one_of_the_code():
    exported = json.loads((CONF / "catalog.schema.json").read_text())
    assert exported == json_schema(), "run `spark-dao schema > conf/catalog.schema.json`"


@pytest.mark.parametrize("name", ["catalog.json", "local.json"])
def test_the_shipped_catalogs_and_overlays_satisfy_it(name):
    jsonschema.validate(json.loads((CONF / name).read_text()), json_schema())
