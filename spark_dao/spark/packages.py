"""The Spark packages that a catalog's stores need, and the conf that goes with them."""

from __future__ import annotations

from collections.abc import Iterable

from spark_dao.data_store import DataStores

HADOOP_VERSION = "3.5.0"
AWS_SDK_VERSION = "2.35.4"
DELTA_VERSION = "4.4.0"
# The newest that Maven Central has; it reads and writes on Spark 4.2.0.
AVRO_VERSION = "4.1.1"

S3A_PACKAGES = (
    f"org.apache.hadoop:hadoop-aws:{HADOOP_VERSION}",
    *(
        f"software.amazon.awssdk:{part}:{AWS_SDK_VERSION}"
        for part in ("s3", "s3-transfer-manager", "sts", "apache-client")
    ),
)
DELTA_PACKAGES = (f"io.delta:delta-spark_4.2_2.13:{DELTA_VERSION}",)
AVRO_PACKAGES = (f"org.apache.spark:spark-avro_2.13:{AVRO_VERSION}",)

# hadoop-aws asks for the AWS SDK's 600 MB bundle, of which the five packages above are all that S3A uses; the others
# are Spark's own jars in another version, which delta drags in.
EXCLUDES = (
    "software.amazon.awssdk:bundle",
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "org.apache.logging.log4j:log4j-core",
    "org.apache.logging.log4j:log4j-slf4j2-impl",
)
S3A_CLASS = "org.apache.hadoop.fs.s3a.S3AFileSystem"
S3A_CONF = {"spark.hadoop.fs.s3.impl": S3A_CLASS}
# A Connect server appends its own Java stack to every message unless it is told not to (Spark's `config.Connect`).
CONNECT_CONF = {"spark.sql.connect.serverStacktrace.enabled": "false"}
DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"


def packages_for(stores: DataStores) -> tuple[str, ...]:
    """List the Maven packages that a catalog's stores need beyond what Spark carries.

    Args:
        stores: The catalog's stores.

    Raises:
        CatalogError: An interface class cannot be imported.

    Example:
        >>> packages_for(DataStores({}))
        ()
    """
    packages: list[str] = []
    if needs_s3a(stores):
        packages.extend(S3A_PACKAGES)
    formats = set(_formats(stores))
    if "delta" in formats:
        packages.extend(DELTA_PACKAGES)
    if "avro" in formats:
        packages.extend(AVRO_PACKAGES)
    return tuple(packages)


def needs_s3a(stores: DataStores) -> bool:
    """Tell whether a store is reached by Hadoop's S3A."""
    # All are imported, so that one which cannot be is found whichever comes first.
    classes = [interface_class for store in stores.values() for interface_class in store.interface_classes]
    return any(getattr(interface_class, "uses_s3a", False) for interface_class in classes)


def needs_delta(stores: DataStores) -> bool:
    """Tell whether an object is declared as a Delta table."""
    return "delta" in set(_formats(stores))


def _formats(stores: DataStores) -> Iterable[str]:
    return (name for store in stores.values() for name in store.formats())
