"""Options of Spark's file formats: the defaults, and what a plan may not carry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from spark_dao.errors import PlanError, near_miss
from spark_dao.plans import PLAIN_FILE_FORMATS

FORMATS = ("avro", "binaryFile", "csv", "delta", "json", "orc", "parquet", "text")
_DEFAULTS: Mapping[str, Mapping[str, str]] = {"csv": {"header": "true"}}
_WRITE_MODES = frozenset({"append", "overwrite", "ignore", "error", "errorifexists", "default"})
_PLACES = frozenset({"path", "paths"})
_CONDITION = "replacewhere"


def checked_format(name: str) -> str:
    """Return a format as Spark spells it.

    Formats of other packages pass; what is nearly one of Spark's own is taken for a slip.

    Raises:
        PlanError: The name is empty or nearly that of a known format.

    Example:
        >>> checked_format("CSV"), checked_format("com.example.lance")
        ('csv', 'com.example.lance')
    """
    known = {format_name.lower(): format_name for format_name in FORMATS}
    if name.lower() in known:
        return known[name.lower()]
    hint = near_miss(name, FORMATS)
    if not name or "did you mean" in hint:
        raise PlanError(f"unknown format `{name}`{hint}", key="format")
    return name


def read_options(format_name: str, *given: Mapping[str, Any] | None) -> dict[str, str]:
    """Merge reader options, later ones winning; names are case-insensitive, as in Spark.

    Args:
        format_name: Format as `checked_format` returns it.
        *given: Option mappings; values are strings, numbers or booleans, None leaves an option out. `mode` is the
            parse mode of csv and json; a write mode, which `spark_options` may hold for writes, is passed over.

    Raises:
        PlanError: An option is given twice in one mapping, is no scalar, or may not be in a plan.

    Example:
        >>> read_options("csv", {"Header": False, "mode": "overwrite"}, {"sep": ";"})
        {'header': 'false', 'sep': ';'}
    """
    options = _merged(_DEFAULTS.get(format_name, {}), *given)
    return {name: text for name, text in options.items() if not (_is_mode(name) and text.lower() in _WRITE_MODES)}


def write_options(format_name: str, *given: Mapping[str, Any] | None) -> dict[str, str]:
    """Merge writer options as `read_options` does; `mode` is left out, since a plan says its mode itself.

    Raises:
        PlanError: As `read_options`; or `replaceWhere` is said to plain files, whose writers would pass it over and
            replace everything.

    Example:
        >>> write_options("csv", {"mode": "overwrite", "compression": "gzip"})
        {'header': 'true', 'compression': 'gzip'}
    """
    options = _merged(_DEFAULTS.get(format_name, {}), *given)
    if format_name in PLAIN_FILE_FORMATS and _CONDITION in {name.lower() for name in options}:
        raise PlanError(
            f"`replaceWhere` needs a Delta table, and this one is `{format_name}`, which is overwritten as a whole or, "
            "with `partitionOverwriteMode=dynamic`, by partitions; declare the object with `format: delta`",
            key="replaceWhere",
        )
    return {name: text for name, text in options.items() if not _is_mode(name)}


def batch_options(format_name: str, batch_id: str) -> dict[str, str]:
    """Return the writer options by which a format recognises a batch that the caller named.

    Plain files need none: their journal does it. Delta has its own for it, an application's name and a version:
    https://docs.delta.io/latest/delta-streaming.html#idempotent-table-writes-in-foreachbatch

    Raises:
        PlanError: The name is empty, or the format recognises no batches.

    Example:
        >>> sorted(batch_options("delta", "2025-01-07")), batch_options("csv", "2025-01-07")
        (['txnAppId', 'txnVersion'], {})
    """
    if not batch_id:
        raise PlanError("expected a name for the batch, found an empty one", key="batch_id")
    if format_name == "delta":
        return {"txnAppId": f"dao-{hashlib.sha256(batch_id.encode('utf-8')).hexdigest()}", "txnVersion": "1"}
    if format_name not in PLAIN_FILE_FORMATS:
        raise PlanError(
            f"the format `{format_name}` cannot tell whether a batch is there already; leave `batch_id` out",
            key="batch_id",
        )
    return {}


def _merged(*mappings: Mapping[str, Any] | None) -> dict[str, str]:
    merged: dict[str, tuple[str, str]] = {}
    for mapping in mappings:
        own: dict[str, tuple[str, str]] = {}
        for name, value in (mapping or {}).items():
            text = _text(name, value)
            folded = _checked_name(name)
            if folded in own and own[folded][1] != text:
                raise PlanError(
                    f"`{own[folded][0]}` and `{name}` are the same option with different values; keep one", key=name
                )
            # The spelling that came first stays: two spellings of one name would reach Spark as two options.
            own[folded] = (merged.get(folded, own.get(folded, (name, "")))[0], text)
        merged |= own
    return {name: text for name, text in merged.values() if text is not None}


def _is_mode(name: str) -> bool:
    return name.lower() == "mode"


def _checked_name(name: str) -> str:
    folded = name.lower()
    if folded in _PLACES:
        raise PlanError(f"the option `{name}` would bypass the store; give `path` as an argument", key=name)
    if folded.startswith("fs."):
        raise PlanError(
            f"`{name}` belongs into the Hadoop configuration, not into options, which show in query plans; put the "
            "connection into the store's `default_configs`",
            key=name,
        )
    return folded


def _text(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise PlanError(f"expected a string, number or boolean, found {type(value).__name__}", key=name)
