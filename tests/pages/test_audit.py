"""System → Audit: what happened, found, paged, compared and downloaded, by whom it concerns alone (C13, A9.4)."""

from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import AppError
from core.i18n import Translator
from core.request_context import begin_request, end_request, identify_request
from core.scope import SYSTEM
from db.queries import audit
from db.queries import jobs as queries
from db.queries.job_rows import NewRun, RunEnd
from identity.audit.service import AuditFilters, AuditRow
from pages.shell import audit_filters, audit_tables, errors
from pages.shell.consumption_tables import csv_bytes
from pages.shell.text import WORD_JOINER
from reports.excel import workbook
from tests.pages.conftest import ALERT, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel

AUDIT = "pages/system/audit.py"
LANGUAGES = ["tr", "en"]


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services)


def entries(visit: Visit, **filters: str) -> list[AuditRow]:
    return visit.services.audit.page(SYSTEM, AuditFilters(**filters), 1000).rows


def write(visit: Visit, *actions: str, hotel_id: int | None = None, role: str | None = None) -> None:
    with visit.services.database.transaction() as connection:
        for action in actions:
            audit.record(connection, "ayse", action, role=role, hotel_id=hotel_id, entity="user 7")


@pytest.mark.parametrize("language", LANGUAGES)
def test_entries_stand_newest_first_in_words_with_their_hotel(visit: Visit, hotel: SmallHotel, language: str) -> None:
    write(visit, "keys_rotated", hotel_id=hotel.hotel_id, role="command_line:keys.write")
    write(visit, "written_by_a_later_version", hotel_id=hotel.hotel_id)
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(AUDIT, who="ayse"), Translator(language)
    assert not app.exception
    shown = app.dataframe[0].value
    assert shown[t("audit.what")].tolist() == ["written_by_a_later_version", t("audit.action_keys_rotated")]
    assert shown[t("audit.role")].tolist() == ["", f"{t('role.command_line')} (keys.write)"]
    assert shown[t("shell.hotel")].tolist() == [hotel.name, hotel.name]
    assert shown[t("audit.who")].tolist() == ["ayse", "ayse"]
    first = [t(f"audit.{name}") for name in ("at", "who", "what", "entity")]
    assert list(shown.columns)[:4] == first  # a phone shows no more


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_job_is_called_as_on_the_page_of_jobs(visit: Visit, hotel: SmallHotel, language: str) -> None:
    visit.services.jobs.request(SYSTEM, "train", hotel.hotel_id)
    visit.sign_in("superadmin", None, language)
    t = Translator(language)
    shown = visit.open(AUDIT, what="job_requested").dataframe[0].value
    assert shown[t("audit.entity")].tolist() == [t("job.train")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_filters_come_from_the_address_and_nothing_found_says_what_to_do(
    visit: Visit, hotel: SmallHotel, text: Text, language: str
) -> None:
    write(visit, "user_added", "user_disabled")
    visit.sign_in("superadmin", None, language)
    t = Translator(language)
    found = visit.open(AUDIT, what="user_disabled", q="user 7").dataframe[0].value
    assert found[t("audit.what")].tolist() == [t("audit.action_user_disabled")]
    empty = visit.open(AUDIT, what="user_disabled", q="user 8")
    assert t("audit.empty_title") in text(empty)
    assert not empty.dataframe


def test_older_and_newer_entries_are_reached_by_buttons(
    visit: Visit, hotel: SmallHotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(visit, *["user_added"] * 7)
    visit.sign_in("superadmin", None, "en")
    original = audit_filters.Asked
    monkeypatch.setattr(audit_filters, "Asked", lambda *given: original(*given, rows=3))
    app = visit.open(AUDIT, who="ayse")
    numbers = [app.dataframe[0].value["Entry"].tolist()]
    for button in ("audit_older", "audit_older", "audit_newer"):
        app.button(key=button).click().run()
        assert not app.exception
        numbers.append(app.dataframe[0].value["Entry"].tolist())
    newest = [row.id for row in entries(visit, actor="ayse")]
    assert numbers == [newest[:3], newest[3:6], newest[6:], newest[3:6]]
    app.selectbox(key="filter_what").set_value("user_added").run()
    assert app.dataframe[0].value["Entry"].tolist() == newest[:3]  # another filter begins at the newest


@pytest.mark.parametrize("written", ["", "1", "<", "<x", "7>", "<1;", "<" + "9" * 30])
def test_an_address_that_names_no_entry_means_the_newest(written: str) -> None:
    assert audit_filters.asked_edge(written) == (None, None)
    assert audit_filters.asked_edge("<12") == (12, None)
    assert audit_filters.asked_edge(">12") == (None, 12)


def tick(monkeypatch: pytest.MonkeyPatch, row: int) -> None:
    """AppTest cannot tick a row: the table answers as if this one had been."""
    monkeypatch.setattr(audit_tables, "ticked", lambda: [row])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_entry_shows_what_changed_beside_what_stayed_without_secrets(
    visit: Visit, hotel: SmallHotel, text: Text, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visit.services.database.transaction() as connection:
        audit.record(
            connection, "ayse", "user_added", entity="*bold* <b>", details={"why": "holiday"},
            before={"role": "admin", "mail": {"on": True, "password": "hunter2"}},
            after={"role": "superadmin", "mail": {"on": True, "password": "hunter3"}, "note": "[x](http://y)"},
        )  # fmt: skip
    visit.sign_in("superadmin", None, language)
    tick(monkeypatch, 0)
    app, t = visit.open(AUDIT, who="ayse"), Translator(language)
    assert not app.exception
    rows = [[str(cell).replace("\\", "") for cell in row] for row in app.table[0].value.to_numpy()]
    assert [row[:3] for row in rows] == [
        ["note", "–", f"[x](http:{WORD_JOINER}//y)"], ["role", "admin", "superadmin"],
        ["mail.on", "true", "true"], ["mail.password", "•••", "•••"],
    ]  # fmt: skip
    assert [t("audit.changed") in row[3] for row in rows] == [True, True, False, False]
    assert "hunter" not in str(app)
    assert "*bold* <b>" in text(app)


def test_downloads_are_what_the_table_shows(visit: Visit, hotel: SmallHotel) -> None:
    write(visit, "user_added", "user_disabled")
    page = SimpleNamespace(t=Translator("en", "Europe/Istanbul"))
    rows = entries(visit, actor="ayse")
    sheet = audit_tables.entries_sheet(page, rows, {})  # type: ignore[arg-type]
    written = pd.read_csv(BytesIO(csv_bytes(sheet, page.t)), dtype=str, keep_default_na=False)
    book = pd.read_excel(BytesIO(workbook([sheet], visit.services.clock.now())), engine="calamine", dtype=str)
    visit.sign_in("superadmin", None, "en")
    shown = visit.open(AUDIT, who="ayse").dataframe[0].value
    for name in ("Who", "What", "About", "Entry"):
        assert written[name].tolist() == shown[name].astype(str).tolist() == book[name].tolist()
    assert list(written.columns) == list(shown.columns) == list(book.columns)


def test_a_manager_sees_the_entries_of_the_own_hotel_alone(visit: Visit, hotel: SmallHotel) -> None:
    write(visit, "user_added")
    write(visit, "data_imported", hotel_id=hotel.hotel_id)
    visit.sign_in("admin", [hotel.hotel_id], "en")
    shown = visit.open(AUDIT).dataframe[0].value
    assert set(shown["What"]) == {Translator("en")("audit.action_data_imported")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_a_role_may_not_see_is_noted(visit: Visit, hotel: SmallHotel, language: str) -> None:
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], language)
    for _ in range(2):  # a page runs again at each click: that is the same attempt
        assert visit.open(AUDIT).title[0].value == Translator(language)("shell.forbidden_title")
    denied = entries(visit, action="access_denied")
    assert [row.entity for row in denied] == ["audit.read"]
    assert {(row.actor, row.role, row.address) for row in denied} == {
        (f"kat_sorumlusu_{language}", "kat_sorumlusu", "192.0.2.1")
    }
    assert all(row.request_id for row in denied)


def test_a_view_of_an_alert_is_one_entry_and_the_next_one_after_a_while_another(
    visit: Visit, hotel: SmallHotel
) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    for _ in range(3):
        assert not visit.open(ALERT, alert=str(hotel.alert_ids[0])).exception
    [view] = entries(visit, action="alert_viewed")
    assert (view.actor, view.role, view.entity) == ("admin_en", "admin", f"alert {hotel.alert_ids[0]}")


def shown_error(error: Exception) -> None:
    from pages.shell.errors import show_error

    show_error(error)


Shown = Callable[[Exception], AppTest]


@pytest.fixture
def shown(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What the handler of ``st.App`` shows for an error; Turkish for a stranger with a Turkish browser."""

    def show(error: Exception) -> AppTest:
        return AppTest.from_function(shown_error, args=(error,)).run()

    return show


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["database_busy", "database_unavailable"])
def test_a_database_that_is_busy_or_away_offers_to_try_again(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, language: str, code: str
) -> None:
    monkeypatch.setattr(errors, "browser_language", lambda: language)
    app, t = shown(AppError(code, 503, params={"reason": "x"})), Translator(language)
    said = "\n".join(each.value for each in app.markdown)
    assert t("shell.passing_title") in said
    assert t("shell.passing_text") in said
    assert [button.label for button in app.button] == [t("shell.try_again")]
    assert not app.error


def test_a_row_of_another_hotel_is_noted_once_and_a_row_that_does_not_exist_is_not(
    visit: Visit, hotel: SmallHotel, shown: Shown
) -> None:
    other = small_hotel(visit.services, with_alerts=False)
    visit.sign_in("admin", [other.hotel_id], "en")
    begin_request(address="192.0.2.7")
    identify_request("admin_en", "admin")
    try:
        for alert_id in (hotel.alert_ids[0], 999_999):
            with pytest.raises(AppError, match="not_found") as refused:
                visit.services.alerts.mark_read(visit.scope(), alert_id)
            visit.services.audit.note_denial(refused.value)
    finally:
        end_request()
    [denied] = entries(visit, action="access_denied")
    assert (denied.actor, denied.entity) == ("admin_en", f"alert {hotel.alert_ids[0]}")
    assert denied.details == {"code": "not_found"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_last_night_verified(visit: Visit, hotel: SmallHotel, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    t, jobs = Translator(language, "Europe/Istanbul"), visit.services.database  # the hotel's
    assert t("audit.never_verified") in text(visit.open(AUDIT))
    for findings in (0, 3):
        head = f"1234:{'a' * 64}"
        with jobs.transaction() as connection:
            new = NewRun("audit_verification", None, "schedule", visit.services.clock.now(), "x")
            run_id = queries.begin_run(connection, new) or 0
            result = {"entries": 1234, "head": head, "findings": findings}
            queries.finish_run(connection, run_id, RunEnd("succeeded", visit.services.clock.now(), result=result))
        app, at = visit.open(AUDIT), t.instant(visit.services.clock.now())
        if findings:
            said = t("audit.verified_broken", at=at, count=3, entries=t.number(1234))
            assert [error.value for error in app.error] == [said]
        else:
            assert t("audit.verified", at=at, count=1234) in text(app)
