"""Folders that operations make for themselves below a store's temporary folder, and remove.

Their names say what they are for and when they were made, so that what a crash left behind is found by its age.
"""

from __future__ import annotations

import datetime
import re
import uuid
from typing import Literal

_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?:read|write)-(?P<time>\d{8}T\d{6}Z)-[0-9a-f]{32}")


def fresh_folder(root: str, kind: Literal["read", "write"]) -> str:
    """Name a folder that nobody else uses.

    Args:
        root: The store's temporary folder, as Hadoop spells it, without a slash at its end.
        kind: What it is for.

    Example:
        >>> fresh_folder("s3a://temp/redshift", "write").startswith("s3a://temp/redshift/write-2")
        True
    """
    now = datetime.datetime.now(datetime.timezone.utc).strftime(_TIME)
    return f"{root}/{kind}-{now}-{uuid.uuid4().hex}"


def made_at(name: str) -> datetime.datetime | None:
    """Read when a folder was made; None where its name was not made by `fresh_folder`.

    Args:
        name: Its name, without the folders above it.

    Example:
        >>> made_at("read-20250107T101500Z-" + 32 * "0").isoformat()
        '2025-01-07T10:15:00+00:00'
        >>> made_at("reports") is None
        True
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return datetime.datetime.strptime(found["time"], _TIME).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
