"""Bringing rows back from the archive and sending them away again, on the page Archive."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from core.clock import local_date
from operations.archive.service import KEPT_DAYS, MOST_KEPT_DAYS
from pages.shell.attempt import attempted, refusal, refused
from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.session import is_phone
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.archive.service import ArchiveOverview, Hold, Preview
    from sources.hotels import HotelRow

SHOWN_DAYS = timedelta(days=6)  # a week, until something else is chosen


def brought_back(page: Page, found: "ArchiveOverview", hotel: "HotelRow") -> None:
    """What stands in the database again and until when; then the form that brings more."""
    t = page.t
    st.header(t("archive.brought"), anchor=False)
    for hold in found.holds:
        _hold(page, hold)
    if not found.holds:
        muted(t("archive.none_brought"))
    if found.first_at is None or found.last_at is None or not page.scope.allows("archive.write"):
        return
    first_on, last_on = (local_date(at, hotel.time_zone) for at in (found.first_at, found.last_at))
    with st.expander(t("archive.bring"), icon=":material/unarchive:"):
        _form(page, hotel, first_on, last_on)


def _hold(page: Page, hold: "Hold") -> None:
    t = page.t
    first_on, last_on = (local_date(at, hold.time_zone) for at in (hold.since, hold.last_at))
    with st.container(border=True, horizontal=not is_phone(), vertical_alignment="center"):
        with st.container(gap="xxsmall"):
            st.markdown(f"**{plain(t('archive.period', first=t.full_day(first_on), last=t.full_day(last_on)))}**")
            who = actor(t, hold.brought_by)
            muted(t("archive.held", count=hold.row_count, who=who, at=hold.brought_at, until=hold.kept_until))
            if hold.overlapping:
                muted(t("archive.overlapping", count=hold.overlapping))
        asks = page.scope.allows("archive.write") and st.button(
            t("archive.send_away"), key=f"send_away_{hold.id}", icon=":material/archive:"
        )
        if asks and attempted(page, lambda: page.services.archive.send_away(page.scope, hold.id)):
            st.rerun()


def _form(page: Page, hotel: "HotelRow", oldest: date, newest: date) -> None:
    t, archive = page.t, page.services.archive
    with st.container(horizontal=True, vertical_alignment="bottom"):
        begin = max(oldest, newest - SHOWN_DAYS)
        chosen = st.date_input(
            t("archive.which_days"), (begin, newest), oldest, newest, key="bring_days", format="DD.MM.YYYY", width=260
        )
        kept = st.number_input(
            t("archive.kept_days"), 1, MOST_KEPT_DAYS, KEPT_DAYS, key="bring_kept", help=plain(t("archive.kept_help")),
            width=200,
        )  # fmt: skip
    if not isinstance(chosen, tuple) or len(chosen) != 2:
        muted(t("archive.choose_both"))
        return
    first_on, last_on = chosen
    previews: list[Preview] = []
    error = refused(page, lambda: previews.append(archive.preview(page.scope, hotel.id, first_on, last_on)))
    if error is not None:
        refusal(page, error)
        return
    muted(t("archive.preview", days=previews[0].days, rows=previews[0].rows, files=previews[0].files))
    if st.button(t("archive.bring_now"), type="primary", key="bring_back") and attempted(
        page, lambda: archive.bring_back(page.scope, hotel.id, first_on, last_on, int(kept))
    ):
        st.rerun()
