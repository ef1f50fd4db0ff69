"""`spark-dao check` and `spark-dao schema`: the catalog from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from spark_dao.catalog import StoreDeclaration, json_schema, load_declarations
from spark_dao.catalog.references import is_literal_secret
from spark_dao.data_store.loading import load_interface_class
from spark_dao.errors import SparkDaoError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: Subparsers) -> None:
    """Add `check` and `schema`.

    Args:
        commands: The parser's commands.
    """
    check = commands.add_parser(
        "check",
        help="check a catalog without connecting to anything",
        description="Read the catalog, later files laid over earlier ones, and check every declaration; import every "
        "interface class. Nothing is connected to, and no secret is resolved. The exit code is 1 when something is "
        "wrong.",
    )
    check.add_argument("catalog", nargs="+", type=Path, metavar="CATALOG", help="a JSON or YAML file")
    check.set_defaults(run=_check)
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of catalogs",
        description="Print the JSON Schema of catalogs, with which editors check and complete them.",
    )
    schema.set_defaults(run=_schema)


def _check(options: argparse.Namespace) -> int:
    stores = load_declarations(options.catalog)
    errors: list[SparkDaoError] = []
    table = Table()
    for heading in ("Store", "Interface classes", "Objects"):
        table.add_column(heading)
    for name, store in stores.items():
        interfaces = [store, *store.additional_interfaces]
        for interface in interfaces:
            try:
                load_interface_class(interface, store=name)
            except SparkDaoError as error:
                errors.append(error)
        for key in _literal_secrets(store):
            print(
                f"warning: store `{name}`, key `{key}`: the catalog holds the secret itself; "
                "refer to it instead, as in {{env:NAME}}",
                file=sys.stderr,
            )
        classes = ", ".join(interface.interface_class for interface in interfaces)
        table.add_row(name, classes, ", ".join(store.data_objects))
    for problem in errors:
        print(f"error: {problem}", file=sys.stderr)
    if errors:
        return 1
    Console().print(table)
    count = sum(len(store.data_objects) for store in stores.values())
    print(f"The catalog is well-formed: {len(stores)} stores, {count} declared objects.")
    return 0


def _schema(options: argparse.Namespace) -> int:
    json.dump(json_schema(), sys.stdout, indent=2, ensure_ascii=False)
    print()
    return 0


def _literal_secrets(store: StoreDeclaration) -> Iterator[str]:
    yield from _literal_secrets_in(store.default_configs, "default_configs")
    for number, interface in enumerate(store.additional_interfaces):
        yield from _literal_secrets_in(interface.default_configs, f"additional_interfaces.{number}.default_configs")


def _literal_secrets_in(configs: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, value in configs.items():
        if isinstance(value, Mapping):
            yield from _literal_secrets_in(value, f"{path}.{key}")
        elif is_literal_secret(key, value):
            yield f"{path}.{key}"
