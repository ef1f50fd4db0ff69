"""Refuse a wheel that does not carry the bridge's one jar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class JarCheck(BuildHookInterface):
    """Checks before a wheel is built; an editable install builds its jar when it needs one (`make jar`)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raise where a wheel would carry no jar, or a second one.

        Raises:
            RuntimeError: The jar is missing, or not alone.
        """
        if version == "editable" or self.target_name != "wheel":
            return
        jars = sorted(path.name for path in (Path(self.root) / "spark_dao" / "jars").glob("*.jar"))
        if jars != ["spark-dao-bridge.jar"]:
            raise RuntimeError(
                f"expected spark_dao/jars/spark-dao-bridge.jar alone, found {jars}; run `make jar` first"
            )
