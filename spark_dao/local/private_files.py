"""Writing files that hold secrets."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, so that readers see the old text or the new, never a part.

    Args:
        path: Where to; its folder exists.
        text: What to write, as UTF-8.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_private(Path(folder, "secret"), "s")
        ...     oct(Path(folder, "secret").stat().st_mode & 0o777)
        '0o600'
    """
    # mkstemp makes the file with mode 0600 from its first moment on.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_private_json(path: Path, value: Any) -> None:
    """Write a value as JSON into a file that only its owner can read.

    Args:
        path: Where to; its folder exists.
        value: What `json.dumps` takes.
    """
    write_private(path, json.dumps(value, indent=2) + "\n")
