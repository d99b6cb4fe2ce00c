"""Filters and panels of the Custody page: key figures, and one row an attendant."""

import streamlit as st

from core.i18n import Translator
from pages.shell.consumption_tables import downloads, rounded, rows_of, show_sheet
from pages.shell.filters import choose_days, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from pages.shell.sentences import units
from pages.shell.text import muted, plain
from reports.custody import MIN_MOVEMENTS, PERIODS, Custody
from reports.excel import Column, Sheet


def filters(page: Page) -> tuple[Page, int, int]:
    """The page in the chosen hotel's time zone, the hotel and the days; their state is the address."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        days = choose_days(t, PERIODS)
    return page, hotel.id, days


def key_figures(page: Page, found: Custody) -> None:
    """Issued, still out, and the share written off with the movements behind it."""
    t, share = page.t, found.write_off_share
    with st.container(horizontal=True):
        st.metric(t("custody.issued"), units(t, found.issued), border=True)
        st.metric(t("custody.balance"), units(t, found.balance), border=True, help=plain(t("custody.balance_help")))
        st.metric(
            t("custody.share"), t("custody.too_few") if share is None else t.percent(share, 1),
            t("custody.of_movements", count=found.movements), delta_color="off", delta_arrow="off", border=True,
        )  # fmt: skip


def table(page: Page, found: Custody) -> None:
    """All attendants by name."""
    t = page.t
    st.header(t("custody.attendants"), anchor=False)
    sheet = attendants_sheet(t, found)
    show_sheet(sheet, "custody")
    muted(t("custody.note", count=MIN_MOVEMENTS))
    downloads(page, [sheet], "custody", None)


def attendants_sheet(t: Translator, found: Custody) -> Sheet:
    """One row an attendant; the share only where enough movements tell it."""
    columns = [
        Column(t("custody.attendant")), Column(t("custody.issued"), "whole"), Column(t("custody.used"), "whole"),
        Column(t("custody.returned"), "whole"), Column(t("custody.written_off"), "whole"),
        Column(t("custody.balance"), "whole"), Column(t("custody.movements"), "whole"),
        Column(t("custody.share"), "percent"), Column(t("custody.evidence")),
    ]  # fmt: skip
    rows = [
        (
            row.name, row.issued, row.used, row.returned, row.written_off, row.balance, row.movements,
            row.write_off_share, t("custody.enough" if row.movements >= MIN_MOVEMENTS else "custody.too_few"),
        )
        for row in rows_of(found.attendants)
    ]  # fmt: skip
    return rounded(t("custody.attendants"), columns, rows)
