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
