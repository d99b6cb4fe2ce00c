"""Alerts that belong together as one line: what, where, in which shift, how many; shown or acted on as one (A5.6)."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import reads
from pages.shell.bulk import actions, do
from pages.shell.filters import choose_page, to_address
from pages.shell.guard import Page
from pages.shell.text import SEVERITIES, muted, plain, severity_badge
from pipeline.alerts.service import AlertFilters

if TYPE_CHECKING:
    from pipeline.alerts.service import AlertGroup

DONE_TOGETHER = ("acknowledge", "take")
AT_ONCE = 25  # groups on the screen; each has its buttons


def groups(page: Page, wanted: AlertFilters) -> None:
    """The groups of everything that was found, not of one page of it."""
    found, above = reads.alert_groups(page, wanted), st.container()
    skipped = choose_page(len(found), AT_ONCE)
    for number, group in enumerate(found[skipped : skipped + AT_ONCE]):
        with above.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap="xxsmall"):
                st.markdown(
                    f"{severity_badge(page.t, SEVERITIES[-group.severity_rank])} **{plain(title(page, group))}**"
                )
                muted(facts(page, group))
            buttons(page, group, number)


def title(page: Page, group: "AlertGroup") -> str:
    """\"Floor 3 · Missed refills\", with the product where the group is about one, and the hotel among several."""
    t = page.t
    parts = [
        t(f"alert_type.{group.alert_type}"),
        t("silence.this_floor", floor=group.floor) if group.floor else t("group.no_floor"),
        group.product or "",
    ]
    if page.names_hotels:
        parts.append(group.hotel_name)
    return " · ".join(part for part in parts if part)


def facts(page: Page, group: "AlertGroup") -> str:
    t = page.t
    parts = [t("group.alerts", count=group.alerts)]
    if group.rooms:
        parts.append(t("group.rooms", count=group.rooms))
    parts.append(t(f"group.shift_{group.shift}"))
    parts.append(t("group.span", start=t.instant(group.started_at), end=t.instant(group.last_seen_at)))
    return " · ".join(parts)


def buttons(page: Page, group: "AlertGroup", number: int) -> None:
    with st.container(horizontal=True, width="content"):
        st.button(page.t("group.show"), key=f"group_{number}", icon=":material/list:", on_click=show, args=(group,))
        if page.scope.allows("alerts.triage"):
            for name in DONE_TOGETHER:
                icon, label, act = actions(page)[name]
                if st.button(page.t(label), key=f"group_{name}_{number}", icon=icon):
                    do(page, act, list(group.alert_ids))


def show(group: "AlertGroup") -> None:
    """The alerts of the group as a list: its type and floor become filters."""
    floor = {"q": group.floor} if group.floor else {}
    to_address(type=group.alert_type, view=None, page=None, **floor)
