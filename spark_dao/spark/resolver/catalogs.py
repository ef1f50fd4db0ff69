"""Catalogs by the conf that declares them, read again when one of their files changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spark_dao.catalog import CatalogSource, load_declarations, sources_from_conf
from spark_dao.core.planner import Planner
from spark_dao.data_store import DataStores

_Stamp = tuple[int, int, int] | None
_KEPT = 32


@dataclass(eq=False)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    sources: Sequence[CatalogSource] | None = None
    stamps: Sequence[_Stamp] = ()
    planner: Planner | None = None


class Catalogs:
    """The catalogs in use, each with its stores and their interfaces kept warm.

    Example:
        >>> conf = {"spark.sql.catalog.dao.store.silver.interface_class": "FileSparkInterface",
        ...         "spark.sql.catalog.dao.store.silver.default_configs.root": "file:///data"}
        >>> catalogs = Catalogs()
        >>> catalogs.planner("dao", conf, "1").stores["silver"]
        DataStore('silver', FileSparkInterface)
        >>> catalogs.planner("dao", conf, "1") is catalogs.planner("dao", conf, "1")
        True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def planner(self, catalog: str, conf: Mapping[str, str], conf_id: str) -> Planner:
        """Return the planner of a catalog.

        Args:
            catalog: Name of the Spark catalog.
            conf: The session's entries of that catalog.
            conf_id: What the conf is known by.

        Raises:
            CatalogError: The catalog is missing or wrong; asked again, it is read again.
        """
        entry = self._entry((catalog, conf_id))
        with entry.lock:
            if entry.sources is None:
                entry.sources = sources_from_conf(conf, catalog)
            # Before reading, so that a change in between is seen the next time.
            stamps = [_stamp(source) for source in entry.sources]
            if entry.planner is None or entry.stamps != stamps:
                entry.planner = None
                entry.planner = Planner(DataStores(load_declarations(entry.sources)))
                entry.stamps = stamps
            return entry.planner

    def _entry(self, key: tuple[str, str]) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > _KEPT:
                self._entries.popitem(last=False)
            return entry


def _stamp(source: CatalogSource) -> _Stamp:
    if isinstance(source, Mapping):
        return None
    try:
        found = Path(source).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
