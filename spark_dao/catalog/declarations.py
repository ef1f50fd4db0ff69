"""The shape of a catalog: what a store may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WrapValidator

from spark_dao.catalog.declared_objects import DeclaredObjects, validate_lazily
from spark_dao.catalog.object_declaration import ObjectDeclaration, WriteMode

__all__ = ["InterfaceDeclaration", "ObjectDeclaration", "StoreDeclaration", "WriteMode"]

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


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
    data_objects: Annotated[Mapping[str, ObjectDeclaration], WrapValidator(validate_lazily)] = Field(
        default_factory=lambda: DeclaredObjects({}, {})
    )
    declared_only: bool = False
    spool_dir: str | None = None
    allow_purge: bool = False
