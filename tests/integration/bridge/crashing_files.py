"""A store of plain files whose process dies where a test says so."""

from __future__ import annotations

import json
from pathlib import Path

SOURCE = '''
import os
import pathlib
import threading

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.file.spark import FileSparkInterface


# Files are moved by several threads; each death takes one marker.
ONE_AT_A_TIME = threading.Lock()


class CrashingFiles(FileSparkInterface):
    """Files, until a file named as the operation lies in the folder `crash`."""

    def __init__(self, root, crash, **more):
        super().__init__(root=root, **more)
        self.crash = pathlib.Path(crash)

    def storage(self, path):
        return CrashingStorage(super().storage(path), self.crash)


class CrashingStorage:
    def __init__(self, storage, crash):
        self.inner = storage
        self.crash = crash

    def __getattr__(self, name):
        def called(*arguments, **more):
            self._crash(f"before-{name}")
            answer = getattr(self.inner, name)(*arguments, **more)
            self._crash(f"after-{name}")
            return answer

        return called

    def _crash(self, moment):
        with ONE_AT_A_TIME:
            for way in ("die", "fail"):
                marker = self.crash / f"{way}-{moment}"
                try:
                    marker.unlink()
                except FileNotFoundError:
                    continue
                if way == "die":
                    os._exit(9)
                raise InterfaceError(f"the test fails {moment}")
'''


class CrashingStore:
    """Store `crashing`, which ends its process, or fails, at the moments that a test arms."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "crash"
        self._folder.mkdir()

    def arm(self, moment: str) -> None:
        (self._folder / moment).touch()

    @property
    def armed(self) -> list[str]:
        return sorted(file.name for file in self._folder.iterdir())


def crashing_store(folder: Path) -> Path:
    """Write the class and a catalog with it."""
    module = f"crashing_{folder.name}"
    (folder / f"{module}.py").write_text(SOURCE)
    crashing = {
        "interface_class": "CrashingFiles",
        "interface_class_location": module,
        "default_configs": {"root": (folder / "silver").as_uri(), "crash": str(folder / "crash")},
    }
    plain = {"interface_class": "FileSparkInterface", "default_configs": {"root": (folder / "plain").as_uri()}}
    catalog = folder / "crashing.json"
    catalog.write_text(json.dumps({"crashing": crashing, "plain": plain}))
    return catalog
