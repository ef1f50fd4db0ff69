"""The data of an object that is there already, as a write that adds to it must know it."""

from __future__ import annotations

from spark_dao.core.planner import PlannedRead, call
from spark_dao.core.router import best, weigh
from spark_dao.data_object import DataObject
from spark_dao.errors import CatalogError
from spark_dao.plans import ReadPlan


def existing_data(data_object: DataObject, path: str) -> PlannedRead | None:
    """Plan the read of all the files that an object holds at the place where they are written to.

    Args:
        data_object: The object.
        path: The folder that a write adds to.

    Returns:
        The plan; None where nothing is there yet, where reads look elsewhere or are staged, or where no interface
        plans a read without being told more.

    Raises:
        SparkDaoError: The store cannot be reached.

    Example:
        >>> from spark_dao.data_store import DataStore
        >>> store = DataStore.declare("x", {"interface_class": "FileSparkInterface",
        ...                                 "default_configs": {"root": "/nothing/here"}})
        >>> existing_data(DataObject("users", store), "/nothing/here/users") is None
        True
    """
    fit = best(weigh("read", data_object, {}, kinds=["plan"]))
    if fit is None:
        return None
    try:
        plan = call(fit, fit.arguments, data_object)
    except CatalogError:
        return None
    if not isinstance(plan, ReadPlan) or plan.token is not None or plan.paths != (path,):
        return None
    return PlannedRead(plan=plan, interface=fit.candidate.interface, data_object=data_object)
