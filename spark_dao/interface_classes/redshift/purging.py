"""Dropping a warehouse's table for good."""

from __future__ import annotations

from spark_dao.errors import PlanError
from spark_dao.interface_classes.redshift import metadata
from spark_dao.interface_classes.redshift.connection import connected
from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.settings import RedshiftSettings


def purge_table(settings: RedshiftSettings, target: TableName, query: str | None) -> None:
    """Drop a table; what depends on it makes the warehouse refuse, since nothing says CASCADE.

    Args:
        settings: How the warehouse is reached.
        target: The table.
        query: The query that the object is declared as, if it is.

    Raises:
        CatalogError: There is no such table.
        PlanError: It is a view or a declared query.
        InterfaceError: The warehouse refuses.
    """
    if query is not None:
        raise PlanError("the object is a declared query, which holds no data to purge; remove it from the catalog")
    with connected(settings) as session:
        table = metadata.existing_table(session, target)
        if table.kind != "table":
            raise PlanError(
                f"{table.name.sql} is a {table.kind}, which holds no data to purge; drop it in the warehouse"
            )
        session.execute(" ".join(["DROP TABLE", table.name.sql]))
        session.commit()
