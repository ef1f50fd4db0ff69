"""Where Redshift's SQL differs from PostgreSQL's."""

from __future__ import annotations

import pyarrow as pa
import pytest
import redshift_connector


def test_table_attributes_are_taken_and_shown(connection, run, table):
    """G: SVV_TABLE_INFO and PG_TABLE_DEF; SVV_TABLE_INFO leaves out tables without rows."""
    run(
        f'CREATE TABLE {table} (id bigint NOT NULL ENCODE az64, "Region" varchar(20) ENCODE zstd, at timestamp,'
        " PRIMARY KEY (id)) BACKUP NO DISTSTYLE KEY DISTKEY (region) COMPOUND SORTKEY (at, id)"
    )
    info = f"SELECT encoded, diststyle, sortkey1, sortkey_num, tbl_rows FROM svv_table_info WHERE \"table\" = '{table}'"
    assert run(info) == []
    run(f"INSERT INTO {table} VALUES (1, 'eu', NULL)")
    assert run(info) == [("Y", "KEY(region)", "at", 2, 1)]
    definition = (
        f'SELECT "column", type, encoding, distkey, sortkey, "notnull" FROM pg_table_def WHERE tablename = \'{table}\''
    )
    assert run(definition) == [
        ("id", "bigint", "az64", False, 2, True),
        ("region", "character varying(20)", "zstd", True, 0, False),
        ("at", "timestamp without time zone", "none", False, 1, False),
    ]
    connection.rollback()
    assert run(definition) == []


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ("", ("AUTO(ALL)", "AUTO(SORTKEY)")),
        ("DISTSTYLE ALL", ("ALL", "AUTO(SORTKEY)")),
        ("DISTSTYLE EVEN SORTKEY AUTO", ("EVEN", "AUTO(SORTKEY)")),
        ("DISTSTYLE AUTO INTERLEAVED SORTKEY (a, b)", ("AUTO(ALL)", "INTERLEAVED")),
        ("DISTKEY (b) SORTKEY (b) ENCODE AUTO", ("KEY(b)", "b")),
    ],
)
def test_every_form_of_distribution_and_sorting(run, table, attributes, shown):
    """G: CREATE TABLE and SVV_TABLE_INFO."""
    run(f"CREATE TABLE {table} (a int, b int) {attributes}")
    run(f"INSERT INTO {table} VALUES (1, 1)")
    assert run(f"SELECT diststyle, sortkey1 FROM svv_table_info WHERE \"table\" = '{table}'") == [shown]


def test_attributes_follow_create_table_as_and_like(run, table):
    """G: CTAS takes attributes; LIKE inherits them."""
    run(f"CREATE TABLE {table} DISTKEY (a) SORTKEY (b) AS SELECT 1 AS a, 2 AS b")
    run(f"CREATE TABLE {table}_like (LIKE {table})")
    run(f"INSERT INTO {table}_like VALUES (1, 2)")
    info = f"SELECT diststyle, sortkey1 FROM svv_table_info WHERE \"table\" LIKE '{table}%'"
    assert run(info) == [("KEY(a)", "b")] * 2


def test_keys_are_not_enforced_but_not_null_is(connection, run, refused, table):
    """G: uniqueness, primary key and foreign key constraints are informational only."""
    run(
        f"CREATE TABLE {table} (a int, b int UNIQUE, c int REFERENCES nowhere (x),"
        " CONSTRAINT k PRIMARY KEY (a, b), FOREIGN KEY (c) REFERENCES nowhere (x), UNIQUE (c))"
    )
    connection.commit()
    run(f"INSERT INTO {table} VALUES (1, 1, 1), (1, 1, 1)")
    connection.commit()
    assert refused(f"INSERT INTO {table} VALUES (NULL, 1, 1)")["C"] == "23502"


def test_types_get_redshifts_lengths(run, table):
    """G: TEXT is VARCHAR(256), MAX 65535, DECIMAL (18,0), CHAR 1; SUPER exists."""
    run(
        f"CREATE TABLE {table} (a text, b varchar, c varchar(max), d character varying(7), e decimal, f numeric(5),"
        " g char, h bpchar, i nvarchar(9), j super, k double precision, l float, m varbyte(10), n timestamptz)"
    )
    types = run(f"SELECT type FROM pg_table_def WHERE tablename = '{table}'")
    assert [name for (name,) in types] == [
        "character varying(256)",
        "character varying(256)",
        "character varying(65535)",
        "character varying(7)",
        "numeric(18,0)",
        "numeric(5,0)",
        "character(1)",
        "character(256)",
        "character varying(9)",
        "super",
        "double precision",
        "double precision",
        "binary varying",
        "timestamp with time zone",
    ]


def test_catalog_views_describe_tables_and_columns(connection, run, table):
    """G: SVV_TABLES, SVV_ALL_TABLES, SVV_COLUMNS, SVV_ALL_COLUMNS; the driver's metadata calls read them."""
    run(f"CREATE TABLE {table} (a int DEFAULT 3, b decimal(10,2) NOT NULL)")
    run(f"COMMENT ON TABLE {table} IS 'mine'")
    where = f"WHERE table_name = '{table}'"
    assert run(f"SELECT table_schema, table_type, remarks FROM svv_tables {where}") == [
        ("public", "BASE TABLE", "mine")
    ]
    assert run(f"SELECT schema_name, table_type FROM svv_all_tables {where}") == [("public", "TABLE")]
    columns = "column_name, ordinal_position, is_nullable, data_type, numeric_precision, numeric_scale"
    expected = [("a", 1, "YES", "integer", 32, 0), ("b", 2, "NO", "numeric", 10, 2)]
    assert run(f"SELECT {columns} FROM svv_columns {where} ORDER BY 2") == expected
    assert run(f"SELECT {columns} FROM svv_all_columns {where} ORDER BY 2") == expected
    cursor = connection.cursor()
    assert [row[2] for row in cursor.get_tables(table_name_pattern=table, types=["TABLE"])] == [table]


def test_names_are_folded_even_when_quoted(connection, run, table):
    """G: identifiers are case-insensitive unless enable_case_sensitive_identifier is set."""
    run(f'CREATE TABLE "{table.upper()}" ("MixedCase" int)')
    cursor = connection.cursor()
    cursor.execute(f'SELECT mixedcase AS "Alias", \'"Literal"\' AS l FROM {table}')
    assert [column[0] for column in cursor.description] == ["alias", "l"]
    run("SET enable_case_sensitive_identifier TO true")
    run(f'CREATE TABLE "{table}_X" ("MixedCase" int)')
    assert run(f'SELECT "MixedCase" FROM "{table}_X"') == []
    run("RESET enable_case_sensitive_identifier")
    with pytest.raises(redshift_connector.ProgrammingError, match="42P01"):
        run(f'SELECT * FROM "{table}_X"')


def test_letters_outside_ascii_keep_their_case(warehouse, run, table):
    """G: "Names and identifiers": ASCII letters are folded, quoted or not, and no others; in COPY's list as well."""
    run(f'CREATE TABLE {table} ("ÁRBOL" int, "árbol" int)')
    columns = pa.table({"first": pa.array([1], pa.int32()), "second": pa.array([2], pa.int32())})
    run(warehouse.copy(f'{table} ("ÁRBoL", "áRBOL")', columns))
    assert run(f'SELECT "Árbol", "árbol" FROM {table}') == [(1, 2)]
    assert run(f'UPDATE {table} SET "árbol" = 3') is None
    assert run(f"SELECT column_name FROM svv_columns WHERE table_name = '{table}' ORDER BY ordinal_position") == [
        ("Árbol",),
        ("árbol",),
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x" * 64, "0A000"),
        ("x" * 128, "42622"),
        ('"' + "x y" * 22 + '"', "0A000"),
        ('"' + "é" * 32 + '"', "0A000"),
        ('"' + "é" * 64 + '"', "42622"),
        ("𝄞" * 16, "0A000"),
    ],
)
def test_a_name_that_is_too_long_is_refused_rather_than_cut(refused, name, code):
    """G: 127 bytes; PostgreSQL would cut at 63 without an error, so this warehouse refuses (its own limit)."""
    assert refused(f"CREATE TABLE {name} (a int)")["C"] == code
    assert refused(f"CREATE TABLE t (a int, {name} int)")["C"] == code
    assert refused(f"SELECT 1 AS {name} FROM nowhere")["C"] == code


def test_the_length_of_a_name_is_not_that_of_a_value(run, refused, table):
    """G: a name's length is in bytes; a value may be longer."""
    run(f'CREATE TABLE {table} ("{"é" * 31}x" int)')
    assert refused(f"SELECT '{'x' * 200}' FROM nowhere")["C"] == "42P01"


def test_truncate_commits(connection, run, table):
    """G: TRUNCATE commits the transaction in which it runs."""
    run(f"CREATE TABLE {table} (a int)")
    run(f"INSERT INTO {table} VALUES (1)")
    assert connection.in_transaction
    run(f"TRUNCATE TABLE {table}")
    assert not connection.in_transaction
    connection.rollback()
    assert run(f"SELECT count(*) FROM {table}") == [(0,)]


def test_lock_table_passes(connection, run, table):
    """G: LOCK takes an access exclusive lock."""
    run(f"CREATE TABLE {table} (a int)")
    run(f"LOCK TABLE {table}")


def test_concurrent_changes_of_the_same_rows_are_error_1023(warehouse, connection, run, table):
    """G+: SNAPSHOT isolation is the default; dbt-core#12596: XX000 with the message 1023."""
    run(f"CREATE TABLE {table} (a int)")
    run(f"INSERT INTO {table} VALUES (1)")
    connection.commit()
    other = warehouse.connect()
    try:
        other.cursor().execute(f"SELECT * FROM {table}")
        run(f"DELETE FROM {table}")
        connection.commit()
        with pytest.raises(redshift_connector.ProgrammingError) as caught:
            other.cursor().execute(f"DELETE FROM {table}")
    finally:
        other.close()
    error = caught.value.args[0]
    assert (error["C"], error["M"]) == ("XX000", "1023")
    assert error["D"].startswith("Serializable isolation violation on table")


def test_a_backslash_in_a_literal_is_an_escape(run, refused):
    """G: LIKE's examples; jOOQ#10628; npgsql#515: E'…' does not exist."""
    assert run(r"SELECT 'a\\b', 'it\'s', 'x_y' LIKE 'x\\_y', 'xzy' LIKE 'x\\_y'") == [("a\\b", "it's", True, False)]
    assert refused(r"SELECT E'a'")["C"] == "42704"


def test_functions_of_redshift(run):
    """G: GETDATE, NVL, LEN, JSON_PARSE, JSON_SERIALIZE."""
    assert run("SELECT nvl(NULL, 3), len('é€'), json_serialize(json_parse('[1]'))") == [(3, 2, "[1]")]
    assert run("SELECT getdate() <= clock_timestamp()::timestamp") == [(True,)]


def test_settings_of_redshift_are_taken(run):
    """G: configuration parameters that PostgreSQL does not know."""
    run("SET query_group TO 'nightly'")
    assert run("SHOW query_group") == [("nightly",)]
    run("RESET query_group")
    run("SET statement_timeout TO 60000")


def test_maintenance_statements_are_taken(connection, run, table):
    """G: VACUUM and ANALYZE with Redshift's words."""
    connection.autocommit = True
    run(f"CREATE TABLE {table} (a int)")
    for statement in (
        f"VACUUM DELETE ONLY {table} TO 99 PERCENT",
        f"VACUUM FULL {table}",
        f"ANALYZE {table} PREDICATE COLUMNS",
    ):
        run(statement)


def test_alter_table_in_redshifts_forms(connection, run, refused, table):
    """G: ALTER TABLE."""
    connection.autocommit = True
    run(f"CREATE TABLE {table} (a int, b varchar(5))")
    run(f"ALTER TABLE {table} ADD COLUMN c text ENCODE lzo DEFAULT 'x'")
    run(f"ALTER TABLE {table} ALTER COLUMN b TYPE varchar(50)")
    run(f"ALTER TABLE {table} ADD CONSTRAINT k PRIMARY KEY (a)")
    run(f"ALTER TABLE {table} ALTER DISTKEY a")
    run(f"ALTER TABLE {table} ALTER COMPOUND SORTKEY (b, a)")
    run(f"INSERT INTO {table} VALUES (1, 'longer than five'), (1, '')")
    info = f"SELECT diststyle, sortkey1 FROM svv_table_info WHERE \"table\" = '{table}'"
    assert run(info) == [("KEY(a)", "b")]
    connection.autocommit = False
    assert refused(f"ALTER TABLE {table} ADD COLUMN d int, ADD COLUMN e int")["C"] == "42601"
    assert refused(f"ALTER TABLE {table} ALTER COLUMN a TYPE bigint")["C"] == "0A000"
    assert refused(f"ALTER TABLE {table} ALTER COLUMN a SET NOT NULL")["C"] == "0A000"
    run("SELECT 1")
    assert refused(f"ALTER TABLE {table} ALTER COLUMN b TYPE varchar(60)")["C"] == "25001"


def test_a_view_without_schema_binding_is_taken(run, table):
    """G: CREATE VIEW … WITH NO SCHEMA BINDING; here it is bound all the same."""
    run(f"CREATE VIEW {table} AS SELECT 1 AS a WITH NO SCHEMA BINDING")
    assert run(f"SELECT * FROM {table}") == [(1,)]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("INSERT INTO x VALUES (1) ON CONFLICT DO NOTHING", "42601"),
        ("INSERT INTO x VALUES (1) RETURNING a", "42601"),
        ("WITH d AS (DELETE FROM x RETURNING *) SELECT * FROM d", "42601"),
        ("CREATE INDEX i ON x (a)", "0A000"),
        ("CREATE UNIQUE INDEX i ON x (a)", "0A000"),
        ("CREATE SEQUENCE s", "0A000"),
        ("CREATE TRIGGER t BEFORE INSERT ON x EXECUTE FUNCTION f()", "0A000"),
        ("CREATE TYPE mood AS ENUM ('sad')", "0A000"),
        ("CREATE EXTENSION hstore", "0A000"),
        ("CREATE TABLE x (a serial)", "0A000"),
        ("CREATE TABLE x (a int[])", "0A000"),
        ("CREATE TABLE x (a uuid)", "0A000"),
        ("CREATE TABLE x (a json)", "0A000"),
        ("CREATE TABLE x (a jsonb)", "0A000"),
        ("CREATE TABLE x (a bytea)", "0A000"),
        ("CREATE TABLE x (a int CHECK (a > 0))", "0A000"),
        ("CREATE TABLE x (a int, CHECK (a > 0))", "0A000"),
        ("CREATE TABLE x (a int) PARTITION BY RANGE (a)", "0A000"),
        ("CREATE TABLE x (a int) INHERITS (y)", "0A000"),
        ("CREATE TABLE x (a varchar(65536))", "22023"),
        ("CREATE TABLE x (a decimal(39,0))", "22023"),
        ("CREATE TABLE x (a int) NONSENSE", "42601"),
        ("ALTER TABLE x ADD COLUMN a uuid", "0A000"),
        ("SELECT * FROM (VALUES (1), (2)) AS v(a)", "42601"),
        ("WITH v AS (VALUES (1)) SELECT * FROM v", "42601"),
        ("VALUES (1)", "42601"),
        ("SAVEPOINT here", "0A000"),
        ("ROLLBACK TO here", "0A000"),
        ("RELEASE here", "0A000"),
        ("LOCK x IN EXCLUSIVE MODE", "42601"),
        ("SELECT string_agg(a, ',') FROM x", "0A000"),
        ("INSERT INTO x SELECT generate_series(1, 3)", "0A000"),
        ("SELECT * FROM x, generate_series(1, 3)", "0A000"),
        ("ALTER TABLE x APPEND FROM y", "0A000"),
    ],
)
def test_what_redshift_does_not_have_is_refused(refused, statement, code):
    """G: "Unsupported PostgreSQL features" and the grammar of each statement; a code that no report has is a guess."""
    assert refused(statement)["C"] == code


def test_functions_of_the_leader_node_work_without_tables(run):
    """G: "SQL functions supported on the leader node"; system tables are on the leader node, too."""
    assert run("SELECT count(*) FROM generate_series(1, 3)") == [(3,)]
    assert run("SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname = 'public'") == [("public",)]


def test_delete_needs_no_from(run, table):
    """G: DELETE [ FROM ]."""
    run(f"CREATE TABLE {table} (a int)")
    run(f"INSERT INTO {table} VALUES (1), (2)")
    run(f"DELETE {table} WHERE a = 1")
    assert run(f"SELECT a FROM {table}") == [(2,)]


def test_words_in_literals_and_comments_are_no_clauses(run):
    """G: the grammar of literals, names and comments; what they hold is no clause."""
    query = "SELECT 'INSERT ON CONFLICT RETURNING' AS a, 'it''s e' AS b -- RETURNING ON CONFLICT"
    assert run(query) == [("INSERT ON CONFLICT RETURNING", "it's e")]
