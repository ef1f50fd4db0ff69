"""Deliveries of any size, as dirty as the sample data, and the same again for the same seed."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST_DAY = date(2025, 1, 1)
DAYS = 5
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)

_NAMES = (
    "Ada Lovelace",
    "Zoë Müller",
    "李小龍",
    "O'Neil, Shaq",
    'Kay "Kate" Johnson',
    "Line\nBreak",
    "Łukasz",
    "a\tb",
    "",
)
_EMAILS = ("ada@example.com", "zoë@example.com", "x" * 60 + "@example.com", '"quoted, local"@example.com')
_TYPES = ("purchase", "purchase", "page_view", "add_to_cart", "refund", "Purchase", "")
_REGIONS = ("EU", "US", "APAC", "亞太", "São Paulo", "", None)
_BAD_MOMENTS = (
    "",
    "yesterday",
    "17/07/2024",
    "2024-02-30",
    "2024-13-01T00:00:00Z",
    "2024-01-01T24:00:00",
    "1704067200",
)
_ZONES = ("Z", "", "+00:00", "-05:00", "+0530", "+14:00", "-11:59")
_VALUES = ("", None, "a lot", "NaN", "1e3", "2.5E-1", " 7.10 ", "-3.335", "10000000000000000", "1,000.00", "0x10", ".5")


def generate(folder: Path, *, users: int, events: int, seed: int = 0) -> Path:
    """Write deliveries of several days.

    Args:
        folder: Where the dated folders go.
        users: Number of user rows in all.
        events: Number of event lines in all.
        seed: Same seed, same files.

    Returns:
        The folder.
    """
    randomness = random.Random(seed)
    for number in range(DAYS):
        delivery = folder / (FIRST_DAY + timedelta(days=number)).isoformat()
        delivery.mkdir(parents=True)
        _write_users(delivery / "users.csv", _share(users, number), randomness, known=max(users * 3 // 4, 1))
        _write_events(delivery / "events.json", _share(events, number), randomness, known=events, users=users)
    return folder


def _share(total: int, number: int) -> int:
    return total // DAYS + (1 if number < total % DAYS else 0)


def _write_users(file: Path, rows: int, randomness: random.Random, known: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["id", "name", "email", "created_at"])
        for _ in range(rows):
            row = [
                "" if randomness.random() < 0.01 else str(randomness.randrange(known)),
                randomness.choice(_NAMES),
                randomness.choice(("", " ", "\t")) if randomness.random() < 0.03 else randomness.choice(_EMAILS),
                _moment(randomness, since=date(2024, 11, 20), days=40),
            ]
            dice = randomness.random()
            writer.writerow([*row, "surplus"] if dice < 0.002 else row[:3] if dice < 0.004 else row)


def _write_events(file: Path, rows: int, randomness: random.Random, known: int, users: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        for _ in range(rows):
            event: dict[str, Any] = {
                "event_id": f"e-{randomness.randrange(known):07}",
                "user_id": _user_id(randomness, users),
                "event_type": randomness.choice(_TYPES),
                "order_value": _order_value(randomness),
                "region": randomness.choice(_REGIONS),
                "timestamp": _moment(randomness, since=FIRST_DAY, days=DAYS + 1),
            }
            for column in list(event):
                if randomness.random() < 0.005:
                    del event[column]
            line = json.dumps(event, ensure_ascii=randomness.random() < 0.5)
            text.write(_broken(line, randomness) if randomness.random() < 0.01 else line)
            text.write("\n\n" if randomness.random() < 0.01 else "\n")


def _broken(line: str, randomness: random.Random) -> str:
    return randomness.choice((line[: len(line) // 2], "not JSON at all", "{", line.replace(":", "", 1)))


def _user_id(randomness: random.Random, users: int) -> int | str | None:
    number = randomness.randrange(users)
    return randomness.choices((number, str(number), None), weights=(90, 9, 1))[0]


def _order_value(randomness: random.Random) -> float | int | str | None:
    if randomness.random() < 0.05:
        return _any(_VALUES, randomness)
    cents = randomness.randrange(-1_000, 100_000)
    return randomness.choice((cents / 100, cents, f"{cents / 1000:.3f}", f"{cents / 100:.2f}"))


def _moment(randomness: random.Random, *, since: date, days: int) -> str:
    if randomness.random() < 0.03:
        return str(_any(_BAD_MOMENTS, randomness))
    start = datetime(since.year, since.month, since.day)
    moment = start + timedelta(
        seconds=randomness.randrange(days * 86_400), microseconds=randomness.randrange(1_000_000)
    )
    form = randomness.randrange(5)
    if form == 0:
        return moment.date().isoformat()
    clock = (
        moment.strftime("%H:%M"),
        moment.strftime("%H:%M:%S"),
        moment.strftime("%H:%M:%S.%f"),
        moment.strftime("%H:%M:%S.%f")[:-3] + "123456",
    )[form - 1]
    return f"{moment.date()}{randomness.choice('T ')}{clock}{randomness.choice(_ZONES)}"


def _any(choices: Sequence[Any], randomness: random.Random) -> Any:
    return choices[randomness.randrange(len(choices))]
