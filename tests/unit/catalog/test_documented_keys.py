from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from spark_dao.catalog import StoreDeclaration
from spark_dao.catalog.object_declaration import ObjectDeclaration
from spark_dao.interface_classes.file.settings import FileSettings
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.s3.settings import S3Settings

DOCUMENT = Path(__file__).parents[3] / "docs" / "catalog.md"


@pytest.mark.parametrize("model", [StoreDeclaration, ObjectDeclaration, FileSettings, S3Settings, RedshiftSettings])
def test_every_key_of_a_catalog_is_documented(model: type[BaseModel]) -> None:
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in DOCUMENT.read_text(encoding="utf-8")} == set()
