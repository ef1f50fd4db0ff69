"""A warehouse, a connection to it, and a fresh table name."""

from __future__ import annotations

import uuid

import pytest
import redshift_connector

from tests.integration.local.warehouse.warehouse_client import Warehouse


@pytest.fixture(scope="module")
def warehouse(local_stack):
    return Warehouse(local_stack.environment())


@pytest.fixture
def connection(warehouse):
    opened = warehouse.connect()
    yield opened
    opened.close()


@pytest.fixture
def run(connection):
    def execute(sql, *parameters):
        cursor = connection.cursor()
        cursor.execute(sql, parameters or None)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else None

    return execute


@pytest.fixture
def refused(connection, run):
    """Run a statement that must fail; give its error fields, after rolling back."""

    def execute(sql):
        with pytest.raises(redshift_connector.Error) as caught:
            run(sql)
        connection.rollback()
        return caught.value.args[0]

    return execute


@pytest.fixture
def table():
    return f"t_{uuid.uuid4().hex[:12]}"
