"""Dates, timestamps and numbers as Spark reads them from text and writes them to it."""

from __future__ import annotations

import datetime
import math
import re
import zoneinfo

_DATE = re.compile(r"\s*([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?\s*")
_TIMESTAMP = re.compile(
    r"\s*([+-]?\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2})"
    r"(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,9}))?)?\s*(\S.*?)?)?[ T]?)?)?\s*"
)
_JUST_TIME = re.compile(r"\s*T?(\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d{0,9})?)?\s*(\S.*?)?)\s*")
_EPOCH = datetime.datetime(1970, 1, 1)
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?")


def parse_date(text: str) -> datetime.date | None:
    """Parse a date as Spark's cast does (`SparkDateTimeUtils.stringToDate`), None where it is none.

    Example:
        >>> parse_date("2025-1-7"), parse_date("2025-13-01")
        (datetime.date(2025, 1, 7), None)
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


def parse_timestamp(text: str, time_zone: str | None) -> int | None:
    """Parse a timestamp as Spark's cast does (`SparkDateTimeUtils.stringToTimestamp`), None where it is none.

    Args:
        text: The text.
        time_zone: Name of the zone meant where the text names none; None for a timestamp without zone, whose text
            may name none (and which is answered as if it were UTC).

    Returns:
        Microseconds since 1970, as Python's own datetime ends at the edges of the years 1 and 9999; a mere time of
        day is today's.

    Example:
        >>> parse_timestamp("1970-01-01T01:00:00.5+01:00", "UTC")
        500000
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None and time_zone is not None and (time := _JUST_TIME.fullmatch(text)):
        zone = _zone_or_none(time[2], time_zone)
        return None if zone is None else parse_timestamp(f"{datetime.datetime.now(zone):%Y-%m-%d} {time[1]}", time_zone)
    if match is None or (time_zone is None and match[8]):
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups()[:6])
    fraction = (match[7] or "").ljust(6, "0")[:6]
    try:
        zone = _zone(match[8]) if match[8] else zoneinfo.ZoneInfo(time_zone or "UTC")
        local = datetime.datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, int(fraction))
        offset = local.replace(tzinfo=zone).utcoffset() or datetime.timedelta()
        return (local - _EPOCH - offset) // datetime.timedelta(microseconds=1)
    except (ValueError, OverflowError, zoneinfo.ZoneInfoNotFoundError):
        return None


def format_timestamp(instant: datetime.datetime, time_zone: str) -> str:
    """Format an instant as Spark writes it to csv and JSON (`yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]`).

    Example:
        >>> moment = datetime.datetime(2025, 1, 7, 9, 15, tzinfo=datetime.timezone.utc)
        >>> format_timestamp(moment, "UTC"), format_timestamp(moment, "Europe/Berlin")
        ('2025-01-07T09:15:00.000Z', '2025-01-07T10:15:00.000+01:00')
    """
    local = instant.astimezone(zoneinfo.ZoneInfo(time_zone))
    text = local.isoformat(timespec="milliseconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def format_double(value: float, *, single: bool = False) -> str:
    """Format a number as Java's `Double.toString` and `Float.toString` do.

    Args:
        value: The number.
        single: Whether it is a 32-bit number.

    Example:
        >>> [format_double(value) for value in (1.0, 0.001, 1e7, 1.5e-5, float("nan"), float("-inf"))]
        ['1.0', '0.001', '1.0E7', '1.5E-5', 'NaN', '-Infinity']
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    digits, exponent = _shortest(abs(value), single=single)
    sign = "-" if value < 0 else ""
    if -3 <= exponent < 7:
        whole = digits[: exponent + 1].ljust(exponent + 1, "0") if exponent >= 0 else "0"
        fraction = digits[exponent + 1 :] if exponent >= 0 else "0" * (-exponent - 1) + digits
        return f"{sign}{whole}.{fraction or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _shortest(value: float, *, single: bool) -> tuple[str, int]:
    if single:
        import numpy

        text = numpy.format_float_scientific(numpy.float32(value), unique=True, trim="-")
    else:
        text = f"{value!r}"
        if "e" not in text:
            whole, _, fraction = text.partition(".")
            digits = (whole + fraction).lstrip("0")
            leading = len(fraction) - len(fraction.lstrip("0"))
            exponent = len(whole) - 1 if whole != "0" else -leading - 1
            return digits.rstrip("0") or "0", exponent
    mantissa, _, power = text.partition("e")
    return (mantissa.replace(".", "").rstrip("0") or "0"), int(power)


def _zone_or_none(text: str | None, time_zone: str) -> datetime.tzinfo | None:
    try:
        return _zone(text) if text else zoneinfo.ZoneInfo(time_zone)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        return None


def _zone(text: str) -> datetime.tzinfo:
    if text in ("Z", "UTC", "GMT", "UT"):
        return datetime.timezone.utc
    match = _OFFSET.fullmatch(text)
    if match is None:
        return zoneinfo.ZoneInfo(text)
    offset = datetime.timedelta(hours=int(match[2]), minutes=int(match[3] or 0), seconds=int(match[4] or 0))
    if offset > datetime.timedelta(hours=18):
        raise ValueError(text)
    return datetime.timezone(-offset if match[1] == "-" else offset)
