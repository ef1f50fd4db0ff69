"""An interface class that travels in `--py-files`."""

from __future__ import annotations

from pathlib import Path

import spark_dao
from spark_dao.plans import ReadPlan, WritePlan


class Shelf:
    """Parquet folders below a root."""

    def __init__(self, root: str) -> None:
        self.root = root

    def plan_read(self, data_object, **options) -> ReadPlan:
        return ReadPlan(format="parquet", paths=(f"{self.root}/{data_object.name}",), options=options)

    def plan_write(self, data_object, *, schema, mode: str, **options) -> WritePlan:
        return WritePlan(format="parquet", path=f"{self.root}/{data_object.name}", mode=mode, options=options)

    def list_objects(self) -> list[str]:
        return [Path(spark_dao.__file__).parents[1].name, Path(__file__).parent.stem]
