"""Attaching a catalog to a session that runs already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spark_dao.catalog import CatalogSource
from spark_dao.spark.registration import register
from spark_dao.spark.session_catalog import has_bridge, publish_catalog
from spark_dao.spark.sessions import is_connect


def attach(spark: Any, catalog: CatalogSource | Sequence[CatalogSource] | None = None) -> None:
    """Give a running session a catalog, and through it all three doors as far as its JVM allows.

    Where the JVM has the bridge jar, `format("dao")` and the SQL catalog `dao` work as after `configure`. Where it has
    not, the Python data source is registered (see `register`) and there is no SQL catalog. Another session of the same
    application (`spark.newSession()`) may be given another catalog. `dao.read` and `dao.write` work in either case.

    What a running session cannot get any more, since Spark reads it when its JVM starts: the bridge jar itself, and the
    packages of S3A, Delta and Avro. Stores that need them say so when they are used.

    Args:
        spark: The session; a Spark Connect client's takes no catalog where the server has one, which decides.
        catalog: The catalog: a path, several, or a dict (handed on in a file that only its owner can read). None: the
            session's conf decides.

    Raises:
        CatalogError: There is no catalog, or it is wrong.
        PlanError: A catalog was given to a Spark Connect client whose server has one.

    Example:
        ```python
        spark_dao.attach(spark, catalog="catalog.json")
        spark.sql("SELECT * FROM dao.silver.users_clean")
        ```
    """
    if has_bridge(spark):
        publish_catalog(spark, catalog)
    elif is_connect(spark):
        register(spark, catalog)
    else:
        publish_catalog(spark, catalog)
        register(spark)
