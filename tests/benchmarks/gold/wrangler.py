"""awswrangler, in a process and a virtual environment of its own: its dependencies and ours exclude each other."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.gold.place import BUCKET, ROLE, s3_keys, warehouse_login

REQUIREMENT = "awswrangler[redshift]==3.17.1"
#: Made once, and kept beside the local stack's own data, which git ignores.
ENVIRONMENT = Path(".spark-dao") / "awswrangler-3.17.1"
_PROGRAM = Path(__file__).with_name("wrangler_process.py")


class Wrangler:
    """A process that holds rows as a pandas DataFrame and does with them what it is told.

    Args:
        environment: Where the stack is.
        parquet: The rows, as a folder of Parquet.
    """

    def __init__(self, environment: Mapping[str, str], parquet: Path) -> None:
        self._process = subprocess.Popen(
            [str(_python()), str(_PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._tell(
            warehouse=warehouse_login(environment),
            s3=s3_keys(environment),
            role=ROLE,
            folder=f"s3://{BUCKET}/wrangler/",
            parquet=str(parquet),
        )

    def copy(self, table: str, mode: str = "append", *, share: float = 1, keys: tuple[str, ...] = ()) -> None:
        """Load the rows, or the first of them."""
        self._tell(do="copy", table=table, mode=mode, share=share, keys=list(keys))

    def unload(self, table: str) -> int:
        """Read a table as a pandas DataFrame; return its number of rows."""
        return int(self._tell(do="unload", table=table))

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait(60)

    def _tell(self, **task: Any) -> Any:
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("awswrangler's process ended; what it said is above")
        return json.loads(line)


def _python() -> Path:
    python = ENVIRONMENT.absolute() / "bin" / "python"
    if not (ENVIRONMENT / "made").exists():
        print(f"installing {REQUIREMENT} into {ENVIRONMENT} …", file=sys.stderr, flush=True)
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENT]
        subprocess.run(install, check=True, stdout=sys.stderr)
        (ENVIRONMENT / "made").touch()
    return python
