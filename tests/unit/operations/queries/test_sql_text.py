"""The guard in front of EXPLAIN and texts without their literals (C2)."""

import pytest

from core.errors import AppError
from operations.queries.sql_text import fingerprint, single_statement, tokens, without_literals


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1", " select 1 ; ", "SELECT 'a;b'", 'SELECT 1 AS "a;b"', "SELECT $$a;b$$", "SELECT $x$a;$$;b$x$ ;",
        "-- ; DROP TABLE users\nSELECT 1", "/* ; /* ; */ ; */ SELECT 1 -- ;", "SELECT E'a\\';b'", "SELECT 'it''s;'",
        "WITH a AS (SELECT 1) SELECT * FROM a", "VALUES (1)", "INSERT INTO t VALUES (1)", "SELECT U&'d\\0061;'",
        "SELECT E'a'\n'\\';b'", "UPDATE t SET a = 1", "DELETE FROM t", "SELECT 'a\\'",
    ],
)  # fmt: skip
def test_one_statement_is_let_through(text: str) -> None:
    found = single_statement(text)
    assert not found.has_parameters
    assert "".join(token.text for token in tokens(text)) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT 1; DELETE FROM users", "explain_several"), ("SELECT 1;;", "explain_several"),
        ("SELECT 'a'; COMMIT; --'", "explain_several"), ("SELECT 'a\\'; DROP TABLE users; --'", "explain_several"),
        ("SELECT $a$ $b$; $a$; DELETE FROM users -- $b$", "explain_several"),
        ("SELECT /* /* */ 1; DELETE FROM users */ 1; DELETE FROM users", "explain_several"),
        ("SELECT E'a' -- b\n'\\'' ; DELETE FROM users; --'", "explain_open"),
        ("SELECT E'a'\n'\\'' ; DELETE FROM users; --'", "explain_several"),
        ("SELECT a$b$; DELETE FROM users -- $b$", "explain_several"), ("SELECT 1\x00", "explain_open"),
        ("ANALYZE SELECT 1", "explain_kind"), ("(ANALYZE) SELECT 1", "explain_kind"), ("ANALYSE users", "explain_kind"),
        ("VERBOSE SELECT 1", "explain_kind"), ("EXPLAIN ANALYZE SELECT 1", "explain_kind"),
        ("EXECUTE plan", "explain_kind"), ("CREATE TABLE x AS SELECT 1", "explain_kind"),
        ("COPY t TO 'x'", "explain_kind"), ("DECLARE c CURSOR FOR SELECT 1", "explain_kind"),
        ("/* SELECT */ DROP TABLE users", "explain_kind"), ("$$SELECT$$", "explain_kind"),
        ("CALL p()", "explain_kind"), ("; SELECT 1", "explain_several"),
        ("", "explain_empty"), (" -- nothing", "explain_empty"), ("/* open SELECT 1", "explain_open"),
        ("SELECT 'open", "explain_open"), ("SELECT $$open", "explain_open"), ('SELECT "open', "explain_open"),
        ("SELECT '" + 30_000 * "a" + "'", "explain_long"),
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str, code: str) -> None:
    with pytest.raises(AppError, match=code):
        single_statement(text)


def test_parameters_are_seen_where_they_are_ones() -> None:
    assert single_statement("SELECT * FROM t WHERE a = $1").has_parameters
    assert not single_statement("SELECT '$1', $$ $2 $$, a$3 /* $4 */ FROM t").has_parameters


def test_a_long_text_of_quotes_takes_no_time() -> None:
    with pytest.raises(AppError, match="explain_open"):
        single_statement("SELECT '" + 9_900 * "''")
    with pytest.raises(AppError, match="explain_open"):
        single_statement("SELECT " + 4_900 * "/*")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT * FROM users WHERE name = 'Ayşe' AND age > 30.5e3", "SELECT * FROM users WHERE name = ? AND age > ?"),
        ("ALTER ROLE x PASSWORD 'secret'", "ALTER ROLE x PASSWORD ?"), ("SELECT $1, t1.a2", "SELECT $1, t1.a2"),
        ("SELECT $a$se;cret$a$ /* room 305 */\n, E'x\\'y'", "SELECT ? , ?"),
        ("UPDATE t SET note = 'cut of", "UPDATE t SET note = ?"), ("SELECT 1 /* cut of", "SELECT ?"),
    ],
)  # fmt: skip
def test_values_are_shown_as_question_marks(text: str, shown: str) -> None:
    assert without_literals(text) == shown


def test_statements_that_differ_in_values_or_writing_only_have_the_same_fingerprint() -> None:
    same = (
        "SELECT name FROM hotels WHERE id = 1 AND code = 'A'", "select  name from Hotels where id=$1 and code = $2;",
        "SELECT name -- a comment\nFROM hotels WHERE id = 99 AND /* x */ code = E'b'",
    )  # fmt: skip
    assert len({fingerprint(text) for text in same}) == 1
    other = (
        "SELECT name FROM hotels WHERE id = 1 OR code = 'A'",
        "SELECT name FROM \"Hotels\" WHERE id = 1 AND code = 'A'",
    )
    assert len({fingerprint(text) for text in (same[0], *other)}) == 3
