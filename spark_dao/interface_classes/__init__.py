"""The interface classes that ship with spark_dao, and what authors of others need."""

from spark_dao.core.decorators import register, when
from spark_dao.plans import Filter, ReadPlan, SchemaField, StagedFile, WritePlan

__all__ = ["Filter", "ReadPlan", "SchemaField", "StagedFile", "WritePlan", "register", "when"]
