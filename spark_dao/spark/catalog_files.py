"""Handing a catalog on by Spark conf: as files, since conf is shown to many."""

from __future__ import annotations

import atexit
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkContext

from spark_dao.catalog import CatalogSource, merge_sources


def catalog_files(catalog: CatalogSource | Sequence[CatalogSource]) -> str:
    """Name the files of a catalog as `spark.sql.catalog.dao.config` wants them.

    Paths are made absolute: whoever reads them may have another working directory. A dict goes to a file that only its
    owner can read, which is removed when Spark ends.

    Args:
        catalog: A path, several, or a dict.

    Example:
        >>> catalog_files(["/etc/catalog.json", Path("/etc/local.json")])
        '/etc/catalog.json,/etc/local.json'
    """
    sources = [catalog] if isinstance(catalog, (Mapping, str, Path)) else list(catalog)
    files = [_private_file(source) if isinstance(source, Mapping) else Path(source).absolute() for source in sources]
    return ",".join(str(file) for file in files)


def _private_file(source: Mapping[str, Any]) -> Path:
    # mkstemp makes the file readable by its owner only.
    descriptor, name = tempfile.mkstemp(prefix="spark-dao-", suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(merge_sources(source), file, default=str)
    atexit.register(_remove, Path(name))
    return Path(name)


def _remove(file: Path) -> None:
    """Remove a file after Spark's JVM has ended: until then it cleans up after itself by what the catalog says."""
    jvm = SparkContext._jvm
    if jvm is not None:
        try:
            # Java does this after all shutdown hooks (java.io.DeleteOnExitHook), the resolver's among them.
            jvm.java.io.File(str(file)).deleteOnExit()
            return
        except (Py4JError, OSError):
            # The JVM has died.
            pass
    file.unlink(missing_ok=True)
