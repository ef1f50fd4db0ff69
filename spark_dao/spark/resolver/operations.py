"""What Spark's planning asks: names, descriptions, plans. Answered at once, from what is in memory or one listing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spark_dao.catalog import redact, split_name
from spark_dao.core.planner import PlannedRead, Planner
from spark_dao.core.router import route, weigh
from spark_dao.data_object import DataObject
from spark_dao.data_store import DataStore
from spark_dao.errors import CatalogError, PlanError, RouteError
from spark_dao.plans import PLAIN_FILE_FORMATS, ReadPlan, fields_from_spark_json
from spark_dao.spark.resolver.discovery import discovered_objects
from spark_dao.spark.resolver.protocol import Request
from spark_dao.spark.resolver.tokens import wrap_token

Answer = dict[str, Any]

# Options of Spark are written without underscores, and Spark may hand them over in lower case.
_ARGUMENT_NAMES = {
    "batchid": "batch_id",
    "primarykeys": "primary_keys",
    "daointerfaceclass": "interface_class",
    "dao_interface_class": "interface_class",
}
_ARGUMENTS_OF_THE_CALL = frozenset({"self", "data_object", "columns", "filters"})
_SHOWN_APART = frozenset({"schema", "partition_by", "primary_keys", "spark_options", "description", "format", "type"})


def stores(planner: Planner, request: Request) -> Answer:
    """List the names of the stores."""
    del request
    return {"stores": sorted(planner.stores)}


def objects(planner: Planner, request: Request) -> Answer:
    """List the objects of a store: declared ones, and those that its interfaces find."""
    store = planner.stores[request.text("store")]
    declared = set(store.declared_objects)
    found = set() if store.declared_only else discovered_objects(store)
    return {"objects": sorted(declared | found), "declared": sorted(declared)}


def describe(planner: Planner, request: Request) -> Answer:
    """Say all that is known of an object, with the plan to read it; a missing one is an answer, no error."""
    name = request.text("name")
    store = planner.stores[split_name(name)[0]]
    try:
        found = planner.data_object(name)
    except CatalogError as error:
        if not store.declared_only or split_name(name)[1] in store.declared_objects:
            raise
        return {**_missing(store, error), "type": "DataObject", "declared": False}
    said = _description(found)
    fit_arguments = read_arguments(request)
    if not can_plan_read(found, fit_arguments):
        declared_schema = said["schema"] is not None
        read = plan_read(planner, request) if declared_schema else None
        return {**said, "exists": True, "staged": True, "interface_class": _reader_class(store), "read": read}
    interface_class = fit_arguments.pop("interface_class", None)
    try:
        planned = _plan_whole_read(planner, found, fit_arguments, interface_class)
    except CatalogError as error:
        return {**said, **_missing(store, error), "interface_class": _reader_class(store)}
    read = _read_answer(planned.plan, planned.interface)
    return {
        **said,
        "exists": True,
        "format": planned.plan.format,
        "schema": planned.plan.schema,
        "partition_by": list(planned.plan.partition_by) or said["partition_by"],
        "options": dict(planned.plan.options),
        "location": read["location"],
        "staged": read["staged"],
        "interface_class": read["interface_class"],
        "read": read,
    }


def _plan_whole_read(
    planner: Planner, found: DataObject, arguments: Mapping[str, Any], interface_class: str | None
) -> PlannedRead:
    """Plan a read; where the interface knows the columns, Spark chooses those of the caller's schema among them."""
    try:
        fit = route("read", found, arguments, interface_class=interface_class, kinds=["plan"])
    except RouteError:
        without = {name: value for name, value in arguments.items() if name != "schema"}
        if len(without) == len(arguments):
            raise
        fit = route("read", found, without, interface_class=interface_class, kinds=["plan"])
        planned = planner.carry_plan_read(fit, found)
        if planned.plan.token is None or planned.plan.schema is None:
            raise
        return planned
    return planner.carry_plan_read(fit, found)


def plan_read(planner: Planner, request: Request) -> Answer:
    """Plan a read.

    Raises:
        LongWork: The rows must be looked at to know their columns.
    """
    return _plan_read(planner, request, may_take_long=False)


def plan_read_by_looking(planner: Planner, request: Request) -> Answer:
    """Plan a read, at the price of producing rows to know their columns."""
    return _plan_read(planner, request, may_take_long=True)


def plan_write(planner: Planner, request: Request) -> Answer:
    """Plan a write."""
    from spark_dao.spark.publish_batches import named_batch_id

    arguments = _arguments(request, {*_ARGUMENTS_OF_THE_CALL, "schema", "mode"})
    if request.fields.get("partition_by"):
        arguments["partition_by"] = list(request.fields["partition_by"])
    schema = fields_from_spark_json(request.fields["schema"])
    planned = planner.plan_write(request.text("name"), schema=schema, mode=request.fields.get("mode"), **arguments)
    plan, interface = planned.plan, planned.interface
    if plan.merge_keys:
        raise PlanError(
            "a DataFrameWriter only adds to Delta or replaces it; call `dao.upsert`, or say it in SQL: MERGE INTO",
            store=planned.data_object.data_store.name,
            data_object=planned.data_object.name,
            key="operation",
        )
    is_plain = plan.token is None and plan.format in PLAIN_FILE_FORMATS
    return {
        "plan": {
            "format": plan.format,
            "path": plan.path,
            "mode": plan.mode,
            "options": dict(plan.options),
            "partition_by": list(plan.partition_by),
            "token": None if plan.token is None else wrap_token(interface, plan.token),
            "batch_id": None if plan.batch_id is None else named_batch_id(plan.batch_id),
        },
        "hadoop": hadoop_settings(interface),
        "interface_class": type(interface).__name__,
        "publish": is_plain and hasattr(interface, "storage"),
        "skip": bool(plan.token and plan.token.get("skip")),
    }


def can_plan_read(data_object: DataObject, arguments: Mapping[str, Any]) -> bool:
    """Tell whether an interface of the store plans reads at all, however the call is made."""
    return bool(
        weigh("read", data_object, {}, interface_class=arguments.get("interface_class"), kinds=["plan"])
    ) or not weigh("read", data_object, {}, interface_class=arguments.get("interface_class"), kinds=["direct"])


def read_arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of a read: the caller's options, and the schema that the caller said.

    Raises:
        PlanError: An option has the name of something that Spark itself gives.
    """
    arguments = _arguments(request, _ARGUMENTS_OF_THE_CALL)
    if request.fields.get("schema") is not None:
        arguments["schema"] = request.text("schema")
    return arguments


def hadoop_settings(interface: Any) -> dict[str, str]:
    """Return the Hadoop configuration entries that an interface's store needs, secrets included."""
    return dict(interface.hadoop_settings()) if hasattr(interface, "hadoop_settings") else {}


def _arguments(request: Request, taken: set[str] | frozenset[str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for option, value in request.options.items():
        name = _ARGUMENT_NAMES.get(option.lower(), option)
        if name in taken:
            raise PlanError(f"expected no option `{option}`: Spark itself gives the interface `{name}`", key=option)
        arguments[name] = value
    return arguments


def _plan_read(planner: Planner, request: Request, *, may_take_long: bool) -> Answer:
    found = planner.data_object(request.text("name"))
    arguments = read_arguments(request)
    if not can_plan_read(found, arguments):
        from spark_dao.spark.resolver.spooling import plan_spooled_read

        plan, interface, hadoop = plan_spooled_read(planner, found, arguments, may_take_long=may_take_long)
        return {**_read_answer(plan, interface), "hadoop": hadoop}
    planned = planner.plan_read(found, columns=request.columns, filters=request.filters, **arguments)
    return _read_answer(planned.plan, planned.interface)


def _read_answer(plan: ReadPlan, interface: Any) -> Answer:
    return {
        "plan": {
            "format": plan.format,
            "paths": list(plan.paths),
            "options": dict(plan.options),
            "schema": plan.schema,
            "partition_by": list(plan.partition_by),
            "token": None if plan.token is None else wrap_token(interface, plan.token),
        },
        "hadoop": hadoop_settings(interface),
        "interface_class": type(interface).__name__,
        "staged": plan.token is not None,
        "location": plan.paths[0] if plan.paths else None,
    }


def _description(found: DataObject) -> Answer:
    store = found.data_store
    declaration = store.declaration if isinstance(store, DataStore) else None
    own = {name: value for name, value in found.properties.items() if name not in _SHOWN_APART}
    return {
        "type": type(found).__name__,
        "declared": found.declared,
        "store": store.name,
        "format": found.get("format"),
        "location": None,
        "schema": found.get("schema"),
        "partition_by": list(found.get("partition_by") or ()),
        "primary_keys": list(found.get("primary_keys") or ()),
        "options": dict(found.get("spark_options") or {}),
        "description": found.get("description"),
        "properties": redact({**store.properties, **own}),
        "settings": redact(declaration.default_configs) if declaration else {},
        "staged": False,
    }


def _missing(store: DataStore, error: CatalogError) -> Answer:
    return {"exists": False, "store": store.name, "message": str(error), "read": None}


def _reader_class(store: DataStore) -> str:
    return store.declaration.interface_class


OPERATIONS: Mapping[str, Callable[[Planner, Request], Answer]] = {
    "stores": stores,
    "objects": objects,
    "describe": describe,
    "plan_read": plan_read,
    "plan_write": plan_write,
}
