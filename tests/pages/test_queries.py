"""The page Queries: figures, what is missing for them, a plan, what may be ended, and who may look (C2)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.scope import SYSTEM
from db.queries import health
from db.queries.health import HeartbeatRow
from db.session import Database
from identity.permissions import ROLE_PERMISSIONS
from operations.queries.statement_log import StatementLog
from tests.pages.conftest import Text, Visit
from tests.waiting import wait_for

QUERIES = "pages/system/queries.py"
GUESTS = (
    "CREATE TABLE guests AS SELECT n AS id, n % 1000 AS room FROM generate_series(1, 20000) n",
    "GRANT SELECT ON guests TO barometer_app, barometer_read", "ANALYZE guests",
)  # fmt: skip
EPISODE = """
INSERT INTO lock_episodes (blocking_pid, blocking_since, blocking_application, blocking_role, blocking_state,
       blocking_text, waiting_pid, waiting_application, waiting_role, waiting_text, kind, relation, mode, began_at,
       seen_at, ended_at, longest_seconds, waiters)
VALUES (4711, :began, 'psql', 'owner', 'idle in transaction', 'UPDATE rooms SET name = ?', 4712, 'barometer', 'app',
        'DELETE FROM rooms', 'transactionid', 'rooms', 'ShareLock', :began, :now, :ended, 12.5, 2)
"""


def frames(app: AppTest) -> str:
    return "\n".join(element.value.to_csv() for element in app.dataframe)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_figures_a_plan_and_the_missing_extension_are_shown(
    visit: Visit, text: Text, database: Database, language: str
) -> None:
    visit.sign_in("superadmin", None, language)
    t, clock = Translator(language), visit.services.clock
    assert t("queries.nothing_counted") in text(visit.open(QUERIES, period="24h"))
    assert visit.services.queries.watch()
    visit.services.hotels.listed(SYSTEM)
    clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    assert visit.services.queries.watch()
    app = visit.open(QUERIES, period="7d")
    assert not app.exception
    assert t("queries.course") in text(app)
    assert "FROM hotels" in frames(app)
    app = visit.open(QUERIES, order="calls")
    assert not app.exception
    assert t("queries.nothing_runs") in text(app)
    assert "pg_stat_activity" in frames(app) or "hotels" in frames(app)
    assert t("queries.slowest") in text(app)
    app = visit.open(QUERIES, view="explain")
    app.text_area[0].input("SELECT * FROM hotels ORDER BY name; DROP TABLE hotels")
    next(one for one in app.button if one.label == t("queries.explain")).click().run()
    assert [one.value.replace("\\", "") for one in app.error] == [t("error.explain_several")]
    app.text_area[0].input("SELECT * FROM hotels ORDER BY name")
    next(one for one in app.button if one.label == t("queries.explain")).click().run()
    assert not app.error
    assert "Seq Scan" in frames(app)
    with database.transaction() as connection:
        connection.execute(sql("DROP EXTENSION pg_stat_statements"))
    app = visit.open(QUERIES)
    assert [one.value for one in app.code] == ["CREATE EXTENSION pg_stat_statements;"]
    assert not app.metric


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_log_of_statements_says_which_page_asked_for_whom(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    t = Translator(language)
    assert t("queries.nothing_logged") in text(visit.open(QUERIES, view="recent", process="jobs"))
    visit.services.database.recent.add("SELECT slow", 2.0, has_failed=False)
    StatementLog(lambda: visit.services.database, "dashboard").flush()
    app = visit.open(QUERIES, view="recent")
    assert not app.exception
    told = frames(app)
    assert f"superadmin_{language}" in told
    assert f",{t('queries.title')},superadmin_{language}," in told
    assert t("queries.process_dashboard") in told
    app = visit.open(QUERIES, view="recent", which="slow", first="slowest", within="7d")
    assert not app.exception
    [table] = [one.value for one in app.dataframe if t("queries.verdict_recent") in one.value]
    assert list(table[t("queries.statement")]) == ["SELECT slow"]
    assert list(table[t("queries.verdict_recent")]) == [[t("queries.slow")]]
    assert list(table[t("queries.place")]) == [t("queries.place_background")]
    [of_page, *_] = [one for one in visit.services.queries.log.read(SYSTEM) if one.request_id]
    app = visit.open(QUERIES, view="recent", logged=str(of_page.id))
    assert of_page.text in [one.value for one in app.code]
    links = {one.proto.label: one.proto.query_string for one in app.get("page_link")}
    assert links[t("queries.to_logs", request=of_page.request_id)] == f"q={of_page.request_id}&live=off"
    for gone in ("999999999", "-1", "x" * 30, "9" * 30):
        assert t("queries.statement_gone") in text(visit.open(QUERIES, view="recent", logged=gone))


@pytest.mark.parametrize("language", ["tr", "en"])
def test_lock_episodes_are_listed_with_a_chart_or_none_is_said(
    visit: Visit, text: Text, database: Database, language: str
) -> None:
    visit.sign_in("superadmin", None, language)
    t, now = Translator(language), visit.services.clock.now()
    app = visit.open(QUERIES, view="locks")
    assert t("queries.no_locks") in text(app)
    assert t("queries.locks_not_watched") in text(app)
    assert not [one for one in app.success if one.value == t("queries.no_locks")]  # nobody looked: no praise
    with database.transaction() as connection:
        beat = HeartbeatRow("sidecar", 1, "here", "1", now, now)
        health.beat_service(connection, beat)
        connection.execute(sql(EPISODE), {"began": now - timedelta(minutes=9), "now": now, "ended": None})
        connection.execute(sql(EPISODE), {"began": now - timedelta(hours=3), "now": now, "ended": now})
    app = visit.open(QUERIES, view="locks")
    assert not app.exception
    assert not app.warning
    assert t("queries.locks_go_on", count=1) in text(app)
    assert t("queries.lock_course") in text(app)
    [table] = [one.value for one in app.dataframe if t("queries.lock_ended") in one.value]
    assert list(table[t("queries.lock_longest")]) == [12.5, 12.5]
    assert list(table[t("queries.held_by")]) == ["4711 · psql · owner"] * 2
    assert list(table[t("queries.lock_ended")].isna()) == [True, False]


def explained(app: AppTest, t: Translator, statement: str) -> AppTest:
    app.text_area[0].input(statement)
    return next(one for one in app.button if one.label == t("queries.explain")).click().run()


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_plan_is_kept_and_what_changed_since_is_said_and_shown(
    visit: Visit, text: Text, database: Database, language: str
) -> None:
    visit.sign_in("superadmin", None, language)
    t = Translator(language)
    assert t("queries.too_few_plans", count=0) in text(visit.open(QUERIES, view="plans"))
    with database.transaction() as connection:
        for statement in GUESTS:
            connection.execute(sql(statement))
    app = explained(visit.open(QUERIES, view="explain"), t, "SELECT id FROM guests WHERE room = 305")
    assert t("queries.missing_hypopg_unavailable") in text(app)
    assert "CREATE EXTENSION hypopg;" in [one.value for one in app.code]
    app.button(key="keep_plan").click().run()
    assert t("queries.kept") in text(app)
    [first] = visit.services.queries.plans.listed(SYSTEM)
    with database.transaction() as connection:
        connection.execute(sql("CREATE INDEX room_of_guests ON guests (room)"))
    app = explained(visit.open(QUERIES, view="explain"), t, "select id from guests where room = 7")
    assert t("queries.since_changed", at=first.made_at) in text(app)
    assert t("queries.change_index_new", index="room_of_guests") in text(app)
    app.button(key="keep_plan").click().run()
    app = visit.open(QUERIES, view="plans")
    assert not app.exception
    said = text(app)
    assert t("queries.change_access", table="guests", before="Seq Scan", after="Bitmap Heap Scan") in said
    before, after = (one.value for one in app.dataframe if t("queries.marks") in one.value)
    assert list(before[t("queries.step")]) == ["Seq Scan"]
    assert t("queries.mark_kind") in next(iter(before[t("queries.marks")]))
    assert list(after[t("queries.marks")])[1] == [t("queries.mark_only")]
    second = visit.services.queries.plans.listed(SYSTEM)[0]
    other = visit.services.queries.plans.keep(SYSTEM, "SELECT count(*) FROM guests").head
    assert t("queries.only_one_plan") in text(visit.open(QUERIES, view="plans", statement=other.fingerprint))
    app = visit.open(QUERIES, view="plans", statement="all")  # the newest two of all
    assert [one.value for one in app.code] == [second.text, other.text]
    app = visit.open(QUERIES, view="plans", before=str(second.id), after=str(first.id))
    assert t("queries.change_index_gone", index="room_of_guests") in text(app)


def test_who_may_only_read_keeps_no_plan(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    visit.sign_in("sistem_yoneticisi", None, "en")
    readers = ROLE_PERMISSIONS["sistem_yoneticisi"] - {"queries.keep"}
    monkeypatch.setitem(ROLE_PERMISSIONS, "sistem_yoneticisi", readers)
    app = explained(visit.open(QUERIES, view="explain"), Translator("en"), "SELECT 1")
    assert not app.error
    assert [one.key for one in app.button if one.key == "keep_plan"] == []


def test_what_runs_too_long_is_red_and_is_ended(visit: Visit, text: Text, app_database: Database) -> None:
    visit.sign_in("superadmin", None, "en")

    def run() -> None:
        with pytest.raises(Exception, match="canceling statement"), app_database.transaction() as connection:
            connection.execute(sql("SELECT pg_sleep(250), 'a guest'"))

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: [row for row in visit.services.queries.now(SYSTEM).running if row.wait_event == "PgSleep"])
    app = visit.open(QUERIES, view="tables")
    assert "SELECT pg_sleep(?), ?" in [one.value for one in app.code]
    button = next(one for one in app.button if str(one.key).startswith("cancel_"))
    button.click().run()
    thread.join(60)
    assert not thread.is_alive()
    assert not app.exception
    assert not visit.services.queries.now(SYSTEM).running


def test_others_do_not_see_the_page(visit: Visit, text: Text) -> None:
    visit.sign_in("admin", None, "en")
    assert Translator("en")("queries.now") not in text(visit.open(QUERIES))
