"""Putting a store's settings into the Hadoop configuration of the running application."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from spark_dao.errors import PlanError
from spark_dao.spark.packages import S3A_CLASS
from spark_dao.spark.running_jvm import can_load
from spark_dao.spark.sessions import is_connect

_lock = threading.Lock()
_CREDENTIALS = ("access.key", "secret.key", "session.token", "endpoint")


def apply_hadoop_settings(session: Any, interface: Any) -> None:
    """Put the settings of an interface's bucket into the driver's Hadoop configuration, from where tasks get them.

    A Connect client has no JVM; there the server's catalog decides.

    Args:
        session: The Spark session.
        interface: An interface instance; without `hadoop_settings` there is nothing to do.

    Raises:
        PlanError: The bucket already has other credentials in this JVM (Hadoop caches one file system per bucket,
            so they would be mixed up), or the session lacks the S3A packages.
    """
    if is_connect(session) or not hasattr(interface, "hadoop_settings"):
        return
    settings: Mapping[str, str] = interface.hadoop_settings()
    if not settings:
        return
    if any(key.startswith("fs.s3a.") for key in settings):
        _check_s3a(session)
    configuration = session.sparkContext._jsc.hadoopConfiguration()
    with _lock:
        for key, value in settings.items():
            present = configuration.get(key)
            if present is not None and present != value and key.endswith(_CREDENTIALS):
                bucket = key.removeprefix("fs.s3a.bucket.").rsplit(".", 2)[0]
                raise PlanError(
                    f"bucket `{bucket}` is already in use with another `{key.rsplit('.', 1)[-1]}` in this Spark "
                    "application; use one set of credentials for a bucket, or separate applications"
                )
        for key, value in settings.items():
            configuration.set(key, value)


def _check_s3a(session: Any) -> None:
    if not can_load(session._jvm, S3A_CLASS):
        raise PlanError(
            "the Spark session lacks the S3A packages; start it with `spark_dao.configure(builder, catalog=…)`, or "
            "with `spark-submit --properties-file conf/spark-defaults.conf`"
        )
