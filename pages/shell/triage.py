"""What a person does with an alert: look after it, and say whether it was right (A5.7, A6.2)."""

import streamlit as st

from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.text import muted, plain
from pipeline.alerts.service import AlertRow

VERDICTS = {
    "dogru": ":material/check:",
    "yanlis_pozitif": ":material/block:",
    "beklenen": ":material/event_available:",
    "test": ":material/science:",
}


def triage(page: Page, alert: AlertRow) -> None:
    with st.container(border=True):
        _acknowledgement(page, alert)
        _verdict(page, alert)


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
        page.services.alerts.acknowledge(page.scope, alert.id)
        st.toast(t("board.acknowledged_toast"), icon=":material/person_check:")
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
                page.services.alerts.give_verdict(page.scope, alert.id, verdict, note or None)
                st.toast(t("board.verdict_saved"), icon=":material/gavel:")
                st.rerun()
