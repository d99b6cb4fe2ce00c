"""One alert in a list: severity as icon, word and colour, the sentence, since when, and whether anybody looked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shell import navigation
from pages.shell.guard import Page
from pages.shell.sentences import sentence
from pages.shell.text import badge, plain, severity_badge
from pipeline.alerts.service import AlertRow


def alert_link(page: Page, alert: AlertRow) -> None:
    """A row that leads to the alert's own page."""
    with _row(page, alert):
        st.page_link(
            navigation.ALERT,
            label=page.t("board.open"),
            icon=":material/chevron_right:",
            icon_position="right",
            query_params={"alert": str(alert.id)},
        )


def alert_choice(page: Page, alert: AlertRow, choose: Callable[[int], None], is_chosen: bool) -> None:
    """A row that opens the alert beside the list."""
    with _row(page, alert):
        st.button(
            page.t("board.shown") if is_chosen else page.t("board.open"),
            key=f"open_{alert.id}",
            type="tertiary",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=is_chosen,
            on_click=choose,
            args=(alert.id,),
        )


@contextmanager
def _row(page: Page, alert: AlertRow) -> Iterator[None]:
    """What the alert says, and at the right end what to press."""
    t = page.t
    with st.container(border=True, horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        with st.container(gap="xxsmall"):
            moment = t.instant(alert.started_at)
            where = f"{alert.hotel_name} · {moment}" if page.names_hotels else moment
            when = f":small[:gray[{plain(where)}]]"
            st.markdown(" ".join([severity_badge(t, alert.severity), *states(page, alert), when]))
            st.markdown(plain(sentence(t, alert.message_id, alert.message_params)))
        yield


def states(page: Page, alert: AlertRow) -> list[str]:
    """Read, acknowledged, closed and verdict are four different things (A5.7)."""
    t = page.t
    marks = []
    if alert.closed_at:
        marks.append(badge(t("board.closed"), "gray", ":material/done_all:"))
    elif alert.acknowledged_at:
        marks.append(badge(t("board.acknowledged"), "gray", ":material/person_check:"))
    elif not alert.read_at:
        marks.append(badge(t("board.unread"), "primary", ":material/fiber_new:"))
    if alert.assigned_to:
        marks.append(badge(alert.assigned_to, "gray", ":material/person_pin:"))
    if alert.snoozed_until and alert.snoozed_until > page.now and not alert.closed_at:
        until = t("triage.snoozed_until", at=t.instant(alert.snoozed_until))
        marks.append(badge(until, "gray", ":material/snooze:"))
    if alert.verdict:
        marks.append(badge(t(f"board.verdict_{alert.verdict}"), "gray", ":material/gavel:"))
    return marks
