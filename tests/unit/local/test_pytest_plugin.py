"""The pytest plugin is loaded by every pytest, so it must weigh nothing."""

from __future__ import annotations

import subprocess
import sys


def test_loading_the_plugin_imports_no_backend() -> None:
    heavy = ["boto3", "botocore", "pyspark", "pyarrow", "pandas", "sqlglot", "redshift_connector", "spark_dao.local"]
    script = f"import sys, spark_dao.testing.plugin; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
