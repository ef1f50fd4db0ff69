from __future__ import annotations

import copy
import pickle

import pytest

import spark_dao
from spark_dao import errors


@pytest.mark.parametrize(
    "kind",
    [
        errors.SparkDaoError,
        errors.CatalogError,
        errors.RouteError,
        errors.InterfaceError,
        errors.PlanError,
        errors.CommitError,
    ],
)
def test_every_error_survives_pickling_with_all_it_names(kind):
    error = kind("what and how", store="s", data_object="o", key="k")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == "s.o, key `k`: what and how"
    assert isinstance(error, spark_dao.SparkDaoError)


def test_everything_exported_can_be_imported():
    assert all(
        getattr(spark_dao, name) is not None for name in spark_dao.__all__ if name not in {"configure", "register"}
    )
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        spark_dao.nothing  # noqa: B018
