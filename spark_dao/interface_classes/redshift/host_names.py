"""What the host name of a Redshift endpoint tells: the cluster or workgroup, and its region."""

from __future__ import annotations

import re
from typing import NamedTuple

# Patterns of redshift_connector/redshift_property.py, narrowed to one label for each part.
_CLUSTER = re.compile(r"(?P<cluster>[^.]+)\.[^.]+\.(?P<region>[^.]+)\.redshift\.amazonaws\.com(?:\.cn)?")
_WORKGROUP = re.compile(r"(?P<workgroup>[^.]+)\.[^.]+\.(?P<region>[^.]+)\.redshift-serverless\.amazonaws\.com(?:\.cn)?")


class WarehouseIdentity(NamedTuple):
    """A warehouse as AWS knows it.

    Attributes:
        cluster: Identifier of a provisioned cluster, None for Serverless.
        workgroup: Name of a Serverless workgroup, None for a cluster.
        region: AWS region, None where it is not known.
    """

    cluster: str | None
    workgroup: str | None
    region: str | None


def identity_of(host: str) -> WarehouseIdentity:
    """Tell a warehouse by its host name, all None where that is not Redshift's own.

    Example:
        >>> identity_of("sales.abc123.eu-west-1.redshift.amazonaws.com")
        WarehouseIdentity(cluster='sales', workgroup=None, region='eu-west-1')
        >>> identity_of("etl.111122223333.eu-west-1.redshift-serverless.amazonaws.com").workgroup
        'etl'
    """
    if found := _CLUSTER.fullmatch(host):
        return WarehouseIdentity(found["cluster"], None, found["region"])
    if found := _WORKGROUP.fullmatch(host):
        return WarehouseIdentity(None, found["workgroup"], found["region"])
    return WarehouseIdentity(None, None, None)
