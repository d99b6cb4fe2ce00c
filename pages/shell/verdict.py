"""The verdict on an alert: asked once, then told with what it did and will do, and taken back (A6.2, A6.3)."""

import streamlit as st

from pages.shell import alert_reads
from pages.shell.acting import mean
from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.text import plain
from pages.shell.verdict_words import effects
from pipeline.alerts.service import AlertRow

VERDICTS = {
    "dogru": ":material/check:",
    "yanlis_pozitif": ":material/block:",
    "beklenen": ":material/event_available:",
    "test": ":material/science:",
}


def verdict(page: Page, alert: AlertRow) -> None:
    """The question, or the answer with its effect; a wrong answer is changed or taken back."""
    t = page.t
    if alert.verdict is None or alert.verdict_at is None:
        if page.scope.allows("alerts.triage"):
            st.markdown(f"**{t('board.verdict_question')}**")
            _answers(page, alert)
        _effects(page, alert)
        return
    given = {"verdict": t(f"board.verdict_{alert.verdict}"), "at": t.instant(alert.verdict_at)}
    said = t("board.verdict_by", who=actor(t, alert.verdict_by), **given)
    note = f"  \n“{plain(alert.verdict_note)}”" if alert.verdict_note else ""
    st.markdown(f":material/gavel: **{plain(said)}**{note}")
    _effects(page, alert)
    if not page.scope.allows("alerts.triage"):
        return
    st.button(
        t("quality.take_back"), key=f"withdraw_{alert.id}", icon=":material/undo:", help=t("effect.take_back_help"),
        on_click=mean, args=("withdraw", alert),
    )  # fmt: skip
    with st.expander(t("effect.change"), icon=":material/edit:"):
        _answers(page, alert)


def _answers(page: Page, alert: AlertRow) -> None:
    """Four answers; the one given is marked."""
    t = page.t
    st.text_input(
        t("board.note"), value=alert.verdict_note or "", placeholder=t("board.note_hint"), max_chars=500,
        key=f"note_{alert.id}",
    )  # fmt: skip
    with st.container(horizontal=True):
        for answer, icon in VERDICTS.items():
            st.button(
                t(f"board.verdict_{answer}"), help=t(f"board.verdict_help_{answer}"), icon=icon,
                type="primary" if alert.verdict == answer else "secondary", key=f"verdict_{answer}_{alert.id}",
                on_click=mean, args=("judge", alert, answer),
            )  # fmt: skip


def _effects(page: Page, alert: AlertRow) -> None:
    found = alert_reads.verdict_effect(page, alert.id)
    lines = effects(page.t, alert, found, page.now)
    if lines:
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))
