"""Where a driver's Python finds the user's own modules, for the resolver to find them too."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

PYTHON_CONF = "spark.dao.python"
PYTHON_PATH_CONF = "spark.dao.pythonPath"


def published_python_path() -> str:
    """Join the folders and archives of `sys.path` that are the user's own, in order.

    The interpreter's own (its standard library and site-packages) are left out: the resolver's interpreter has its own.
    Belongs into `spark.dao.pythonPath`.

    Example:
        >>> sysconfig.get_paths()["stdlib"] in published_python_path().split(os.pathsep)
        False
    """
    own = [Path(place).resolve() for place in {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}]
    entries = dict.fromkeys(str(Path(entry or os.curdir).resolve()) for entry in sys.path)
    return os.pathsep.join(entry for entry in entries if not _belongs_to(Path(entry), own))


def _belongs_to(entry: Path, own: list[Path]) -> bool:
    return any(entry == place or place in entry.parents for place in own)
