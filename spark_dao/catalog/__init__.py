"""The catalog: which stores and objects exist, declared in dicts, JSON or YAML files, or Spark conf."""

from spark_dao.catalog.conf import sources_from_conf
from spark_dao.catalog.declarations import ObjectDeclaration, StoreDeclaration
from spark_dao.catalog.json_schema import json_schema
from spark_dao.catalog.references import redact, resolve_references
from spark_dao.catalog.sources import CatalogSource, load_declarations, merge_sources, split_name

__all__ = [
    "CatalogSource",
    "ObjectDeclaration",
    "StoreDeclaration",
    "json_schema",
    "load_declarations",
    "merge_sources",
    "redact",
    "resolve_references",
    "sources_from_conf",
    "split_name",
]
