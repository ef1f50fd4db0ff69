"""The interface classes and the catalog of docs/interface-classes.md, as a reader would copy them out."""

from __future__ import annotations

import json
import re
from pathlib import Path

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "interface-classes.md"


def documented_catalog(folder: Path) -> Path:
    """Write the documentation's classes and catalog into a folder, its `/data` being a folder in there."""
    text = _DOCUMENT.read_text()
    for name, source in re.findall(r"```python\n# (\w+)\.py\n(.*?)```", text, re.DOTALL):
        (folder / f"{name}.py").write_text(source)
    catalog: dict[str, object] = {}
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        catalog.update(json.loads(block.replace("file:///data", f"file://{folder}/data")))
    (folder / "catalog.json").write_text(json.dumps(catalog))
    return folder / "catalog.json"
