"""The dialog that silences alerts like one that is open (A5.8)."""

from datetime import time, timedelta

import streamlit as st

from core.i18n import Translator
from pages.shell.asking import asking, done
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pipeline.alerts.service import AlertRow
from pipeline.alerts.silences.service import Silence

SILENCE = "silence"
DAYS = {"day1": 1, "day7": 7, "day30": 30}
WEEKDAYS = tuple(range(1, 8))
NIGHT, MORNING = time(22), time(6)


def silence_dialog(page: Page, alert: AlertRow) -> None:
    t = page.t

    @asking(t("silence.dialog"))
    def dialog() -> None:
        types = {"this": t(f"alert_type.{alert.alert_type}"), "every": t("silence.every_type")}
        which = st.radio(t("silence.what"), list(types), format_func=types.__getitem__, key="silence_type")
        places = _places(t, alert)
        where = st.radio(t("silence.where"), list(places), format_func=places.__getitem__, key="silence_place")
        days = st.selectbox(
            t("silence.until"), list(DAYS), format_func=lambda one: t(f"silence.{one}"), key="silence_days"
        )
        weekdays = st.multiselect(
            t("silence.weekdays"), WEEKDAYS, format_func=lambda day: t(f"silence.weekday_{day}"),
            placeholder=t("board.any"), key="silence_weekdays", select_all=False,
        )  # fmt: skip
        start, end = _window(t)
        reason = st.text_input(
            t("silence.reason"), placeholder=t("silence.reason_hint"), max_chars=300, key="silence_why"
        )
        if st.button(t("silence.add"), type="primary", key="silence_yes", icon=":material/notifications_off:"):
            silence = Silence(
                min(alert.started_at, page.now), page.now + timedelta(days=DAYS[days]), reason,
                alert_type=alert.alert_type if which == "this" else None,
                room_id=alert.room_id if where == "room" else None,
                product_id=alert.product_id if where == "product" else None,
                floor_id=alert.floor_id if where == "floor" else None,
                weekdays=tuple(weekdays), from_minute=start, until_minute=end,
            )  # fmt: skip
            if attempted(page, lambda: page.services.alerts.silences.add(page.scope, alert.hotel_id, silence)):
                st.toast(t("silence.added"), icon=":material/notifications_off:")
                done()

    dialog()


def _places(t: Translator, alert: AlertRow) -> dict[str, str]:
    """What the alert is about, from the narrowest to the whole hotel."""
    places = {}
    if alert.room_id:
        places["room"] = t("silence.this_room", room=alert.room)
    if alert.product_id:
        places["product"] = t("silence.this_product", product=alert.product)
    if alert.floor_id:
        places["floor"] = t("silence.this_floor", floor=alert.floor)
    return {**places, "hotel": t("silence.whole_hotel")}


def _window(t: Translator) -> tuple[int | None, int | None]:
    """Minutes of the day between which it hides; None: all day."""
    if not st.checkbox(t("silence.daily"), key="silence_daily"):
        return None, None
    with st.container(horizontal=True):
        start = st.time_input(t("silence.from"), NIGHT, key="silence_from")
        end = st.time_input(t("models.until"), MORNING, key="silence_until")
    return 60 * start.hour + start.minute, 60 * end.hour + end.minute
