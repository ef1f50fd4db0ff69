"""Users other than the stack's own, and what they may do."""

from __future__ import annotations

import uuid

import pyarrow as pa
import pytest
import redshift_connector

from tests.integration.local.warehouse.warehouse_client import unload_sql

INTS = pa.table({"a": pa.array([1, 2], pa.int32())})
PASSWORD = "Correct-Horse-9"


@pytest.fixture
def user(warehouse):
    """A regular user, connected, with a function that runs SQL as it."""
    name = f"u_{uuid.uuid4().hex[:10]}"
    administrator = warehouse.connect()
    administrator.autocommit = True
    administrator.cursor().execute(f"CREATE USER {name} PASSWORD '{PASSWORD}'")
    connection = warehouse.connect(user=name, password=PASSWORD)

    def execute(sql):
        cursor = connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else None

    execute.name, execute.connection = name, connection
    yield execute
    connection.close()
    administrator.cursor().execute(f"DROP OWNED BY {name}")
    administrator.cursor().execute(f"DROP USER {name}")
    administrator.close()
    with pytest.raises(redshift_connector.ProgrammingError, match="28P01"):
        warehouse.connect(user=name, password=PASSWORD)


@pytest.fixture
def denied(user):
    def execute(sql):
        with pytest.raises(redshift_connector.ProgrammingError) as caught:
            user(sql)
        user.connection.rollback()
        return caught.value.args[0]["C"], caught.value.args[0]["M"]

    return execute


def test_a_user_is_who_he_says(warehouse, user, run):
    """G: CREATE USER; a wrong password is 28P01 as PostgreSQL's."""
    assert user("SELECT current_user, (SELECT usesuper FROM pg_user WHERE usename = current_user)") == [
        (user.name, False)
    ]
    assert run("SELECT current_user") == [(warehouse.user,)]
    with pytest.raises(redshift_connector.ProgrammingError, match="28P01"):
        warehouse.connect(user=user.name, password="wrong")


def test_a_password_can_be_changed(warehouse, connection, run, user):
    """G: ALTER USER."""
    run(f"ALTER USER {user.name} PASSWORD 'Another-Horse-9'")
    connection.commit()
    warehouse.connect(user=user.name, password="Another-Horse-9").close()
    run(f"ALTER USER {user.name} PASSWORD '{PASSWORD}'")
    connection.commit()


@pytest.mark.parametrize("view", ["stl_load_errors", "stl_query", "svv_table_info"])
def test_a_regular_user_is_kept_from_the_old_system_views(denied, view):
    """S: 42501 on stl_load_errors for a regular user of Serverless; G: SVV_TABLE_INFO is for superusers."""
    assert denied(f"SELECT * FROM {view}") == ("42501", f"permission denied for relation {view}")


def test_a_regular_user_sees_what_failed_to_load(warehouse, user, denied, table):
    """S: SYS_LOAD_ERROR_DETAIL is there for everybody; G: SYS_QUERY_HISTORY shows a regular user his own statements."""
    user(f"CREATE TABLE {table} (a varchar(1))")
    user.connection.commit()
    assert denied(warehouse.copy(table, pa.table({"a": ["ab"]})))[1] == "Spectrum Scan Error"
    (found,) = user(
        f"SELECT trim(column_name) FROM sys_load_error_detail WHERE table_id = '{table}'::regclass::integer"
    )
    assert found == ("a",)
    user.connection.commit()
    assert user("SELECT DISTINCT username FROM sys_query_history") == [(user.name,)]


def test_grants_decide(warehouse, connection, run, user, denied, table):
    """G: GRANT and REVOKE; the words of the refusal are PostgreSQL 8's."""
    run(f"CREATE TABLE {table} (a int)")
    connection.commit()
    reading, writing = f"SELECT count(*) FROM {table}", f"INSERT INTO {table} VALUES (3)"
    assert denied(reading) == ("42501", f"permission denied for relation {table}")
    run(f"GRANT SELECT, INSERT ON {table} TO {user.name}")
    connection.commit()
    user(writing)
    user(warehouse.copy(table, INTS))
    user(unload_sql(f"SELECT * FROM {table}", warehouse.uri()))
    assert user(reading) == [(3,)]
    assert denied(f"DELETE FROM {table}")[0] == "42501"
    user.connection.autocommit = True
    user(writing)
    user.connection.autocommit = False
    run(f"REVOKE INSERT ON {table} FROM {user.name}")
    connection.commit()
    assert denied(writing)[0] == "42501"
    assert user(reading)[0][0] >= 1
    assert user("SELECT current_user") == [(user.name,)]


def test_grants_to_groups_and_comments_survive_an_overwrite(warehouse, connection, run, user, table):
    """G: CREATE GROUP; DELETE and COPY keep what DROP would lose: grants, comments, dependent views, keys."""
    group = f"g_{uuid.uuid4().hex[:10]}"
    run(f"CREATE GROUP {group} WITH USER {user.name}")
    run(f"CREATE TABLE {table} (a int) DISTKEY (a)")
    run(f"CREATE VIEW {table}_v AS SELECT a FROM {table}")
    run(f"GRANT SELECT ON {table}, {table}_v TO GROUP {group}")
    run(f"COMMENT ON TABLE {table} IS 'it''s mine'")
    run(f"COMMENT ON COLUMN {table}.a IS 'a number'")
    connection.commit()
    run(f"DELETE FROM {table}")
    run(warehouse.copy(table, INTS))
    connection.commit()
    assert user(f"SELECT count(*) FROM {table}_v") == user(f"SELECT count(*) FROM {table}") == [(2,)]
    assert run(f"SELECT remarks FROM svv_columns WHERE table_name = '{table}'") == [("a number",)]
    assert run(f"SELECT diststyle FROM svv_table_info WHERE \"table\" = '{table}'") == [("KEY(a)",)]
    run(f"REVOKE SELECT ON {table}, {table}_v FROM GROUP {group}")
    run(f"DROP GROUP {group}")
    connection.commit()


def test_a_table_that_a_view_needs_is_not_dropped(connection, run, refused, table):
    """G: DROP TABLE; without CASCADE a dependent view keeps its table."""
    run(f"CREATE TABLE {table} (a int)")
    run(f"CREATE VIEW {table}_v AS SELECT a FROM {table}")
    connection.commit()
    assert refused(f"DROP TABLE {table}")["C"] == "2BP01"
