"""The medallion once more in plain Python: what the three jobs must write, computed without Spark and spark_dao.

Follows the rules that `jobs/02_transform_silver.py` and `jobs/03_load_gold.py` state in words, and shares no code with
them.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd

USER_COLUMNS = ["id", "name", "email", "created_at"]
EVENT_COLUMNS = ["event_id", "user_id", "event_type", "order_value", "region", "timestamp"]

_TIMESTAMP = re.compile(
    r"(?P<day>[1-9][0-9]{3}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_BLANKS = " \t\n\x0b\f\r"


@dataclass(frozen=True)
class Silver:
    """The silver tables, and how many rows they were made from."""

    users_clean: pd.DataFrame
    users_rejected: pd.DataFrame
    events_enriched: pd.DataFrame
    events_rejected: pd.DataFrame
    users_delivered: int
    events_delivered: int


@dataclass(frozen=True)
class Gold:
    """The gold tables."""

    users_agg: pd.DataFrame
    sales_daily_agg: pd.DataFrame


def silver(source: Path) -> Silver:
    """Compute the silver tables of every delivery below a folder."""
    users = pd.DataFrame(_delivered_users(source), dtype=object)
    users["typed"] = _objects(_moment(text) for text in users["created_at"])
    users["reason"] = _objects(_user_reason(row) for row in users.itertuples())
    users = _one_per_key(
        users, "id", ["typed", "ingest_date", "name", "email", "created_at"], "superseded by a newer row"
    )

    events = pd.DataFrame(_delivered_events(source), dtype=object)
    events["typed"] = _objects(_moment(text) for text in events["timestamp"])
    events["money"] = _objects(_money(text) for text in events["order_value"])
    events["reason"] = _objects(_event_reason(row) for row in events.itertuples())
    events = _one_per_key(
        events,
        "event_id",
        ["ingest_date", "typed", "user_id", "event_type", "money", "region", "order_value", "timestamp"],
        "duplicate event_id",
    )

    users_clean = users[users["reason"].isna()].assign(created_at=lambda rows: rows["typed"])
    names = dict(zip(users_clean["id"], users_clean["name"], strict=True))
    events_enriched = events[events["reason"].isna()].assign(
        timestamp=lambda rows: rows["typed"],
        order_value=lambda rows: rows["money"],
        user_name=lambda rows: _objects((names.get(user) for user in rows["user_id"]), rows.index),
    )
    return Silver(
        users_clean=_with_date_parts(users_clean[["id", "name", "email", "created_at", "ingest_date"]], "created_at"),
        users_rejected=users[users["reason"].notna()][["reason", *USER_COLUMNS, "malformed_line", "ingest_date"]],
        events_enriched=_with_date_parts(
            events_enriched[
                [
                    *["event_id", "user_id", "user_name", "event_type", "order_value", "region", "timestamp"],
                    "ingest_date",
                ]
            ],
            "timestamp",
        ),
        events_rejected=events[events["reason"].notna()][["reason", *EVENT_COLUMNS, "malformed_line", "ingest_date"]],
        users_delivered=len(users),
        events_delivered=len(events),
    )


def gold(tables: Silver, as_of: date) -> Gold:
    """Compute the gold tables from the silver ones."""
    of_user: dict[str, list[Any]] = defaultdict(list)
    of_day: dict[tuple[date, str | None], list[Any]] = defaultdict(list)
    for event in tables.events_enriched.itertuples():
        if event.event_type == "purchase" and event.timestamp.date() <= as_of:
            of_user[event.user_id].append(event)
            of_day[event.timestamp.date(), event.region].append(event)

    users = []
    for user in tables.users_clean.itertuples():
        own = of_user.get(user.id, [])
        values = [event.order_value for event in own if event.order_value is not None]
        users.append(
            {
                "user_id": user.id,
                "total_purchases": len(own),
                "avg_order_value": _rounded(sum(values) / len(values), 6) if values else None,
                "last_purchase_date": max((event.timestamp.date() for event in own), default=None),
                "account_age_days": (as_of - user.created_at.date()).days,
            }
        )
    sales = [
        {
            "date": day,
            "region": region,
            "revenue": sum((event.order_value for event in sold if event.order_value is not None), Decimal("0.00")),
            "orders": len(sold),
        }
        for (day, region), sold in of_day.items()
    ]
    return Gold(users_agg=pd.DataFrame(users, dtype=object), sales_daily_agg=pd.DataFrame(sales, dtype=object))


def _delivered_users(source: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for file in sorted(source.glob("*/users.csv")):
        with file.open(encoding="utf-8", newline="") as text:
            reader = csv.reader(text)
            next(reader)
            for values in reader:
                if not values:
                    continue
                padded = [value or None for value in (*values, *[""] * len(USER_COLUMNS))]
                rows.append(
                    {
                        **dict(zip(USER_COLUMNS, padded, strict=False)),
                        "malformed_line": None if len(values) == len(USER_COLUMNS) else ",".join(values),
                        "ingest_date": date.fromisoformat(file.parent.name),
                    }
                )
    return rows


def _delivered_events(source: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for file in sorted(source.glob("*/events.json")):
        with file.open(encoding="utf-8", newline="\n") as text:
            for line in text:
                if not line.strip():
                    continue
                row: dict[str, Any] = dict.fromkeys([*EVENT_COLUMNS, "malformed_line"])
                try:
                    parsed = json.loads(line, parse_float=str, parse_int=str)
                except ValueError:
                    row["malformed_line"] = line.rstrip("\r\n")
                else:
                    row.update({column: parsed.get(column) or None for column in EVENT_COLUMNS})
                rows.append({**row, "ingest_date": date.fromisoformat(file.parent.name)})
    return rows


def _objects(values: Iterable[Any], index: pd.Index[Any] | None = None) -> pd.Series[Any]:
    return pd.Series(list(values), index=index, dtype=object)


def _moment(text: str | None) -> datetime | None:
    match = _TIMESTAMP.fullmatch((text or "").strip(_BLANKS))
    if match is None:
        return None
    fraction = (match["fraction"] or "").ljust(6, "0")[:6]
    try:
        day = date.fromisoformat(match["day"])
        local = datetime(
            day.year,
            day.month,
            day.day,
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int(fraction),
        )
    except ValueError:
        return None
    zone = match["zone"] or "Z"
    if zone == "Z":
        return local
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return local - offset if zone[0] == "+" else local + offset


def _money(text: str | None) -> Decimal | None:
    stripped = (text or "").strip(_BLANKS)
    if not _NUMBER.fullmatch(stripped):
        return None
    value = _rounded(Decimal(stripped), 2)
    return value if abs(value) < Decimal(10) ** 16 else None


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _blank(value: str | None) -> bool:
    return value is None or not value.strip(_BLANKS)


def _user_reason(row: Any) -> str | None:
    if row.malformed_line is not None:
        return "malformed line"
    if _blank(row.id):
        return "missing id"
    if _blank(row.email):
        return "empty email"
    return "unparseable created_at" if row.typed is None else None


def _event_reason(row: Any) -> str | None:
    if row.malformed_line is not None:
        return "malformed line"
    if _blank(row.event_id):
        return "missing event_id"
    if row.typed is None:
        return "unparseable timestamp"
    return "order_value is no number" if row.order_value is not None and row.money is None else None


def _one_per_key(rows: pd.DataFrame, key: str, order: list[str], reason: str) -> pd.DataFrame:
    best: dict[str, tuple[tuple[tuple[bool, Any], ...], int]] = {}
    columns = [rows[column].tolist() for column in order]
    keys, reasons = rows[key].tolist(), rows["reason"].tolist()
    for place, values in enumerate(zip(*columns, strict=True)):
        if reasons[place] is not None:
            continue
        rank = tuple((value is not None, value) if value is not None else (False, 0) for value in values)
        known = best.get(keys[place])
        if known is None or rank > known[0]:
            if known is not None:
                reasons[known[1]] = reason
            best[keys[place]] = (rank, place)
        else:
            reasons[place] = reason
    return rows.assign(reason=_objects(reasons, rows.index))


def _with_date_parts(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    moments = rows[column].tolist()
    return rows.assign(
        year=[moment.year for moment in moments],
        month=[moment.month for moment in moments],
        day=[moment.day for moment in moments],
    )
