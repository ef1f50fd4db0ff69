"""Upsert into a Delta table by Delta's own MERGE."""

from __future__ import annotations

import uuid
from typing import Any

from spark_dao.errors import PlanError
from spark_dao.plans import WritePlan, quoted_name

_ROWS = "spark_dao_rows"
_SAMPLES = 5


def merge_into_delta(session: Any, plan: WritePlan, data: Any) -> None:
    """Put rows into a Delta table: those whose keys are there replace it, the others are added.

    A table that does not exist is made. Columns that the data lacks keep their values, and are NULL in new rows.

    Args:
        session: The Spark session.
        plan: Says the table's path and the keys.
        data: The rows.

    Raises:
        PlanError: A key is null, or several rows have the same.
    """
    _check_keys(plan, data)
    if not _exists(session, plan.path):
        writer = data.write.format("delta").mode("append").options(**plan.options)
        (writer.partitionBy(*plan.partition_by) if plan.partition_by else writer).save(plan.path)
        return
    source = f"spark_dao_upsert_{uuid.uuid4().hex}"
    keys = {key.lower() for key in plan.merge_keys}
    columns = [quoted_name(name) for name in data.columns]
    others = [quoted_name(name) for name in data.columns if name.lower() not in keys]
    same = " AND ".join(f"target.{quoted_name(key)} = source.{quoted_name(key)}" for key in plan.merge_keys)
    statement = [
        *("MERGE INTO", f"delta.{quoted_name(plan.path)}", "AS target USING", source, "AS source ON", same),
        *(("WHEN MATCHED THEN UPDATE SET", ", ".join(f"{name} = source.{name}" for name in others)) if others else ()),
        *("WHEN NOT MATCHED THEN INSERT", f"({', '.join(columns)})"),
        *("VALUES", f"({', '.join(f'source.{name}' for name in columns)})"),
    ]
    data.createOrReplaceTempView(source)
    try:
        session.sql(" ".join(statement))
    finally:
        session.catalog.dropTempView(source)


def _check_keys(plan: WritePlan, data: Any) -> None:
    from pyspark.sql import functions

    named = ", ".join(f"`{key}`" for key in plan.merge_keys)
    missing = " OR ".join(f"{quoted_name(key)} IS NULL" for key in plan.merge_keys)
    counted = data.groupBy(*(quoted_name(key) for key in plan.merge_keys)).agg(functions.count("*").alias(_ROWS))
    found = counted.where(f"{missing} OR {_ROWS} > 1").limit(_SAMPLES).collect()
    if found:
        sample = "; ".join(", ".join(f"{key}={row[key]}" for key in plan.merge_keys) for row in found)
        raise PlanError(
            f"rows to upsert need a key ({named}) without NULL and of their own, found {sample}; nothing was written",
            key="primary_keys",
        )


def _exists(session: Any, path: str) -> bool:
    from pyspark.errors import AnalysisException

    try:
        session.sql(f"DESCRIBE DETAIL delta.{quoted_name(path)}")
    except AnalysisException as error:
        if error.getCondition() in {"DELTA_MISSING_DELTA_TABLE", "DELTA_PATH_DOES_NOT_EXIST"}:
            return False
        raise
    return True
