"""The shape of a catalog: what a store and an object may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from spark_dao.errors import near_miss

WriteMode = Literal["append", "overwrite", "ignore", "error", "errorifexists"]
_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)
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


Columns = Annotated[list[str], BeforeValidator(_as_list)]
SparkOption = Annotated[str, BeforeValidator(_as_option)]


class InterfaceDeclaration(BaseModel):
    """Which Python class reaches a store, and with what settings.

    Attributes:
        interface_class: Name of the class.
        interface_class_location: Module that defines it; may be left out for classes that ship with spark_dao or
            that a package announces by the entry point `spark_dao.interface_classes`.
        default_configs: Keyword arguments the class is constructed with.
    """

    model_config = _STRICT

    interface_class: str = Field(min_length=1)
    interface_class_location: str | None = None
    default_configs: dict[str, Any] = Field(default_factory=dict)


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
            known = {field.alias or name for name, field in cls.model_fields.items()}
            for name in values:
                if name in known or not isinstance(name, str):
                    continue
                hint = near_miss(name, known, cutoff=_NEAR)
                if "did you mean" in hint:
                    raise ValueError(f"unknown key `{name}`{hint}")
        return values

    def properties(self) -> dict[str, Any]:
        """Return what was said, under the names it was said with."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class StoreDeclaration(InterfaceDeclaration):
    """What the catalog says of one data store.

    Attributes:
        additional_interfaces: Further classes for the same store, tried after the first.
        properties: Defaults for arguments of the interfaces' methods, below those of an object.
        data_objects: The objects declared in the store, by name.
        declared_only: Refuse objects that nobody declared.
        spool_dir: Where rows of interfaces without a plan are spooled; executors must reach it.
        allow_purge: Whether `DROP TABLE … PURGE` may delete data.
    """

    additional_interfaces: list[InterfaceDeclaration] = Field(default_factory=list)
    properties: dict[str, Any] = Field(default_factory=dict)
    data_objects: dict[str, ObjectDeclaration] = Field(default_factory=dict)
    declared_only: bool = False
    spool_dir: str | None = None
    allow_purge: bool = False
