from __future__ import annotations

import subprocess
import sys

import pytest

import spark_dao


def test_everything_exported_can_be_imported():
    assert all(getattr(spark_dao, name).__module__.startswith("spark_dao.") for name in spark_dao.__all__)
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        _ = spark_dao.nothing
    assert spark_dao.local.LocalStack.__module__.startswith("spark_dao.local.")


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("spark_dao.testing.plugin", {"pydantic", "yaml", "pyspark", "boto3", "pyarrow"}),
        ("spark_dao.core.dao", {"pyspark", "boto3", "pyarrow", "redshift_connector"}),
    ],
)
def test_importing_stays_cheap(module, heavy):
    script = f"import sys, {module}; print(*({heavy!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
