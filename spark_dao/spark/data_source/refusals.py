"""What the data source does not offer, and how its errors surface through Spark."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar

from spark_dao.errors import PlanError, SparkDaoError

FORMATS = ("parquet", "orc", "csv", "json")

_NEEDS_THE_JAR = "needs the bridge jar, spark-dao-bridge.jar (`dao.read` and `dao.write` do not)"
_EVERY_READ = {"recursivefilelookup": None, "basepath": None, "mergeschema": {"false"}}
_READ_OPTIONS: Mapping[str, Mapping[str, set[str] | None]] = {
    "parquet": _EVERY_READ,
    "orc": _EVERY_READ,
    "csv": {
        **_EVERY_READ,
        "header": {"true", "false"},
        "sep": None,
        "delimiter": None,
        "quote": None,
        "escape": None,
        "nullvalue": None,
        "emptyvalue": {""},
        "multiline": {"true", "false"},
        "inferschema": {"true", "false"},
        "enforceschema": {"true"},
        "encoding": {"utf-8", "utf8"},
        "charset": {"utf-8", "utf8"},
        "mode": {"permissive"},
        "ignoreleadingwhitespace": {"false"},
        "ignoretrailingwhitespace": {"false"},
    },
    "json": {
        **_EVERY_READ,
        "multiline": {"false"},
        "mode": {"permissive"},
        "encoding": {"utf-8", "utf8"},
        "primitivesasstring": {"false"},
        "prefersdecimal": {"false"},
    },
}
_EVERY_WRITE = {"partitionoverwritemode": {"static", "dynamic"}}
_WRITE_OPTIONS: Mapping[str, Mapping[str, set[str] | None]] = {
    "parquet": {**_EVERY_WRITE, "compression": {"snappy", "none", "uncompressed", "gzip", "zstd"}},
    "orc": {**_EVERY_WRITE, "compression": {"snappy", "none", "zlib", "zstd"}},
    "csv": {
        **_EVERY_WRITE,
        "compression": {"none", "uncompressed", "gzip"},
        "header": {"true", "false"},
        "sep": None,
        "delimiter": None,
        "nullvalue": None,
        "quote": {'"'},
        "escape": {"\\", '"'},
        "encoding": {"utf-8", "utf8"},
    },
    "json": {
        **_EVERY_WRITE,
        "compression": {"none", "uncompressed", "gzip"},
        "encoding": {"utf-8", "utf8"},
        "ignorenullfields": {"true"},
    },
}

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def needs_the_jar(what: str, otherwise: str | None = None, *, key: str | None = None) -> PlanError:
    """Make the error for something that only the bridge offers.

    Args:
        what: What was asked.
        otherwise: What may be asked instead.
        key: The option or column concerned.

    Example:
        >>> needs_the_jar("format `delta`", key="format").key
        'format'
    """
    return PlanError(f"{what} {_NEEDS_THE_JAR}{f'; {otherwise}' if otherwise else ''}", key=key)


def checked_options(format_name: str, options: Mapping[str, str], *, writing: bool) -> dict[str, str]:
    """Check a plan's format and options against what is offered here, where Spark's own readers are out of reach.

    Args:
        format_name: The plan's format.
        options: The plan's options.
        writing: Whether the plan writes.

    Returns:
        The options by lower-cased name.

    Raises:
        PlanError: Something is not offered; the message names the jar.

    Example:
        >>> checked_options("csv", {"multiLine": "TRUE"}, writing=False)
        {'multiline': 'TRUE'}
    """
    if format_name not in FORMATS:
        raise needs_the_jar(f"format `{format_name}`", f"without it: {', '.join(FORMATS)}", key="format")
    known = (_WRITE_OPTIONS if writing else _READ_OPTIONS)[format_name]
    checked = {}
    for key, value in options.items():
        name = key.lower()
        text = str(value)
        if name not in known:
            raise needs_the_jar(f"option `{key}` of {format_name}", key=key)
        allowed = known[name]
        if allowed is not None and text.lower() not in allowed:
            choices = " or ".join(f"`{choice}`" for choice in sorted(allowed))
            raise needs_the_jar(f"option `{key}` = `{text}`", f"without it: {choices}", key=key)
        checked[name] = text
    return checked


def is_true(options: Mapping[str, str], name: str) -> bool:
    """Read a flag from lower-cased options.

    Example:
        >>> is_true({"header": "TRUE"}, "header")
        True
    """
    return options.get(name, "false").lower() == "true"


def surfacing(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Let a function's errors end in one line of ours: Spark shows a Python data source's errors as tracebacks.

    Causes and inner frames are dropped, as both may show what a backend was called with.
    """

    @functools.wraps(function)
    def surfaced(*arguments: _Parameters.args, **keywords: _Parameters.kwargs) -> _Result:
        try:
            return function(*arguments, **keywords)
        except Exception as error:
            raise _clean(error) from None

    return surfaced


def surfacing_iterator(iterator: Iterator[_Result]) -> Iterator[_Result]:
    """Do what `surfacing` does for the items of an iterator."""
    try:
        yield from iterator
    except Exception as error:
        raise _clean(error) from None


def _clean(error: Exception) -> Exception:
    if not isinstance(error, SparkDaoError):
        return PlanError(f"{type(error).__name__}: {error}")
    return error.with_traceback(None)


def named(error: SparkDaoError, data_object: Any) -> SparkDaoError:
    """Fill the store and the object into an error that does not name them."""
    error.store = error.store or data_object.data_store.name
    error.data_object = error.data_object or data_object.name
    return error
