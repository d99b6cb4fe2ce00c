"""The page of requests, and that pages are measured as requests are (C3)."""

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException
from streamlit.testing.v1 import AppTest

from core.errors import AppError
from core.i18n import Translator
from core.request_context import current_request, end_request, fail_request
from operations.requests.recorder import Endpoint, Request
from pages.shell import page_runs, provider
from pages.shell.page_runs import PageRun, fragment
from tests.pages.conftest import Text, Visit
from tests.pages.hotel import small_hotel

REQUESTS = "pages/system/requests.py"
LANGUAGES = ["tr", "en"]
JOBS = Endpoint("api", "GET", "/api/jobs/{id}")


def record(visit: Visit, endpoint: Endpoint, count: int, status: int = 200, code: str | None = None) -> None:
    for number in range(count):
        request = Request(endpoint, 0.01 * (number + 1), status, "ayse", f"request-{number}", code, 100, 2048)
        visit.services.requests.recorder.record(request)
    visit.services.requests.flush()


def measured() -> list[Request]:
    """What was measured since the last time."""
    return [request for newest in provider.recorder().take().recent.values() for _, request in newest]


def tables(app: AppTest) -> str:
    return "\n".join(element.value.to_csv() for element in app.dataframe)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_requests_the_page_says_so(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app = visit.open(REQUESTS)
    assert not app.exception
    assert Translator(language)("requests.empty_title") in text(app)
    assert not app.dataframe


@pytest.mark.parametrize("language", LANGUAGES)
def test_endpoints_are_listed_and_what_fails_is_told(visit: Visit, text: Text, language: str) -> None:
    small_hotel(visit.services, with_alerts=False)
    record(visit, JOBS, 70)
    record(visit, JOBS, 10, 503, "database_busy")
    record(visit, JOBS, 20, 404, "not_found")
    record(visit, Endpoint("api", "GET", "unknown"), 1, 404, "not_found")
    visit.sign_in("admin", None, language)
    app, t = visit.open(REQUESTS, view="api", period="1h"), Translator(language)
    assert not app.exception
    said, listed = text(app), tables(app)
    assert t("requests.failing", limit=t.percent(0.05), endpoints="")[:12] in said
    assert f"GET /api/jobs/{{id}} ({t.percent(0.1, 1)})" in said
    assert listed.count(t("requests.above")) == 1
    assert t("requests.unknown") in listed
    assert "101" in said  # of 24 hours


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_endpoint_shows_its_errors_and_its_last_fifty(visit: Visit, text: Text, language: str) -> None:
    record(visit, JOBS, 58)
    record(visit, JOBS, 2, 503, "database_busy")
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(REQUESTS, view="api", endpoint="GET /api/jobs/{id}"), Translator(language)
    assert not app.exception
    assert "database_busy: 2" in text(app)
    [recent, _] = [element.value for element in app.dataframe]
    assert len(recent) == 50
    assert recent[t("requests.id")].iloc[0] == "request-1"
    assert set(recent[t("requests.user")]) == {"ayse"}


def test_pages_are_measured_under_their_names(visit: Visit) -> None:
    visit.sign_in("superadmin", None, "en")
    visit.open("pages/system/jobs.py")
    seen = measured()
    [jobs] = [one for one in seen if one.endpoint == Endpoint("page", "", "/jobs")]
    assert (jobs.status, jobs.actor) == (200, "superadmin_en")
    assert {one.endpoint.kind for one in seen} == {"page"}
    assert all(0 < one.seconds < 60 and one.request_id for one in seen)
    assert current_request().request_id is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_view_of_pages_shows_them(visit: Visit, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    visit.open("pages/system/jobs.py")
    record(visit, Endpoint("fragment", "", "/jobs"), 1)
    app, t = visit.open(REQUESTS, view="pages"), Translator(language)
    assert not app.exception
    for name in (t("jobs.title"), t("requests.part_of", page=t("jobs.title"))):
        assert name in tables(app)


def test_a_page_that_refuses_counts_as_forbidden(visit: Visit, text: Text) -> None:
    visit.sign_in("veri_bilimci", None, "en")
    app = visit.open(REQUESTS)
    assert Translator("en")("shell.forbidden_text") in text(app)
    assert [(one.status, one.error_code) for one in measured() if one.endpoint.route == "/requests"] == [
        (403, "forbidden")
    ]


def test_a_visitor_who_is_not_signed_in_sees_the_form_and_no_error_is_counted(visit: Visit) -> None:
    visit.open()
    assert {(one.endpoint.route, one.status, one.actor) for one in measured()} == {("sign-in", 200, None)}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StopException(), [(200, None)]),
        (AppError("database_busy", 503), [(503, "database_busy")]),
        (ZeroDivisionError(), [(500, "internal_error")]),
        (RerunException(None), []),  # type: ignore[arg-type]
    ],
)
def test_a_run_counts_as_it_ended(error: BaseException, expected: list[tuple[int, str | None]]) -> None:
    provider.recorder.cache_clear()
    with pytest.raises(type(error)), PageRun():
        raise error
    assert [(one.status, one.error_code) for one in measured()] == expected
    assert provider.recorder().in_flight["page"] == 0


def test_a_part_is_measured_when_it_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    provider.recorder.cache_clear()
    monkeypatch.setattr(page_runs.st, "fragment", lambda part, run_every: part)
    monkeypatch.setattr(st, "session_state", {})
    end_request()
    part = fragment(lambda: fail_request("database_busy", 503), run_every=5)
    with PageRun() as run:
        run.knows("jobs", None)
        run.route = "/jobs"
        st.session_state[page_runs.LAST_PAGE] = ("/jobs", None)
        part()
    part()
    assert [(one.endpoint.kind, one.endpoint.route) for one in measured()] == [
        ("page", "/jobs"), ("fragment", "/jobs"),
    ]  # fmt: skip
