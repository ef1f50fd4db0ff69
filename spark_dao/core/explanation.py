"""`dao.explain`: who would answer a call, with what, and what it would send."""

from __future__ import annotations

from spark_dao.core.planner import named_errors
from spark_dao.core.router import Fit
from spark_dao.data_object import DataObject
from spark_dao.errors import SparkDaoError


def explained(fit: Fit, chosen: Fit | None) -> str:
    """Say in one line how a candidate takes the call."""
    if fit.refused is not None:
        return f"refused {fit.candidate.label}: {fit.refused}"
    origins = ", ".join(
        f"{name} from {origin}" for name, origin in sorted(fit.origins.items()) if name != "data_object"
    )
    verdict = "chosen " if fit is chosen else "fits   "
    return f"{verdict} {fit.candidate.label}" + (f": {origins}" if origins else "")


def previewed(fit: Fit | None, data_object: DataObject) -> list[str]:
    """List the statements that the chosen method would send, or why they are not known.

    An interface class tells them by a method of its own, `preview_<method>`, which takes the same arguments and changes
    nothing.
    """
    preview = None if fit is None else getattr(fit.candidate.interface, f"preview_{fit.candidate.name}", None)
    if fit is None or preview is None:
        return []
    try:
        with named_errors(data_object):
            return [f"sql     {statement}" for statement in preview(**fit.arguments)]
    except SparkDaoError as error:
        return [f"no sql  {error}"]
