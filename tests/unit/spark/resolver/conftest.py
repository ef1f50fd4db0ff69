"""Resolver processes, and catalogs with interface classes of the user's own."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest

from tests.unit.spark.resolver.client import Client

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "interface-classes.md"


@pytest.fixture
def clients():
    started = []

    def start(*arguments, **settings):
        started.append(Client(*arguments, **settings))
        return started[-1]

    yield start
    for client in started:
        client.end()


@pytest.fixture
def catalog(tmp_path):
    """Write a catalog file, and modules that lie beside it."""

    def write(declarations, **modules):
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        file = tmp_path / "catalog.json"
        file.write_text(json.dumps(declarations))
        return file

    return write


@pytest.fixture
def documented(tmp_path):
    """Write the modules and the catalog of the documentation, its `/data` being a temporary folder."""
    text = DOCUMENT.read_text()
    for name, source in re.findall(r"```python\n# (\w+)\.py\n(.*?)```", text, re.DOTALL):
        (tmp_path / f"{name}.py").write_text(source)
    declarations = {}
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        declarations.update(json.loads(block.replace("file:///data", f"file://{tmp_path}/data")))
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(declarations))
    return file
