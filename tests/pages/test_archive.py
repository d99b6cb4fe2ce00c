"""The page Archive: what lies in it, what is not as it was written, a metric across the border, bringing back (A7)."""

import json
from datetime import timedelta

import pytest
import streamlit as st
from sqlalchemy import text as sql

from core.i18n import Translator
from core.scope import SYSTEM
from pages.shell.text import plain
from tests.pages.conftest import ALERT, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel

ARCHIVE = "pages/system/archive.py"
STOCK = "pages/exploration/stock.py"


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    """Its oldest days lie in the archive."""
    built = small_hotel(visit.services)
    cleanup = visit.services.cleanup
    at = visit.services.clock.now() + timedelta(days=85)
    assert cleanup.archiving.archive_old(built.hotel_id, at).rows > 0
    return built


def archived_rows(visit: Visit) -> int:
    return visit.services.archive.overview(SYSTEM).rows


@pytest.mark.parametrize("language", ["tr", "en"])
def test_it_shows_what_lies_in_the_archive_and_a_metric_across_the_border(
    visit: Visit, hotel: SmallHotel, text: Text, language: str
) -> None:
    visit.sign_in("sistem_yoneticisi", [hotel.hotel_id], language)
    app, t = visit.open(ARCHIVE), Translator(language)
    assert not app.exception
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures[t("archive.rows")] == t.number(archived_rows(visit))
    assert len(app.get("plotly_chart")) == 1
    [months] = [one.value for one in app.dataframe]
    assert months[t("archive.rows")].sum() == archived_rows(visit)
    total = visit.services.archive.overview(SYSTEM).size_bytes / 1e6
    assert months[t("archive.size_mb")].sum() == pytest.approx(total, abs=0.01 * len(months))  # one MB on one page
    assert figures[t("archive.size")] == t("models.megabytes", value=t.number(total, 2))
    assert t("archive.border_help") in text(app)
    assert t("archive.verify") in [button.label for button in app.button]


def test_without_anything_archived_it_says_when_that_happens(visit: Visit, text: Text) -> None:
    built = small_hotel(visit.services)
    visit.sign_in("admin", [built.hotel_id], "en")
    app = visit.open(ARCHIVE)
    assert not app.exception
    assert Translator("en")("archive.empty_title") in text(app)
    assert Translator("en")("archive.border_help") not in text(app)  # there is no border to be seen
    assert not [button for button in app.button if button.key in ("verify_archive", "bring_back")]


@pytest.mark.parametrize("left", [0, 2])
def test_what_was_not_compared_is_not_called_as_it_was_written(
    visit: Visit, hotel: SmallHotel, text: Text, left: int
) -> None:
    now, t = visit.services.clock.now(), Translator("en", "Europe/Istanbul")
    counted = {"rows": 10, "archived_rows": 7, "files": 3, "files_left": left, "findings": 0}
    with visit.services.database.transaction() as connection:
        connection.execute(
            sql(
                "INSERT INTO job_runs (job_name, hotel_id, trigger, state, started_at, heartbeat_at, finished_at, "
                "rows_in, rows_out, result) VALUES ('metric_verification', :hotel, 'schedule', 'succeeded', :at, :at, "
                ":at, 17, 0, CAST(:result AS jsonb))"
            ),
            {"hotel": hotel.hotel_id, "at": now, "result": json.dumps(counted)},
        )
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(ARCHIVE)
    assert len(app.success) == (0 if left else 1)
    name = "archive.is_whole_so_far" if left else "archive.is_whole"
    assert plain(t(name, at=now, rows=17, files=3, left=left)) in [one.value for one in (*app.success, *app.info)]


def test_a_changed_row_is_named_with_its_hotel_metric_entity_and_value(
    visit: Visit, hotel: SmallHotel, text: Text
) -> None:
    services = visit.services
    with services.database.transaction() as connection:
        entity, name = connection.execute(sql(
            "UPDATE ml_metrics m SET metric_value = 4321 FROM products p WHERE m.id = (SELECT max(id) FROM ml_metrics "
            "WHERE metric_type = 'stok_seviye') AND p.id = m.entity_id RETURNING p.id, p.name"
        )).one()  # fmt: skip
    services.archive.jobs.verification.verify(SYSTEM, hotel.hotel_id, services.clock.now())
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app, t = visit.open(ARCHIVE), Translator("en")
    assert plain(t("archive.is_changed", count=1)) in [one.value for one in app.error]
    findings = app.dataframe[0].value
    assert list(findings[t("archive.entity")]) == [f"{t('archive.entity_product')} {name}"]
    assert list(findings[t("archive.metric")]) == [t("metric.stok_seviye")]
    assert list(findings[t("archive.value")]) == [4321]
    assert list(findings[t("archive.fault")]) == [t("archive.fault_row_changed")]
    assert entity


def test_a_file_that_is_broken_is_left_out_of_the_chart_and_named(visit: Visit, hotel: SmallHotel, text: Text) -> None:
    folder = visit.services.settings.archive_folder
    path = max(folder.rglob("*.parquet"))
    path.write_bytes(b"x")
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(ARCHIVE, metric="stok_seviye")
    assert not app.exception
    assert plain(path.relative_to(folder).as_posix()) in " ".join(one.value for one in app.warning)


def test_an_alert_says_which_files_its_chart_lacks(visit: Visit, hotel: SmallHotel) -> None:
    alert_id = hotel.alert_ids[0]
    visit.sign_in("admin", [hotel.hotel_id], "tr")
    assert visit.services.alerts.series(SYSTEM, alert_id).faults == {}
    assert not [one for one in visit.open(ALERT, alert=f"{alert_id}").warning if "arşiv" in one.value]
    for path in visit.services.settings.archive_folder.rglob("*.parquet"):
        path.write_bytes(b"x")
    faults = visit.services.alerts.series(SYSTEM, alert_id).faults
    first, *_, last = faults
    st.cache_data.clear()
    [told] = [one.value for one in visit.open(ALERT, alert=f"{alert_id}").warning if "arşiv" in one.value]
    assert f"{len(faults)} dosya" in told
    assert plain(first) in told
    assert plain(last) not in told, "a year of files is no sentence"


def test_a_product_says_which_files_its_outflow_lacks(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(STOCK, days="365", product="P0")
    assert not app.exception
    assert not app.warning
    for path in visit.services.settings.archive_folder.rglob("*.parquet"):
        path.write_bytes(b"x")
    st.cache_data.clear()
    [told] = [one.value for one in visit.open(STOCK, days="365", product="P0").warning]
    assert told.startswith("The chart lacks")


def test_days_are_brought_back_and_sent_away_by_requests(visit: Visit, hotel: SmallHotel, text: Text) -> None:
    services, t = visit.services, Translator("en")
    visit.sign_in("sistem_yoneticisi", [hotel.hotel_id], "en")
    app = visit.open(ARCHIVE)
    preview = t("archive.preview", days=7, rows=0, files=0).split(" of ")[1].split(",")[0]
    assert preview in text(app)
    app.button(key="bring_back").click().run()
    assert not app.exception
    [asked] = services.jobs.pending(SYSTEM)
    assert (asked.job_name, (asked.arguments or {}).keys()) == ("archive_bring", {"first_on", "last_on", "kept_until"})
    first_on, last_on = (services.clock.now().date() + timedelta(days=days) for days in (-4000, 4000))
    kept_until = services.clock.now() + timedelta(days=30)
    services.archive.jobs.bring_back("ada", hotel.hotel_id, (first_on, last_on), kept_until)
    [hold] = services.archive.overview(SYSTEM).holds
    app = visit.open(ARCHIVE)
    app.button(key=f"send_away_{hold.id}").click().run()
    assert [one.job_name for one in services.jobs.pending(SYSTEM)] == ["archive_bring", "archive_return"]


def test_who_may_only_read_has_no_button_that_changes_something(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(ARCHIVE)
    keys = {str(button.key) for button in app.button}
    assert not {key for key in keys if key.startswith(("verify_archive", "bring_back", "send_away"))}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_folder_of_another_installation_is_told_and_adopted_by_those_who_see_every_hotel(
    visit: Visit, hotel: SmallHotel, language: str
) -> None:
    t, folder = Translator(language), visit.services.cleanup.archiving.folder
    visit.sign_in("sistem_yoneticisi", [hotel.hotel_id], language)
    assert "adopt_folder" not in [button.key for button in visit.open(ARCHIVE).button]
    folder.put_mark("of another")
    app = visit.open(ARCHIVE)
    assert t("error.archive_folder_not_ours", folder=folder.root) in [one.value for one in app.error]
    assert "adopt_folder" not in [button.key for button in app.button]
    visit.sign_in("superadmin", None, language)
    app = visit.open(ARCHIVE)
    app.button(key="adopt_folder").click().run()
    app.button(key="adopt_now").click().run()
    assert not app.exception
    assert visit.services.archive.folder_fault(SYSTEM) is None
    assert [one.value for one in visit.open(ARCHIVE).error] == []
