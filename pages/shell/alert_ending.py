"""How an alert ended: by itself, with what ended it and how long that took, or by a person, who reopens it (A5.7)."""

import streamlit as st

from pages.shell import navigation
from pages.shell.acting import mean
from pages.shell.guard import Page
from pages.shell.sentences import actor, sentence
from pages.shell.text import muted, plain
from pipeline.alerts.service import AlertDetail

ENDS = ("closed", "stays_closed")


def ending(page: Page, detail: AlertDetail) -> None:
    """Nothing while it lasts; what was closed by itself says how long it took."""
    t, remedy = page.t, detail.remedy
    if remedy is not None:
        taken = t("remedy.after", span=t.length(remedy.since_opening.total_seconds()))
        if remedy.since_acknowledgement is not None:
            span = t.length(remedy.since_acknowledgement.total_seconds())
            taken = t("remedy.after_acknowledgement", after=taken, span=span)
        what = sentence(t, remedy.reason["id"], remedy.reason.get("params"))
        st.success(f"**{plain(taken)}**  \n{plain(t('remedy.because', reason=what))}", icon=":material/task_alt:")
        return
    closing = next((event for event in detail.events if event.kind in ENDS), None)
    if detail.alert.closed_at is not None and closing is not None:
        what = sentence(t, f"alert_event.{closing.kind}", closing.details)
        muted(t("board.event_line", at=t.instant(closing.occurred_at), what=what, who=actor(t, closing.actor)))
    _again(page, detail)


def _again(page: Page, detail: AlertDetail) -> None:
    """Where its cause is open now; else, of what a person closed, the way back."""
    t, alert = page.t, detail.alert
    if detail.twin_id is not None:
        st.page_link(
            navigation.ALERT, label=t("triage.open_elsewhere_link"), icon=":material/arrow_forward:",
            query_params={"alert": str(detail.twin_id)},
        )  # fmt: skip
    elif detail.can_reopen and page.scope.allows("alerts.triage"):
        st.button(
            t("triage.reopen"), key=f"reopen_{alert.id}", icon=":material/restart_alt:", on_click=mean,
            args=("reopen", alert),
        )  # fmt: skip
