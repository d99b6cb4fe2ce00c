"""What a person does with an alert: look after it, take it, set it aside, say whether it was right (A5.7, A5.8)."""

import streamlit as st

from pages.shell.acting import SNOOZES, mean
from pages.shell.asking import ask, asked
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.silencing import SILENCE, silence_dialog
from pages.shell.text import muted
from pages.shell.verdict import verdict
from pipeline.alerts.service import AlertRow


def triage(page: Page, alert: AlertRow) -> None:
    """Everybody reads what was decided; who may, decides."""
    may_act = page.scope.allows("alerts.triage")
    with st.container(border=True):
        _acknowledgement(page, alert, may_act)
        verdict(page, alert)
        if may_act:
            with st.expander(page.t("triage.more"), icon=":material/more_horiz:"):
                _owner(page, alert)
                _snooze(page, alert)
                _comment(page, alert)


def _acknowledgement(page: Page, alert: AlertRow, may_act: bool) -> None:
    t = page.t
    if alert.acknowledged_at:
        who = actor(t, alert.acknowledged_by)
        muted(t("board.acknowledged_by", who=who, at=t.instant(alert.acknowledged_at)))
    elif may_act and not alert.closed_at:
        st.button(
            t("board.acknowledge"), help=t("board.acknowledge_help"), icon=":material/person_check:",
            key=f"acknowledge_{alert.id}", on_click=mean, args=("acknowledge", alert),
        )  # fmt: skip


def _owner(page: Page, alert: AlertRow) -> None:
    """Who looks after it; one takes it or gives it back."""
    t, mine = page.t, alert.assigned_to == page.scope.actor
    if alert.assigned_to:
        muted(t("triage.assigned_to", who=alert.assigned_to))
    key, label = ("release", "triage.release") if mine else ("take", "triage.assign_me")
    st.button(t(label), key=f"{key}_{alert.id}", icon=":material/person_pin:", on_click=mean, args=(key, alert))


def _snooze(page: Page, alert: AlertRow) -> None:
    """Set aside until a time, or like ones for longer: a silence."""
    t = page.t
    if alert.snoozed_until and alert.snoozed_until > page.now:
        muted(t("triage.snoozed_until", at=t.instant(alert.snoozed_until)))
        st.button(
            t("triage.wake"), key=f"wake_{alert.id}", icon=":material/alarm_off:", on_click=mean, args=("wake", alert)
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not alert.closed_at:
            st.selectbox(
                t("triage.snooze"), list(SNOOZES), format_func=lambda one: t(f"triage.snooze_{one}"), width=220,
                key=f"snooze_for_{alert.id}",
            )  # fmt: skip
            st.button(
                t("triage.snooze"), key=f"snooze_{alert.id}", icon=":material/snooze:", on_click=mean,
                args=("snooze", alert),
            )  # fmt: skip
        if st.button(t("triage.silence"), key=f"silence_{alert.id}", icon=":material/notifications_off:"):
            ask(SILENCE, alert.id)
    if asked(SILENCE, alert.id):
        silence_dialog(page, alert)


def _comment(page: Page, alert: AlertRow) -> None:
    t = page.t
    with st.form(f"comment_form_{alert.id}", clear_on_submit=True, border=False):
        note = st.text_area(t("triage.comment"), placeholder=t("triage.comment_hint"), max_chars=2000, height=68)
        if st.form_submit_button(t("triage.comment_add"), icon=":material/comment:") and attempted(
            page, lambda: page.services.alerts.triage.comment(page.scope, alert.id, note)
        ):
            st.rerun()
