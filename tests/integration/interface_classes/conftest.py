"""A gold store on the local stack, which every test must leave without staged files."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from spark_dao.interface_classes.redshift.spark import RedshiftSparkInterface
from tests.integration.interface_classes.gold_tables import Thing, configs


@pytest.fixture
def environment(local_stack: Any) -> Mapping[str, str]:
    return local_stack.environment()


@pytest.fixture
def gold(environment: Mapping[str, str]) -> Iterator[RedshiftSparkInterface]:
    interface = RedshiftSparkInterface(**configs(environment))
    yield interface
    root = interface.settings.staging_root
    assert interface.storage(root).list_files(root) == [], "every operation must remove what it staged"


@pytest.fixture
def users() -> Thing:
    return Thing(f"users_{uuid.uuid4().hex[:8]}")
