"""Planning a write: what can be refused is refused here, before anything is staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spark_dao.errors import PlanError, near_miss
from spark_dao.interface_classes.redshift import metadata
from spark_dao.interface_classes.redshift.connection import Session, connected
from spark_dao.interface_classes.redshift.control import control_table, recorded_rows
from spark_dao.interface_classes.redshift.load import KEYED_MODES, Load
from spark_dao.interface_classes.redshift.names import TableName, fold
from spark_dao.interface_classes.redshift.own_statements import checked_statements
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.table_definition import checked_encodings, create_statements, table_clauses
from spark_dao.interface_classes.redshift.types import Column, columns_of_schema
from spark_dao.interface_classes.redshift.unload import find_column
from spark_dao.interface_classes.redshift.write_checks import check_existing, checked_batch_id
from spark_dao.interface_classes.temporary_folders import fresh_folder
from spark_dao.plans import SchemaField

# Equality of floats depends on how they are written, and NaN; a SUPER has none.
_NO_KEYS = ("real", "double precision", "super")


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """What a caller and the catalog say of one write; see `RedshiftSparkInterface.plan_write`."""

    target: TableName
    schema: Sequence[SchemaField]
    mode: str
    operation: str | None = None
    primary_keys: Sequence[str] | None = None
    varchar_lengths: Mapping[str, int] | None = None
    diststyle: str | None = None
    distkey: str | None = None
    sortkey: Sequence[str] | None = None
    encode: Mapping[str, str] | None = None
    description: str | None = None
    add_new_columns: bool = False
    batch_id: str | None = None
    pre_statements: Any = None
    post_statements: Any = None


def plan_load(settings: RedshiftSettings, request: WriteRequest) -> Load | None:
    """Decide what a write is to do in the warehouse, None where there is nothing to do.

    Raises:
        PlanError: The data does not fit Redshift or the existing table, or the mode forbids the write.
        InterfaceError: The warehouse cannot be reached.
    """
    mode = _mode(request)
    target, wanted = request.target, columns_of_schema(request.schema, request.varchar_lengths)
    keys = _checked_keys(request, wanted) if mode in KEYED_MODES else ()
    if mode == "delete":
        wanted = [find_column(wanted, key) for key in keys]
    clauses = table_clauses(wanted, diststyle=request.diststyle, distkey=request.distkey, sortkey=request.sortkey)
    encodings, measured = checked_encodings(wanted, request.encode), _measured(request, wanted)
    new_columns: tuple[Column, ...] = ()
    with connected(settings) as session:
        existing = (
            metadata.existing_table(session, target) if mode == "delete" else metadata.find_table(session, target)
        )
        if existing is not None and (mode == "ignore" or _made_by_this_batch(session, settings, existing, request)):
            return None
        if existing is None:
            _check_schema_exists(session, target)
        else:
            target, known = existing.name, {fold(column.name) for column in existing.columns}
            if request.add_new_columns and mode != "delete":
                new_columns = tuple(column for column in wanted if fold(column.name) not in known)
                existing = existing._replace(columns=(*existing.columns, *new_columns))
            check_existing(existing, request.schema, mode)
            wanted = [find_column(existing.columns, column.name) for column in wanted]
            keys = tuple(find_column(existing.columns, key).name for key in keys)
            measured = ()
    _check_key_types(keys, wanted)
    load = Load(
        batch_id=checked_batch_id(request.batch_id),
        mode=mode,
        target=target,
        columns=tuple(wanted),
        staging=fresh_folder(settings.staging_root, "write"),
        table_clauses=clauses,
        encodings=encodings,
        description=request.description,
        comments=tuple((field.name, field.comment) for field in request.schema if field.comment),
        measured=measured,
        new_columns=new_columns,
        keys=keys,
        pre_statements=checked_statements(request.pre_statements, "pre_statements"),
        post_statements=checked_statements(request.post_statements, "post_statements"),
    )
    # What cannot be quoted (a comment with a backslash) is refused before anything is staged.
    create_statements(load)
    return load


def _made_by_this_batch(
    session: Session, settings: RedshiftSettings, existing: metadata.Table, request: WriteRequest
) -> bool:
    """Tell whether a table that must not exist does so because the same named batch was committed already."""
    if request.batch_id is None or request.mode != "errorifexists":
        return False
    control = metadata.find_table(session, control_table(existing.name, settings.control_schema))
    return control is not None and recorded_rows(session, control.name, request.batch_id) is not None


def _measured(request: WriteRequest, columns: Sequence[Column]) -> tuple[str, ...]:
    declared = {fold(name) for name in request.varchar_lengths or {}}
    strings = {field.name for field in request.schema if str(field.data_type).startswith("string")}
    return tuple(column.name for column in columns if column.name in strings and fold(column.name) not in declared)


def _mode(request: WriteRequest) -> str:
    if request.operation is None:
        return request.mode
    operation = request.operation.lower()
    if operation not in KEYED_MODES:
        raise PlanError(f"unknown operation `{request.operation}`{near_miss(operation, KEYED_MODES)}", key="operation")
    if request.mode != "append":
        raise PlanError(
            f'the operation `{operation}` goes with the mode `append`, found `{request.mode}`; say `.mode("append")`',
            key="mode",
        )
    return operation


def _checked_keys(request: WriteRequest, columns: Sequence[Column]) -> tuple[str, ...]:
    names = [column.name for column in columns]
    by_name = {fold(name): name for name in names}
    keys = tuple(dict.fromkeys(fold(key) for key in request.primary_keys or ()))
    if not keys:
        raise PlanError(
            f"{request.operation} needs to know which columns make rows the same; declare `primary_keys` on the object "
            "or give it with the call",
            key="primary_keys",
        )
    for key in keys:
        if key not in by_name:
            raise PlanError(f"the data has no column `{key}`{near_miss(key, names)}", key="primary_keys")
    extra = [name for name in names if fold(name) not in keys]
    if request.operation == "delete" and extra:
        listed = ", ".join(f"`{name}`" for name in extra)
        raise PlanError(f"rows are deleted by their keys alone, but the data has {listed} too; select the keys first")
    return tuple(by_name[key] for key in keys)


def _check_key_types(keys: Sequence[str], columns: Sequence[Column]) -> None:
    wrong = [column for column in columns if column.name in keys and column.type in _NO_KEYS]
    if wrong:
        listed = ", ".join(f"`{column.name}` ({column.type})" for column in wrong)
        raise PlanError(f"{listed} cannot be a key; cast it to a decimal, an integer or a string", key="primary_keys")


def _check_schema_exists(session: Session, target: TableName) -> None:
    if not metadata.schema_exists(session, target.schema):
        raise PlanError(
            f"the database has no schema `{target.schema}`; create it, or correct `schema` or `table`", key="schema"
        )
