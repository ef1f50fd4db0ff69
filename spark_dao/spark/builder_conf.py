"""What is set before a session exists, wherever it was said."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark import SparkConf
from pyspark.sql import SparkSession

from spark_dao.spark.submit_arguments import properties_file, submit_arguments_conf, with_settings

_SUBMIT_ARGUMENTS = "PYSPARK_SUBMIT_ARGS"


def builder_conf(builder: SparkSession.Builder, jvm: Any = None) -> dict[str, str]:
    """Collect what is set already, weakest first: spark-defaults.conf, PYSPARK_SUBMIT_ARGS, the builder.

    Spark itself would let the builder's `spark.jars.packages` replace those of the first.

    Args:
        builder: The session builder.
        jvm: The running JVM, which knows what spark-submit was told; None where none runs yet.
    """
    if jvm is None:
        arguments = os.environ.get(_SUBMIT_ARGUMENTS, "")
        conf = _defaults_file_conf(properties_file(arguments)) | submit_arguments_conf(arguments)
    else:
        conf = dict(SparkConf(_jvm=jvm).getAll())
    options: Mapping[str, Any] = builder._options
    conf.update({key: str(value) for key, value in options.items()})
    return conf


def append_conf(builder: SparkSession.Builder, conf: Mapping[str, str], key: str, values: Sequence[str]) -> None:
    """Append to a comma-separated setting, on the builder and where PYSPARK_SUBMIT_ARGS would win over it.

    Args:
        builder: The session builder.
        conf: What is set, as `builder_conf` collected it.
        key: The setting.
        values: What it shall contain.
    """
    present = [part.strip() for part in conf.get(key, "").split(",") if part.strip()]
    merged = ",".join([*present, *(value for value in values if value not in present)])
    builder.config(key, merged)
    if _SUBMIT_ARGUMENTS in os.environ:
        os.environ[_SUBMIT_ARGUMENTS] = with_settings(os.environ[_SUBMIT_ARGUMENTS], {key: merged})


def _defaults_file_conf(named: str | None) -> dict[str, str]:
    home = os.environ.get("SPARK_HOME")
    folder = os.environ.get("SPARK_CONF_DIR") or (str(Path(home) / "conf") if home else None)
    file = Path(named) if named else Path(folder) / "spark-defaults.conf" if folder else None
    if file is None or not file.is_file():
        return {}
    pairs = (line.split(maxsplit=1) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2 and not pair[0].startswith("#")}
