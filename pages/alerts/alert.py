"""One alert: what happened against what was expected, why, what to do, its series, the verdict, its timeline."""

from dataclasses import replace
from functools import partial

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from pages.shell import navigation, reads
from pages.shell.acting import carry_out
from pages.shell.alert_ending import ending
from pages.shell.alert_filters import asked_alerts
from pages.shell.alert_rows import states
from pages.shell.alert_steps import steps
from pages.shell.alert_table import chosen
from pages.shell.attempt import refusal
from pages.shell.charts import series_chart, tells_band, unit_word
from pages.shell.filters import address
from pages.shell.guard import Page, open_page
from pages.shell.live import rerun_when_changed
from pages.shell.sentences import actor, amount, deviation, percent, sentence
from pages.shell.text import muted, plain, severity_badge
from pages.shell.triage import triage
from pipeline.alerts.peers import PeerRange
from pipeline.alerts.service import AlertDetail, EventRow

SHARE = "unit.ratio"
OTHER_UNITS = (  # not the metric's own unit
    "dolum_eksik", "tekrar_kayit", "bosta_tuketim_artis", "qr_okutma_basarisiz", "ozel_seri_sapma",
    "model_kullanilamiyor", "model_disk_dolu",
)  # fmt: skip


def arrive(page: Page, alert_id: int) -> AppError | None:
    """Before anything is drawn: what was meant for it is done (or refused), and opening it marks it read (A5.3)."""
    refused = carry_out(page, alert_id)
    if st.session_state.get("opened_alert") != alert_id:
        page.services.alerts.mark_read(page.scope, alert_id)
        st.session_state["opened_alert"] = alert_id
    return refused


def show_alert(page: Page, alert_id: int, refused: AppError | None = None) -> None:
    """The detail; a page that draws more of alerts lets one ``arrive`` first."""
    refused = arrive(page, alert_id) or refused
    detail = reads.alert_detail(page, alert_id)
    alert = detail.alert
    page = replace(page, t=Translator(page.t.language, alert.time_zone))
    t = page.t
    refusal(page, refused)
    st.markdown(" ".join([severity_badge(t, alert.severity), *states(page, alert)]))
    st.header(plain(sentence(t, alert.message_id, alert.message_params)), anchor=False)
    muted(f"{t('board.since', at=t.instant(alert.started_at))} · {t('board.times', count=alert.occurrence_count)}")
    ending(page, detail)
    if alert.entity_type != "user":  # of a sign-in nothing was measured
        facts(page, detail)
        series_chart(page, detail)
    money = {"currency": alert.currency}
    bullets(t("board.reasons"), [sentence(t, one["id"], (one.get("params") or {}) | money) for one in alert.reasons])
    bullets(t("board.peers"), [peer_line(t, peer) for peer in detail.peers])
    bullets(t("board.actions"), [t(action) for action in alert.actions])
    triage(page, alert)
    timeline(page, detail.events)


def facts(page: Page, detail: AlertDetail) -> None:
    """Value with its unit, expected, band, deviation (A5.2)."""
    t, alert = page.t, detail.alert
    is_share = detail.unit == SHARE and alert.alert_type not in OTHER_UNITS
    told = partial(percent if is_share else amount, t)
    unit = "" if is_share or alert.alert_type in OTHER_UNITS else f" {unit_word(t, detail)}"
    with st.container(horizontal=True):
        st.metric(t("board.value"), told(alert.metric_value) + unit, width="content")
        st.metric(t("board.expected"), told(alert.expected), width="content")
        if tells_band(alert):
            band = f"{told(alert.lower)}–{told(alert.upper)}" if is_share else t.range(alert.lower, alert.upper)
            st.metric(t("board.band"), band, width="content")
        off = deviation(t, alert.metric_value, alert.expected, alert.deviation_ratio)
        st.metric(t("board.deviation"), off, width="content")


def bullets(title: str, lines: list[str]) -> None:
    if lines:
        st.markdown("\n".join([f"**{title}**", "", *(f"- {plain(line)}" for line in lines)]))


def peer_line(t: Translator, peer: PeerRange) -> str:
    """A segment's range, or that it is too small to be one."""
    if not peer.is_known:
        return t("peers.too_few", segment=t(f"peers.word.{peer.segment}"), peers=peer.count)
    values = {"lower": peer.low, "upper": peer.high, "median": peer.median, "peers": peer.count}
    return t(f"peers.{peer.segment}", **values)


def timeline(page: Page, events: list[EventRow]) -> None:
    """Every change of state with who and why, newest first (A5.8)."""
    t = page.t
    with st.expander(t("board.timeline"), icon=":material/timeline:"):
        for event in events:
            what = sentence(t, f"alert_event.{event.kind}", event.details)
            muted(t("board.event_line", at=t.instant(event.occurred_at), what=what, who=actor(t, event.actor)))


def alone(page: Page) -> None:
    """The alert of the address with the whole page to itself, and the way back to the list."""
    st.page_link(
        navigation.BOARD, label=page.t("board.back"), icon=":material/arrow_back:", query_params=address("alert")
    )
    st.title(page.t("shell.alert"), anchor=False)
    refused = arrive(page, chosen() or 0)
    version = reads.version(page, "alerts")
    asked_page, wanted = asked_alerts(page)
    steps(asked_page, wanted, chosen())
    show_alert(page, chosen() or 0, refused)
    rerun_when_changed(version, lambda: reads.version(page, "alerts"))


if __name__ == "__main__":
    alone(open_page("alerts.read"))
