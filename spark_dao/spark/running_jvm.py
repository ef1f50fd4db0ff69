"""The JVM that this process's Spark runs in, and what it can load: jars cannot be added to it once it runs."""

from __future__ import annotations

import os
from typing import Any

from pyspark import SparkContext


def running_jvm() -> Any:
    """Return the JVM of this process's Spark, None where none runs yet; a stopped session leaves its JVM behind."""
    if SparkContext._jvm is None and "PYSPARK_GATEWAY_PORT" in os.environ:
        # spark-submit has started it before the job's first line.
        SparkContext._ensure_initialized()
    return SparkContext._jvm


def can_load(jvm: Any, class_name: str) -> bool:
    """Tell whether a class is on the class path that Spark loads plug-ins from.

    Args:
        jvm: The JVM.
        class_name: Full name of the class.
    """
    resource = f"{class_name.replace('.', '/')}.class"
    return jvm.java.lang.Thread.currentThread().getContextClassLoader().getResource(resource) is not None
