"""Asking interfaces for plans: the part of the DataAccessObject that every door shares, free of pyspark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spark_dao.catalog import split_name
from spark_dao.core.router import Fit, route
from spark_dao.data_object import DataObject, TableObject
from spark_dao.data_store import DataStores
from spark_dao.errors import CatalogError, InterfaceError, PlanError, SparkDaoError, near_miss
from spark_dao.plans import Filter, ReadPlan, SchemaField, WritePlan

MODES = ("append", "overwrite", "ignore", "errorifexists")
DEFAULT_MODE = "errorifexists"
_OBJECT_CLASSES = {"DataObject": DataObject, "TableObject": TableObject}


@dataclass(frozen=True, kw_only=True)
class PlannedRead:
    """A plan to read, and who made it.

    Attributes:
        plan: What Spark shall read.
        interface: The interface instance that made the plan.
        data_object: The object concerned.
    """

    plan: ReadPlan
    interface: Any
    data_object: DataObject


@dataclass(frozen=True, kw_only=True)
class PlannedWrite:
    """A plan to write, and who made it; see `PlannedRead`."""

    plan: WritePlan
    interface: Any
    data_object: DataObject


class Planner:
    """Makes plans for the objects of one catalog.

    Args:
        stores: The catalog's stores.

    Example:
        >>> from spark_dao.catalog import load_declarations
        >>> stores = DataStores(load_declarations({"silver": {"interface_class": "FileSparkInterface",
        ...                                                   "default_configs": {"root": "file:///data"}}}))
        >>> fields = (SchemaField("id", "long"),)
        >>> Planner(stores).plan_write("silver.users", schema=fields, mode="append").plan.path
        'file:///data/users'
    """

    def __init__(self, stores: DataStores) -> None:
        self.stores = stores

    def data_object(self, name: str | DataObject) -> DataObject:
        """Find an object by the name `store.object`; an object is returned as it is.

        Raises:
            CatalogError: The name is malformed, or there is no such store.
        """
        if isinstance(name, DataObject):
            return name
        if not isinstance(name, str):
            raise CatalogError(
                f"expected `store.object` or a DataObject, found {type(name).__name__}", key="data_object"
            )
        store_name, object_name = split_name(name)
        store = self.stores[store_name]
        declared = store.declared_objects.get(object_name)
        object_class = _OBJECT_CLASSES[(declared and declared.type) or "DataObject"]
        return object_class(object_name, store)

    def plan_read(
        self,
        data_object: str | DataObject,
        *,
        columns: Sequence[str] | None = None,
        filters: Sequence[Filter] | None = None,
        interface_class: str | None = None,
        **arguments: Any,
    ) -> PlannedRead:
        """Ask the store's interface what Spark shall read.

        Args:
            data_object: The object, or its name.
            columns: Columns that are needed, None for all.
            filters: Conditions that may be applied early; Spark evaluates all of them again.
            interface_class: Restrict the choice to one interface class.
            **arguments: What else the caller said.

        Raises:
            SparkDaoError: The object does not exist, or no interface can plan the read.
        """
        found = self.data_object(data_object)
        fit = route("read", found, arguments, interface_class=interface_class, kinds=["plan"])
        return self.carry_plan_read(fit, found, columns=columns, filters=filters)

    def carry_plan_read(
        self,
        fit: Fit,
        data_object: DataObject,
        *,
        columns: Sequence[str] | None = None,
        filters: Sequence[Filter] | None = None,
    ) -> PlannedRead:
        """Call the `plan_read` that routing chose."""
        arguments = dict(fit.arguments)
        accepted = fit.candidate.signature.parameters
        for name, value in (("columns", columns), ("filters", filters)):
            if value is not None and name in accepted:
                arguments[name] = value
        plan = call(fit, arguments, data_object)
        if not isinstance(plan, ReadPlan):
            raise _wrong_answer(fit, data_object, "ReadPlan", plan)
        return PlannedRead(plan=plan, interface=fit.candidate.interface, data_object=data_object)

    def plan_write(
        self,
        data_object: str | DataObject,
        *,
        schema: Sequence[SchemaField],
        mode: str | None = None,
        interface_class: str | None = None,
        **arguments: Any,
    ) -> PlannedWrite:
        """Ask the store's interface where and how Spark shall write.

        Args:
            data_object: The object, or its name.
            schema: Columns of the data.
            mode: `append`, `overwrite`, `ignore` or `errorifexists`; None for the object's `write_mode`, else
                `errorifexists`.
            interface_class: Restrict the choice to one interface class.
            **arguments: What else the caller said.

        Raises:
            SparkDaoError: The mode is unknown, the schema cannot be stored, or no interface can plan the write.
        """
        found = self.data_object(data_object)
        wanted = {"schema": tuple(schema), "mode": write_mode(found, mode, arguments), **arguments}
        fit = route("write", found, wanted, interface_class=interface_class, kinds=["plan"])
        return self.carry_plan_write(fit, found)

    def carry_plan_write(self, fit: Fit, data_object: DataObject) -> PlannedWrite:
        """Call the `plan_write` that routing chose."""
        plan = call(fit, fit.arguments, data_object)
        if not isinstance(plan, WritePlan):
            raise _wrong_answer(fit, data_object, "WritePlan", plan)
        return PlannedWrite(plan=plan, interface=fit.candidate.interface, data_object=data_object)


def write_mode(data_object: DataObject, mode: str | None, arguments: Mapping[str, Any]) -> str:
    """Decide the mode of a write: the call's, else its `spark_options`', else the object's, else `errorifexists`.

    Raises:
        PlanError: The mode is unknown, or the call says it as the catalog does.
    """
    if "write_mode" in arguments:
        raise PlanError("a call says `mode`; `write_mode` is what the catalog says of an object", key="write_mode")
    options = {str(key).lower(): value for key, value in (arguments.get("spark_options") or {}).items()}
    chosen = str(mode or options.get("mode") or data_object.get("write_mode") or DEFAULT_MODE).lower()
    chosen = DEFAULT_MODE if chosen in {"error", "default"} else chosen
    if chosen not in MODES:
        raise PlanError(
            f"unknown write mode `{chosen}`{near_miss(chosen, MODES)}",
            store=data_object.data_store.name,
            data_object=data_object.name,
            key="mode",
        )
    return chosen


def call(fit: Fit, arguments: Mapping[str, Any], data_object: DataObject) -> Any:
    """Call the method that routing chose; what it raises names store and object.

    Raises:
        SparkDaoError: Whatever went wrong inside the interface.
    """
    with named_errors(data_object):
        try:
            return fit.candidate.function(**arguments)
        except SparkDaoError:
            raise
        except Exception as error:
            raise InterfaceError(f"`{fit.candidate.label}` failed with {type(error).__name__}: {error}") from error


@contextmanager
def named_errors(data_object: DataObject) -> Iterator[None]:
    """Fill store and object into errors that were raised without knowing them."""
    try:
        yield
    except SparkDaoError as error:
        error.store = error.store or data_object.data_store.name
        error.data_object = error.data_object or data_object.name
        if isinstance(error, CatalogError) and not data_object.declared and "did you mean" not in error.message:
            hint = near_miss(data_object.name, data_object.data_store.declared_objects)
            error.message += hint if "did you mean" in hint else ""
        raise


def _wrong_answer(fit: Fit, data_object: DataObject, wanted: str, found: Any) -> InterfaceError:
    return InterfaceError(
        f"`{fit.candidate.label}` must return a {wanted}, returned {type(found).__name__}",
        store=data_object.data_store.name,
        data_object=data_object.name,
    )
