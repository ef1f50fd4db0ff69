"""VARCHAR and CHAR, whose lengths, blanks and comparisons differ from PostgreSQL's."""

from __future__ import annotations

import pyarrow as pa
import pytest


@pytest.fixture
def texts(run, table, connection):
    run(f"CREATE TABLE {table} (id int, a varchar(4), c char(4))")
    run(f"INSERT INTO {table} VALUES (1, 'x', 'x'), (2, 'x ', 'x'), (3, 'y', 'y'), (4, NULL, NULL)")
    connection.commit()
    return table


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {} (a) VALUES ('éé€')",
        "INSERT INTO {} (a) SELECT 'éé' || '€'",
        "UPDATE {} SET a = 'abéé'",
        "MERGE INTO {0} USING {0}_s s ON {0}.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a"
        " WHEN NOT MATCHED THEN INSERT (id, a) VALUES (s.id, s.a)",
    ],
)
def test_a_varchar_counts_bytes_in_every_statement(connection, run, refused, texts, statement):
    """G: "Character types": VARCHAR(n) holds n bytes; the code and text are those of public reports."""
    run(f"CREATE TABLE {texts}_s (id int, a varchar(9))")
    run(f"INSERT INTO {texts}_s VALUES (1, 'éé€')")
    connection.commit()
    error = refused(statement.format(texts))
    assert (error["C"], error["M"]) == ("22001", "value too long for type character varying(4)")
    assert "W" not in error


def test_a_bound_value_is_measured_too(connection, run, texts):
    """G: "Character types"."""
    run(f"INSERT INTO {texts} (a) VALUES (%s)", "éé")
    with pytest.raises(Exception, match="22001"):
        run(f"INSERT INTO {texts} (a) VALUES (%s)", "ééé")


def test_blanks_that_are_too_many_are_cut_off(run, texts):
    """G: "Significance of trailing blanks"."""
    run(f"INSERT INTO {texts} VALUES (9, 'ab       ', 'ab       ')")
    assert run(f"SELECT a || '|', c || '|' FROM {texts} WHERE id = 9") == [("ab  |", "ab|")]


def test_a_cast_cuts_at_bytes(run):
    """G: CAST to a shorter VARCHAR truncates; that no character is cut in half is a guess."""
    assert run("SELECT 'abcdef'::varchar(3), 'aéé'::varchar(4), CAST('é' AS varchar(1)), 12345::varchar(3)") == [
        ("abc", "aé", "", "123")
    ]


@pytest.mark.parametrize("statement", ["INSERT INTO {} (c) VALUES ('é')", "UPDATE {} SET c = 'aé'"])
def test_a_char_takes_single_bytes_only(refused, texts, statement):
    """G: "Multibyte character load errors" for the text; that INSERT answers with it and XX000 is a guess."""
    error = refused(statement.format(texts))
    assert error["C"] == "XX000"
    assert error["M"] == "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: c3 a9"


def test_a_copy_into_a_char_takes_single_bytes_only(warehouse, connection, run, refused, texts):
    """G: "Multibyte character load errors", number 1220; the detail block around it is a guess for Parquet."""
    copy = warehouse.copy(f"{texts} (c)", pa.table({"c": [None, "abcd", "a€"]}))
    detail = refused(copy)["D"]
    assert "code:      1220" in detail
    assert "Invalid char: e2 82 ac" in detail
    run(warehouse.copy(f"{texts} (c)", pa.table({"c": [None, "abcd", ""]})))


def test_each_invalid_byte_is_replaced(warehouse, run, texts):
    """G: ACCEPTINVCHARS replaces by a string of the same length; a character that is valid stays."""
    values = pa.table({"a": pa.array([b"\xe2\x82", "\ufffd".encode()])})
    run(warehouse.copy(f"{texts} (a)", values, options="ACCEPTINVCHARS AS '^'"))
    assert run(f"SELECT a FROM {texts} WHERE id IS NULL ORDER BY a") == [("^^",), ("\ufffd",)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("a = 'x'", [1, 2]),
        ("a = 'x   '", [1, 2]),
        ("a <> 'x '", [3]),
        ("a > 'x'", [3]),
        ("a >= 'x  '", [1, 2, 3]),
        ("a IN ('x', 'z')", [1, 2]),
        ("a BETWEEN 'x' AND 'x'", [1, 2]),
        ("upper(a) = 'X'", [1, 2]),
        ("a || '  ' = 'x'", [1, 2]),
        ("a = c", [1, 2, 3]),
        ("a LIKE 'x'", [1]),
        ("len(a) = 2", [2]),
    ],
)
def test_trailing_blanks_do_not_count_in_comparisons(run, texts, condition, found):
    """G: "Significance of trailing blanks": insignificant in comparisons, kept, counted by LEN and seen by LIKE."""
    assert run(f"SELECT id FROM {texts} WHERE {condition} ORDER BY 1") == [(number,) for number in found]


def test_joins_groups_and_distinct_pass_over_trailing_blanks(run, texts):
    """Guess: what is equal in a comparison is one group, too."""
    assert run(f"SELECT count(*) FROM {texts} l JOIN {texts} r ON l.a = r.a") == [(5,)]
    assert [count for _, count in run(f"SELECT a, count(*) FROM {texts} GROUP BY a ORDER BY a")] == [2, 1, 1]
    assert run(f"SELECT count(DISTINCT a) FROM {texts}") == [(2,)]
    (plan,) = run(f"EXPLAIN SELECT 1 FROM {texts} l JOIN {texts} r ON l.a = r.a")[:1]
    assert "Nested Loop" not in plan[0]
