"""MERGE: Redshift's narrower form of it."""

from __future__ import annotations

import pytest

UPSERT = (
    "MERGE INTO {0} USING {0}_s AS s ON {0}.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b"
    " WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b)"
)


@pytest.fixture
def tables(run, connection, table):
    run(f"CREATE TABLE {table} (a int, b varchar(9))")
    run(f"CREATE TABLE {table}_s (a int, b varchar(9))")
    run(f"INSERT INTO {table} VALUES (1, 'one'), (2, 'two')")
    run(f"INSERT INTO {table}_s VALUES (2, 'TWO'), (3, 'three')")
    connection.commit()
    return table


@pytest.fixture
def content(run, tables):
    return lambda: run(f"SELECT a, b FROM {tables} ORDER BY 1, 2")


def test_rows_that_match_are_updated_and_others_inserted(run, tables, content):
    """G: MERGE's first example."""
    run(UPSERT.format(tables))
    assert content() == [(1, "one"), (2, "TWO"), (3, "three")]


def test_rows_that_match_may_be_deleted(run, tables, content):
    """G: MERGE's second example."""
    run(
        f"MERGE INTO {tables} USING {tables}_s ON ({tables}.a = {tables}_s.a AND {tables}.a = {tables}_s.a)"
        f" WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES ({tables}_s.a, {tables}_s.b)"
    )
    assert content() == [(1, "one"), (3, "three")]


def test_expressions_may_hold_cases(run, tables, content):
    """G: the grammar of MERGE; the WHENs of a CASE belong to its expression."""
    run(
        f"MERGE INTO {tables} USING {tables}_s s ON {tables}.a = s.a"
        " WHEN MATCHED THEN UPDATE SET b = CASE WHEN s.a = 2 THEN 'two!' ELSE s.b END"
        " WHEN NOT MATCHED THEN INSERT VALUES (s.a, CASE WHEN s.a = 3 THEN 'three!' END)"
    )
    assert content() == [(1, "one"), (2, "two!"), (3, "three!")]


def test_a_repeated_key_of_the_source_is_refused_in_redshifts_words(connection, run, refused, tables):
    """G: MERGE's error for several matches; the code is PostgreSQL's (P)."""
    run(f"INSERT INTO {tables}_s VALUES (2, 'again')")
    connection.commit()
    error = refused(UPSERT.format(tables))
    assert (error["C"], error["M"]) == ("21000", "Found multiple matches to update the same tuple.")


def test_remove_duplicates_replaces_what_matches(run, connection, tables, content):
    """G: MERGE, simplified mode: all rows of the target that match give way to those of the source."""
    run(f"INSERT INTO {tables} VALUES (2, 'again')")
    run(f"MERGE INTO {tables} USING {tables}_s s ON {tables}.a = s.a REMOVE DUPLICATES")
    assert content() == [(1, "one"), (2, "TWO"), (3, "three")]


def test_remove_duplicates_needs_the_same_columns(connection, run, refused, tables):
    """G: the same number of columns in the same order; PostHog#40583; the code is a guess."""
    run(f"ALTER TABLE {tables} ADD COLUMN c int")
    connection.commit()
    merge = f"MERGE INTO {tables} USING {tables}_s ON {tables}.a = {tables}_s.a REMOVE DUPLICATES"
    assert refused(merge)["C"] == "42601"
    run(f"ALTER TABLE {tables}_s ADD COLUMN c int")
    run(f"ALTER TABLE {tables}_s ADD COLUMN d int")
    connection.commit()
    assert refused(merge)["C"] == "42601"


INSERT = "WHEN NOT MATCHED THEN INSERT VALUES (s.a, s.b)"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("MERGE INTO {0} t USING {0}_s s ON t.a = s.a WHEN MATCHED THEN DELETE " + INSERT, "42601"),
        ("MERGE INTO {0} AS t USING {0}_s s ON t.a = s.a WHEN MATCHED THEN DELETE " + INSERT, "42601"),
        ("MERGE INTO {0} USING (SELECT * FROM {0}_s) s ON {0}.a = s.a WHEN MATCHED THEN DELETE " + INSERT, "42601"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a > s.a WHEN MATCHED THEN DELETE " + INSERT, "0A000"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a OR {0}.a = 1 WHEN MATCHED THEN DELETE " + INSERT, "0A000"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a WHEN MATCHED THEN DELETE", "42601"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a " + INSERT, "42601"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a " + INSERT + " WHEN MATCHED THEN DELETE", "42601"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a WHEN MATCHED AND s.a = 1 THEN DELETE " + INSERT, "42601"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a WHEN MATCHED THEN DO NOTHING " + INSERT, "42601"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a WHEN MATCHED THEN DELETE " + INSERT + INSERT, "42601"),
        ("MERGE INTO {0} USING {0} s ON {0}.a = s.a WHEN MATCHED THEN DELETE " + INSERT, "0A000"),
        ("WITH s AS (SELECT 1 AS a) MERGE INTO {0} USING s ON {0}.a = s.a REMOVE DUPLICATES", "42601"),
        ("MERGE INTO {0} USING {0}_s s ON {0}.a = s.a REMOVE DUPLICATES " + INSERT, "42601"),
    ],
)
def test_what_postgresql_would_take_is_refused(refused, tables, statement, code):
    """G: MERGE's grammar and usage notes; bruin#1306 for the alias; 0A000 is a guess."""
    assert refused(statement.format(tables))["C"] == code
