"""Panels of the page Archive: what lies in it, whether it is as it was written, and a metric across the border."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.clock import last_days, local_date
from core.i18n import UNKNOWN
from operations.archive.service import BRING, RETURN, VERIFY, newest_of
from pages.shell import archive_words as words
from pages.shell import reads, session
from pages.shell.attempt import attempted
from pages.shell.backup_panels import size
from pages.shell.charts import left_out
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import ALL, choose_days, choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.job_progress import POLL_SECONDS, told
from pages.shell.page_runs import fragment
from pages.shell.quality_words import metric
from pages.shell.session import browser_theme, is_phone
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.figures.archive import BorderLabels, border_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.archive.service import ArchiveOverview
    from operations.jobs.service import JobState, RunRow
    from sources.hotels import HotelRow

PERIODS = (365, 120, 1_095)
FIRST = ("doluluk_oran", "stok_seviye", "tuketim_miktar")  # one row a day, then what most people look for


def key_figures(page: Page, found: "ArchiveOverview") -> None:
    t = page.t
    with st.container(horizontal=True):
        st.metric(t("archive.rows"), t.number(found.rows), border=True)
        st.metric(t("archive.size"), size(t, found.size_bytes), border=True)
        ratio = UNKNOWN if found.ratio is None else t("archive.times", value=t.number(found.ratio, 1))
        st.metric(t("archive.ratio"), ratio, border=True, help=plain(t("archive.ratio_help")))
        since = UNKNOWN if found.first_at is None else t.full_day(local_date(found.first_at, t.time_zone))
        st.metric(t("archive.since"), since, border=True)


def findings(page: Page, found: "ArchiveOverview", states: "dict[str, JobState]") -> None:
    """What is not as it was written, else when that was last looked at."""
    t, last = page.t, states[VERIFY].last
    if found.finding_count:
        st.error(plain(t("archive.is_changed", count=found.finding_count)), icon=":material/gpp_maybe:")
        sheet = words.findings_sheet(t, found)
        shown = instants(t, t("board.time")) | instants(t, t("archive.found_at"))
        show_sheet(sheet, "table_findings", config=shown)
        if found.finding_count > len(found.findings):
            muted(t("archive.more_findings", count=found.finding_count - len(found.findings)))
        downloads(page, [sheet], "archive-findings", None)
    elif last is not None and last.state == "succeeded" and last.finished_at is not None:
        result = last.result or {}
        counted = {"at": last.finished_at, "rows": last.rows_in or 0, "files": result["files"]}
        if result["files_left"]:
            said = t("archive.is_whole_so_far", left=result["files_left"], **counted)
            st.info(plain(said), icon=":material/hourglass:")
        else:
            st.success(plain(t("archive.is_whole", **counted)), icon=":material/verified:")


def work(page: Page, hotel: "HotelRow", states: "dict[str, JobState]") -> None:
    """What is asked for or at work in the hotel's archive; it follows by itself."""
    t = page.t
    _, shown = newest_of(states)

    def follow() -> None:
        name, now = newest_of(page.services.archive.work(page.scope, hotel.id))
        if now.is_active != shown.is_active:
            session.run_by_itself()
            st.rerun(scope="app")
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f":material/inventory_2: {plain(t(f'job.{name}'))}")
                asks = page.scope.allows("archive.write") and st.button(
                    t("archive.verify"), key="verify_archive", icon=":material/verified:", disabled=now.is_active
                )
                if asks and attempted(page, lambda: page.services.archive.verify(page.scope, hotel.id)):
                    st.rerun(scope="app")
            told(page, now, OUTCOMES[name](page))

    fragment(follow, run_every=POLL_SECONDS if shown.is_active else None)()


def _verified(page: Page) -> "Callable[[RunRow], str]":
    return lambda run: page.t("archive.verified", count=run.rows_in or 0)


def _moved(page: Page) -> "Callable[[RunRow], str]":
    def say(run: "RunRow") -> str:
        refused = (run.result or {}).get("refused") or {}
        said = page.t("archive.moved", count=run.rows_out or 0)
        return f"{said} {page.t('archive.refused', paths=', '.join(refused))}" if refused else said

    return say


OUTCOMES = {VERIFY: _verified, BRING: _moved, RETURN: _moved}


def months(page: Page, found: "ArchiveOverview") -> None:
    t = page.t
    st.header(t("archive.months"), anchor=False)
    if not found.months:
        st.info(f"**{t('archive.empty_title')}**  \n{plain(t('archive.empty_text'))}", icon=":material/inventory_2:")
        return
    sheet = words.months_sheet(t, found)
    show_sheet(sheet, "table_months", config=instants(t, t("archive.verified_at")))
    downloads(page, [sheet], "archive", None)


def history(page: Page, hotel: "HotelRow") -> None:
    """A metric by day, from the archive and from the database, as if there were no border."""
    from pipeline.metrics.archive.service import Wanted
    from pipeline.metrics.registry import METRIC_TYPES

    t = page.t
    st.header(t("archive.history"), anchor=False)
    with filter_row(t("archive.choose")):
        ordered = [*FIRST, *(one for one in METRIC_TYPES if one not in FIRST)]
        name = choose_one("metric", ordered, t("archive.metric"), lambda one: metric(t, one), width=220)
        kind = METRIC_TYPES[name].entity_type
        known = {str(one.id): one.name for one in reads.archive_entities(page, hotel.id, kind)}
        names = {ALL: t("archive.whole_hotel"), **known}
        entity = choose_one("entity", list(names), t("archive.entity"), names.__getitem__, width=220) if known else ALL
        days = choose_days(t, PERIODS)
    with st.spinner(t("archive.reading")):
        span = last_days(page.now, days, t.time_zone)
        shown = reads.metric_days(page, Wanted(hotel.id, name, *span, None if entity == ALL else int(entity)))
    left_out(page, shown.faults)
    if shown.days.empty:
        muted(t("archive.no_days"))
        return
    unit = f"{t(METRIC_TYPES[name].unit)} · {t('archive.sum_of_day' if shown.is_sum else 'archive.mean_of_day')}"
    labels = BorderLabels(t("archive.in_database"), t("archive.in_archive"), t("archive.expected"), unit)
    figure = border_figure(shown.days, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="archive_history", alt=t("archive.history"))
    if shown.days["is_archived"].any() and not is_phone():
        muted(t("archive.border_help"))
    folded_sheet(page, lambda: words.days_sheet(t, shown), "archive_days")
