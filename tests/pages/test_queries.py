"""The page Queries: figures, what is missing for them, a plan, what may be ended, and who may look (C2)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.scope import SYSTEM
from db.session import Database
from tests.pages.conftest import Text, Visit
from tests.waiting import wait_for

QUERIES = "pages/system/queries.py"


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
    app = visit.open(QUERIES, view="recent")
    assert not app.exception
    assert t("queries.asked_by") in frames(app)
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


def test_what_runs_too_long_is_red_and_is_ended(visit: Visit, text: Text, app_database: Database) -> None:
    visit.sign_in("superadmin", None, "en")

    def run() -> None:
        with pytest.raises(Exception, match="canceling statement"), app_database.transaction() as connection:
            connection.execute(sql("SELECT pg_sleep(30), 'a guest'"))

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: visit.services.queries.now(SYSTEM).running)
    app = visit.open(QUERIES, view="tables")
    assert "SELECT pg_sleep(?), ?" in [one.value for one in app.code]
    button = next(one for one in app.button if str(one.key).startswith("cancel_"))
    button.click().run()
    thread.join(5)
    assert not thread.is_alive()
    assert not app.exception
    assert not visit.services.queries.now(SYSTEM).running


def test_others_do_not_see_the_page(visit: Visit, text: Text) -> None:
    visit.sign_in("admin", None, "en")
    assert Translator("en")("queries.now") not in text(visit.open(QUERIES))
