"""The alert board: open alerts by severity, filters in the address, the chosen alert beside the list."""

from collections.abc import Callable

import streamlit as st

from core.errors import AppError
from pages.alerts.alert import alone, show_alert
from pages.shell import navigation, reads
from pages.shell.acting import carry_out
from pages.shell.alert_filters import alert_filters
from pages.shell.alert_groups import groups
from pages.shell.alert_rows import alert_choice
from pages.shell.alert_steps import ROWS, steps
from pages.shell.alert_table import choose, chosen, table
from pages.shell.bulk import last_action
from pages.shell.filters import choose_page, clear_filters, switch
from pages.shell.guard import Page, open_page
from pages.shell.header import header
from pages.shell.live import rerun_when_changed
from pages.shell.remedy_times import remedy_times
from pages.shell.session import is_phone
from pages.shell.text import muted
from pipeline.alerts.service import AlertFilters, AlertRow

VIEWS = ("list", "groups", "table", "remedies")


def board(page: Page, wanted: AlertFilters, selected: int | None, refused: AppError | None) -> None:
    """The list with the chosen alert beside it, or a table over the whole width with the chosen alert below."""
    t = page.t
    total = reads.alerts(page, wanted, limit=1).total
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        muted(t("board.found", count=total))
        st.page_link(navigation.SILENCES, label=t("shell.silences"), icon=":material/notifications_off:")
        view = switch("view", VIEWS, t("board.view"), lambda code: t(f"board.view_{code}"))
    last_action(page)
    if view == "groups":
        groups(page, wanted)
        return
    if view == "remedies":
        remedy_times(page, wanted)
        return
    if view == "table":
        rows(page, wanted, total, lambda found: table(page, found, wanted, total))
        detail(page, wanted, chosen(), refused)
        return
    left, right = st.columns([5, 6], gap="large")
    with left:
        rows(page, wanted, total, lambda found: cards(page, found, selected))
    with right:
        detail(page, wanted, selected, refused)


def rows(page: Page, wanted: AlertFilters, total: int, draw: Callable[[list[AlertRow]], None]) -> None:
    """One page of the alerts, or what to do when there is none."""
    t = page.t
    if total == 0:
        st.info(f"**{t('board.empty_title')}**  \n{t('board.empty_text')}", icon=":material/filter_alt_off:")
        st.button(t("board.clear"), on_click=clear_filters, icon=":material/clear_all:")
        return
    above = st.container()
    found = reads.alerts(page, wanted, ROWS, offset=choose_page(total, ROWS)).rows
    with above:
        draw(found)


def cards(page: Page, found: list[AlertRow], selected: int | None) -> None:
    for alert in found:
        alert_choice(page, alert, choose, is_chosen=alert.id == selected)


def detail(page: Page, wanted: AlertFilters, selected: int | None, refused: AppError | None) -> None:
    """Beside the list; a phone has no room for it there."""
    if is_phone():
        return
    steps(page, wanted, selected)
    if selected is None:
        st.info(f"**{page.t('board.choose_title')}**  \n{page.t('board.choose_text')}", icon=":material/left_click:")
    else:
        show_alert(page, selected, refused)


def show() -> None:
    page = open_page("alerts.read")
    if chosen() is not None and is_phone():  # drawn here: a switch of pages would send the browser's back forward again
        alone(page)
        return
    refused = carry_out(page, chosen() or 0)  # before the list is read
    version = reads.version(page, "alerts")
    top = st.container()
    page, wanted = alert_filters(page)
    with top:
        header(page.t("board.title"), page.t, page.now, reads.as_of(page, wanted.hotel_ids or ()))
    board(page, wanted, chosen(), refused)
    rerun_when_changed(version, lambda: reads.version(page, "alerts"))


if __name__ == "__main__":
    show()
