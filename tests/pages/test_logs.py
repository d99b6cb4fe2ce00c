"""The page of logs: lines, filters, one line in its context, live and standing still, exports (C7)."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.version import version
from operations.logs import service
from operations.logs.matching import LogFilters
from pages.shell import log_words, stock_tables
from pages.shell.log_panels import KEPT
from tests.conftest import NOW
from tests.pages.conftest import Text, Visit

LOGS = "pages/system/logs.py"
LANGUAGES = ["tr", "en"]
Write = Callable[..., None]


@pytest.fixture
def write(visit: Visit) -> Write:
    """Append a line to the log of jobs."""
    folder = visit.services.logs.folder
    folder.mkdir(parents=True)

    def append(event: str, level: str = "info", minutes_ago: float = 0.0, **more: object) -> None:
        at = (NOW - timedelta(minutes=minutes_ago)).isoformat()
        line = {"event": event, **more, "level": level, "timestamp": at}
        with (folder / "jobs.jsonl").open("a") as file:
            file.write(json.dumps({"version": version()} | line) + "\n")

    return append


def tables(app: AppTest) -> str:
    return "\n".join(element.value.to_csv() for element in app.dataframe)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_logs_the_page_says_so(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(LOGS), Translator(language)
    assert not app.exception
    assert t("logs.empty_title") in text(app)
    assert not app.dataframe


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_volume_and_patterns_are_shown(visit: Visit, text: Text, write: Write, language: str) -> None:
    write("old_event", minutes_ago=70, version="0.9.0")
    for number in range(120):
        write(f"run {number} ended", minutes_ago=60 - number / 2)
    write("mail_failed", "error", masked=2)
    visit.sign_in("sistem_yoneticisi", None, language)
    app, t = visit.open(LOGS, unfolded=["log_volume"]), Translator(language)
    assert not app.exception
    [lines, volume, patterns] = [element.value for element in app.dataframe]
    assert (len(lines), lines[t("logs.text")].iloc[0]) == (100, "mail_failed")
    assert lines[t("logs.level")].iloc[0] == t("logs.level_error")
    assert lines[t("logs.process")].iloc[0] == t("queries.process_jobs")
    assert volume[t("logs.level_info")].sum() == 121
    assert list(patterns[t("logs.news")].dropna().index) == [0, 1]
    shown = {metric.label: metric.value for metric in app.metric}
    assert [shown[t(f"logs.{name}")] for name in ("lines", "errors", "masked")] == ["122", "1", "2"]
    assert "0.9.0" in text(app)
    older = app.button(key="logs_older").click().run()
    assert "old_event" in older.dataframe[0].value[t("logs.text")].iloc[-1]
    assert len(older.dataframe[0].value) == 22
    assert not older.toggle


@pytest.mark.parametrize("is_phone", [True, False])
def test_a_phone_gives_the_room_of_the_date_to_the_text(monkeypatch: pytest.MonkeyPatch, is_phone: bool) -> None:
    monkeypatch.setattr(stock_tables, "is_phone", lambda: is_phone)
    t = Translator("en")
    widths = [one["width"] or 0 for one in log_words.lines_config(t).values()]
    assert list(log_words.lines_config(t))[2] == t("logs.text")
    assert (0 < widths[0] < 100) == is_phone


def test_the_address_filters(visit: Visit, write: Write) -> None:
    write("run_ended", minutes_ago=30, job="train")
    write("mail_failed", "error", minutes_ago=20)
    write("disk_full", "critical", minutes_ago=1)
    visit.sign_in("superadmin", None, "en")
    for address, found in (
        ({"level": ["error", "critical"], "q": "MAIL"}, ["mail_failed"]),
        ({"q": "^(run|disk)_", "as": "regex"}, ["disk_full", "run_ended job=train"]),
        ({"period": "15m"}, ["disk_full"]),
        ({"period": "earlier", "from": "2026-03-02T04:35", "until": "2026-03-02T04:45"}, ["mail_failed"]),
        ({"period": "earlier", "from": "2026-02-31T99:00"}, ["disk_full", "mail_failed", "run_ended job=train"]),
    ):
        app = visit.open(LOGS, **address)  # type: ignore[arg-type]
        assert not app.exception
        assert list(app.dataframe[0].value["Text"]) == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_expression_is_told_and_the_page_stays(visit: Visit, text: Text, write: Write, language: str) -> None:
    write("run_ended")
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(LOGS, q="(", **{"as": "regex"}), Translator(language)
    assert not app.exception
    assert t("error.pattern_wrong", reason="")[:20] in text(app)
    assert app.text_input(key="filter_q").value == "("


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_line_is_shown_with_its_context(visit: Visit, text: Text, write: Write, language: str) -> None:
    write("before", minutes_ago=3)
    write(
        "run_failed", "error", minutes_ago=2, job="train", request_id="job-run-7", pid=4711, masked=1,
        exception="ValueError: *no*",
    )  # fmt: skip
    write("after", minutes_ago=1)
    visit.sign_in("superadmin", None, language)
    line = visit.services.logs.page(visit.scope(), LogFilters(text="run_failed")).lines[0]
    app, t = visit.open(LOGS, line=line.id), Translator(language)
    assert not app.exception
    said = text(app)
    assert t("logs.was_masked", count=1) in said
    assert "4711" in said
    assert [element.value for element in app.code] == ["ValueError: *no*"]
    context = app.dataframe[0].value
    assert list(context[t("logs.text")].str.split().str[0]) == ["before", "run_failed", "after"]
    assert list(context[t("logs.this_line")]) == ["", "→", ""]
    same = app.button(key="logs_same_request").click().run()
    assert same.text_input(key="filter_q").value == "job-run-7"
    closed = same.button(key="logs_close").click().run()
    assert "line" not in closed.query_params
    gone = visit.open(LOGS, line="jobs.000000000000.0")
    assert t("logs.gone") in text(gone)


def test_the_list_stands_still_while_it_is_not_live(visit: Visit, write: Write) -> None:
    write("first")
    visit.sign_in("superadmin", None, "en")
    app = visit.open(LOGS)
    write("second")
    assert list(app.run().dataframe[0].value["Text"]) == ["second", "first"]
    app.toggle(key="filter_live").set_value(False).run()
    write("third")
    assert list(app.run().dataframe[0].value["Text"]) == ["second", "first"]
    app.toggle(key="filter_live").set_value(True).run()
    assert list(app.dataframe[0].value["Text"]) == ["third", "second", "first"]


def test_a_search_that_ends_early_says_how_far_it_went(
    visit: Visit, text: Text, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("needle", minutes_ago=600)
    for number in range(3_000):
        write("hay", minutes_ago=500 - number / 10)
    monkeypatch.setattr(service, "PAGE", (150_000, 60.0))
    visit.sign_in("superadmin", None, "en")
    app, t = visit.open(LOGS, q="needle"), Translator("en")
    stopped = app.session_state[KEPT].page.stopped_at
    assert t("logs.stopped", at=stopped) in text(app)
    while not app.dataframe or "needle" not in tables(app).split("Pattern")[0]:
        app = app.button(key="logs_older").click().run()
    assert not app.exception


def test_the_managers_of_one_hotel_do_not_see_the_installations_logs(visit: Visit, text: Text, write: Write) -> None:
    write("secret_event")
    visit.sign_in("admin", [], "en")
    app = visit.open(LOGS)
    assert Translator("en")("shell.forbidden_text") in text(app)
    assert "secret_event" not in tables(app)
    visit.sign_in("sistem_yoneticisi", [], "en")
    app = visit.open(LOGS)
    assert not app.exception
    assert Translator("en")("logs.all_hotels") in text(app)
    assert "secret_event" not in tables(app)
