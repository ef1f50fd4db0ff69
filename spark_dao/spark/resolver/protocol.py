"""Requests and answers as lines of JSON."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spark_dao.errors import PlanError, SparkDaoError
from spark_dao.plans import Filter, StagedFile

INTERNAL_ERROR = "InternalError"


class LongWork(Exception):
    """The question takes longer than planning may wait: a child process is to answer it."""


@dataclass(frozen=True, eq=False)
class Request:
    """One question of the JVM.

    Attributes:
        id: Number that the answer carries.
        op: Name of the operation.
        catalog: Name of the Spark catalog.
        conf: The session's entries of that catalog; may hold secrets.
        conf_id: What the conf is known by; as good as the conf itself for comparing.
        fields: Everything else.
    """

    id: int
    op: str
    catalog: str = "dao"
    conf: Mapping[str, str] = field(default_factory=dict, repr=False)
    conf_id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Return a field that must be a string.

        Raises:
            PlanError: It is not.
        """
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise PlanError(f"the request `{self.op}` needs a string, found {type(value).__name__}", key=name)
        return value

    @property
    def options(self) -> Mapping[str, str]:
        """The caller's options."""
        return self.fields.get("options") or {}

    @property
    def columns(self) -> list[str] | None:
        """The columns that are needed, None for all."""
        columns: list[str] | None = self.fields.get("columns")
        return columns

    @property
    def filters(self) -> list[Filter] | None:
        """The conditions that may be applied early."""
        filters = self.fields.get("filters")
        return None if filters is None else filters_from_json(filters)

    @property
    def files(self) -> list[StagedFile]:
        """The files that a write committed."""
        return [StagedFile(*entry) for entry in self.fields.get("files") or ()]

    def line(self) -> bytes:
        """Spell the request as a line, its conf included."""
        known = {"id": self.id, "op": self.op, "catalog": self.catalog, "conf_id": self.conf_id}
        return _line({**self.fields, **known, "conf": dict(self.conf)})


class Requests:
    """Reads requests, and remembers each conf by its id."""

    def __init__(self) -> None:
        self._confs: dict[str, Mapping[str, str]] = {}

    def parse(self, line: bytes) -> Request:
        """Read one line.

        Raises:
            PlanError: The line is no request.
        """
        try:
            values = json.loads(line)
            number, op = values.pop("id"), values.pop("op")
            catalog, conf, conf_id = values.pop("catalog", "dao"), values.pop("conf", None), values.pop("conf_id", None)
            if type(number) is not int or not isinstance(op, str) or not isinstance(catalog, str):
                raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PlanError("expected a request `{id, op, …}` as one line of JSON") from None
        if conf_id is None:
            conf_id = json.dumps(conf or {}, sort_keys=True)
        if conf is not None:
            self._confs[conf_id] = conf
        return Request(number, op, catalog, self._confs.get(conf_id, {}), conf_id, values)


def answer_line(number: int | None, answer: Mapping[str, Any]) -> bytes:
    """Spell an answer as a line."""
    return _line({"id": number, "ok": answer})


def error_line(number: int | None, error: BaseException) -> bytes:
    r"""Spell a failure as a line; what is no SparkDaoError keeps the name of its class.

    Example:
        >>> error_line(7, PlanError("no files", store="silver"))
        b'{"id":7,"error":{"kind":"PlanError","message":"store `silver`: no files"}}\n'
    """
    if isinstance(error, SparkDaoError):
        described = {"kind": type(error).__name__, "message": str(error)}
    else:
        described = {"kind": INTERNAL_ERROR, "message": f"{type(error).__name__}: {error}"}
    return _line({"id": number, "error": described})


def filters_from_json(entries: Sequence[Sequence[Any]]) -> list[Filter]:
    """Read filters; values that JSON has no type for are tagged with their type.

    Raises:
        PlanError: A tag is unknown.

    Example:
        >>> filters_from_json([["=", "day", {"type": "date", "value": "2025-01-07"}], ["isnull", "id", None]])
        [Filter(op='=', column='day', value=datetime.date(2025, 1, 7)), Filter(op='isnull', column='id', value=None)]
    """
    return [Filter(op, column, _value(value)) for op, column, value in entries]


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_value(inner) for inner in value)
    if not isinstance(value, Mapping):
        return value
    convert = _TYPES.get(value.get("type", ""))
    if convert is None:
        raise PlanError(f"expected a filter's value of a type among {', '.join(_TYPES)}, found {value.get('type')!r}")
    return convert(value["value"])


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":"), default=str).encode() + b"\n"


_TYPES: Mapping[str, Callable[[str], Any]] = {
    "date": datetime.date.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
    "timestamp_ntz": datetime.datetime.fromisoformat,
    "decimal": decimal.Decimal,
    "binary": base64.b64decode,
    "double": float,
}
