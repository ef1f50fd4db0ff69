"""Declarations in Spark conf: `spark.sql.catalog.<catalog>.config`, `.store.…` and `.object.…`.

The functions take plain mappings, so that any process which knows the conf can use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_dao.catalog.sources import CatalogSource
from spark_dao.errors import CatalogError, near_miss

CATALOG = "dao"
_SECTIONS = ("config", "store", "object")


def conf_prefix(catalog: str = CATALOG) -> str:
    """Return what every conf key of a catalog starts with.

    Example:
        >>> conf_prefix()
        'spark.sql.catalog.dao.'
    """
    return f"spark.sql.catalog.{catalog}."


def sources_from_conf(conf: Mapping[str, str], catalog: str = CATALOG) -> list[CatalogSource]:
    """List the sources that a session's conf names: its files in order, then what conf itself declares.

    Args:
        conf: The session's conf.
        catalog: Name of the catalog.

    Raises:
        CatalogError: Conf says nothing of the catalog, or a key is malformed.

    Example:
        >>> sources_from_conf({"spark.sql.catalog.dao.config": "conf/catalog.json,conf/local.json",
        ...                    "spark.sql.catalog.dao.store.silver.default_configs.bucket": "b"})
        ['conf/catalog.json', 'conf/local.json', {'silver': {'default_configs': {'bucket': 'b'}}}]
    """
    prefix = conf_prefix(catalog)
    sources: list[CatalogSource] = []
    declared: dict[str, Any] = {}
    for key in sorted(conf):
        if not key.startswith(prefix):
            continue
        section, *path = key.removeprefix(prefix).split(".")
        if section == "config" and not path:
            sources.extend(part.strip() for part in conf[key].split(",") if part.strip())
        elif section == "store" and len(path) >= 2:
            _put(declared, path, conf[key], key)
        elif section == "object" and len(path) >= 3:
            _put(declared, [path[0], "data_objects", *path[1:]], conf[key], key)
        else:
            raise CatalogError(
                f"malformed key; expected `{prefix}config`, `{prefix}store.<store>.<key>` or "
                f"`{prefix}object.<store>.<object>.<key>`{near_miss(section, _SECTIONS)}",
                key=key,
            )
    if declared:
        sources.append(declared)
    if not sources:
        raise CatalogError(
            f"the Spark session has no catalog; set `{prefix}config` to a JSON or YAML file "
            "(spark-submit --conf or --properties-file), or pass one to `spark_dao.configure`"
        )
    return sources


def _put(target: dict[str, Any], path: list[str], value: str, key: str) -> None:
    for part in path[:-1]:
        inner = target.setdefault(part, {})
        if not isinstance(inner, dict):
            raise CatalogError(f"`{part}` is given a value and keys of its own; keep one", key=key)
        target = inner
    if isinstance(target.get(path[-1]), dict):
        raise CatalogError(f"`{path[-1]}` is given a value and keys of its own; keep one", key=key)
    target[path[-1]] = value
