"""The shape of one data object in a catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from spark_dao.errors import near_miss

WriteMode = Literal["append", "overwrite", "ignore", "error", "errorifexists"]
_OWN_PROPERTIES = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True, populate_by_name=True)
_NEAR = 0.8


def _as_list(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _as_option(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


Columns = Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=list[str] | str)]
SparkOption = Annotated[str, BeforeValidator(_as_option, json_schema_input_type=str | bool | int | float)]


class ObjectDeclaration(BaseModel):
    """What the catalog says of one data object; properties of its own are kept, near misses of known keys refused."""

    model_config = _OWN_PROPERTIES

    type: Literal["DataObject", "TableObject"] | None = None
    format: str | None = None
    path: str | None = None
    key: str | None = None
    table: str | None = None
    identifier: str | None = None
    schema_: str | None = Field(
        default=None, alias="schema", description="Columns as Spark DDL: `id BIGINT, name STRING`"
    )
    partition_by: Columns | None = None
    primary_keys: Columns | None = None
    write_mode: WriteMode | None = None
    spark_options: dict[str, SparkOption] | None = None
    description: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_near_misses(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            for name in values:
                problem = unknown_key(name) if isinstance(name, str) else None
                if problem is not None:
                    raise ValueError(problem)
        return values

    def properties(self) -> dict[str, Any]:
        """Return what was said, under the names it was said with."""
        return self.model_dump(by_alias=True, exclude_unset=True)


OBJECT_KEYS = frozenset(field.alias or name for name, field in ObjectDeclaration.model_fields.items())


def unknown_key(key: str) -> str | None:
    """Say what is wrong with a key that is near to a known one without being it; None for a property of one's own.

    Example:
        >>> unknown_key("fromat"), unknown_key("owner")
        ('unknown key `fromat`; did you mean `format`?', None)
    """
    if key in OBJECT_KEYS:
        return None
    hint = near_miss(key, OBJECT_KEYS, cutoff=_NEAR)
    return f"unknown key `{key}`{hint}" if "did you mean" in hint else None
