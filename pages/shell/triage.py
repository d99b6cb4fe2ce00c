"""What a person does with an alert: look after it, take it, set it aside, say whether it was right (A5.7, A5.8)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import streamlit as st

from core.clock import local_date, local_midnight
from pages.shell.asking import ask, asked
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.silencing import SILENCE, silence_dialog
from pages.shell.text import muted, plain
from pipeline.alerts.service import AlertRow

VERDICTS = {
    "dogru": ":material/check:",
    "yanlis_pozitif": ":material/block:",
    "beklenen": ":material/event_available:",
    "test": ":material/science:",
}
MORNING = timedelta(hours=8)
SNOOZES: dict[str, Callable[[datetime, str], datetime]] = {
    "hours4": lambda now, zone: now + timedelta(hours=4),
    "morning": lambda now, zone: local_midnight(local_date(now, zone) + timedelta(days=1), zone) + MORNING,
    "week": lambda now, zone: now + timedelta(days=7),
}


def triage(page: Page, alert: AlertRow) -> None:
    with st.container(border=True):
        _acknowledgement(page, alert)
        _verdict(page, alert)
        with st.expander(page.t("triage.more"), icon=":material/more_horiz:"):
            _owner(page, alert)
            _snooze(page, alert)
            _comment(page, alert)


def _acknowledgement(page: Page, alert: AlertRow) -> None:
    t = page.t
    if alert.acknowledged_at:
        who = actor(t, alert.acknowledged_by)
        muted(t("board.acknowledged_by", who=who, at=t.instant(alert.acknowledged_at)))
    elif not alert.closed_at and st.button(
        t("board.acknowledge"),
        help=t("board.acknowledge_help"),
        icon=":material/person_check:",
        key=f"acknowledge_{alert.id}",
    ):
        page.services.alerts.triage.acknowledge(page.scope, [alert.id])
        st.toast(t("board.acknowledged_toast"), icon=":material/person_check:")
        st.rerun()


def _owner(page: Page, alert: AlertRow) -> None:
    """Who looks after it; one takes it or gives it back."""
    t, mine = page.t, alert.assigned_to == page.scope.actor
    if alert.assigned_to:
        muted(t("triage.assigned_to", who=alert.assigned_to))
    key, label = ("release", "triage.release") if mine else ("take", "triage.assign_me")
    if st.button(t(label), key=f"{key}_{alert.id}", icon=":material/person_pin:"):
        page.services.alerts.triage.assign(page.scope, [alert.id], None if mine else page.scope.actor)
        st.rerun()


def _snooze(page: Page, alert: AlertRow) -> None:
    """Set aside until a time, or like ones for longer: a silence."""
    t, service = page.t, page.services.alerts.triage
    if alert.snoozed_until and alert.snoozed_until > page.now:
        muted(t("triage.snoozed_until", at=t.instant(alert.snoozed_until)))
        if st.button(t("triage.wake"), key=f"wake_{alert.id}", icon=":material/alarm_off:"):
            service.snooze(page.scope, [alert.id], None)
            st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not alert.closed_at:
            name = st.selectbox(
                t("triage.snooze"), list(SNOOZES), format_func=lambda one: t(f"triage.snooze_{one}"), width=220,
                key=f"snooze_for_{alert.id}",
            )  # fmt: skip
            if st.button(t("triage.snooze"), key=f"snooze_{alert.id}", icon=":material/snooze:"):
                service.snooze(page.scope, [alert.id], SNOOZES[name](page.now, t.time_zone))
                st.rerun()
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


def _verdict(page: Page, alert: AlertRow) -> None:
    """Four answers; the one given is marked and can be changed."""
    t = page.t
    st.markdown(f"**{t('board.verdict_question')}**")
    if alert.verdict and alert.verdict_at:
        text = t(
            "board.verdict_by",
            verdict=t(f"board.verdict_{alert.verdict}"),
            who=actor(t, alert.verdict_by),
            at=t.instant(alert.verdict_at),
        )
        st.markdown(f":material/gavel: {plain(text)}")
    note = st.text_input(
        t("board.note"),
        value=alert.verdict_note or "",
        placeholder=t("board.note_hint"),
        max_chars=500,
        key=f"note_{alert.id}",
    )
    with st.container(horizontal=True):
        for verdict, icon in VERDICTS.items():
            if st.button(
                t(f"board.verdict_{verdict}"),
                help=t(f"board.verdict_help_{verdict}"),
                icon=icon,
                type="primary" if alert.verdict == verdict else "secondary",
                key=f"verdict_{verdict}_{alert.id}",
            ):
                page.services.alerts.triage.judge(page.scope, [alert.id], verdict, note or None)
                st.toast(t("board.verdict_saved"), icon=":material/gavel:")
                st.rerun()
