"""The JSON Schema of a catalog file, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from spark_dao.catalog.declarations import StoreDeclaration


def json_schema() -> dict[str, Any]:
    """Build the JSON Schema that `conf/catalog.schema.json` holds.

    It asks for no key: a file may be an overlay, which says only what differs. What is missing from the whole,
    `spark-dao check` says.

    Example:
        >>> json_schema()["additionalProperties"]
        {'$ref': '#/$defs/StoreDeclaration'}
    """
    schema = TypeAdapter(dict[str, StoreDeclaration]).json_schema(by_alias=True)
    schema["$defs"]["StoreDeclaration"].pop("required")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "spark_dao catalog",
        **schema,
        "properties": {"$schema": {"type": "string"}},
    }
