"""Panels of the Rooms page: the table of rooms, and one room's days beside those of its type."""

from typing import Any

import streamlit as st

from pages.shell import navigation, reads
from pages.shell.consumption_tables import downloads, folded_sheet, in_currency, rounded, rows_of, show_sheet
from pages.shell.filters import choose_one
from pages.shell.guard import Page
from pages.shell.session import browser_theme
from pages.shell.text import muted
from reports.consumption import ConsumptionFilters
from reports.excel import Column, Sheet
from reports.figures.template import CONFIG
from reports.figures.trend import TrendLabels, trend_figure
from reports.room_use import RoomDays, Rooms

ROOM = "room"
NONE = "none"


def table(page: Page, found: Rooms) -> None:
    """All rooms; a click on a row opens the room below."""
    t = page.t
    sheet = rooms_sheet(page, found)
    numbers = [row[0] for row in sheet.rows]
    key = f"rooms_{st.query_params.get(ROOM, '')}"  # a new key for each choice: a selection must not outlive it
    show_sheet(
        sheet, key, on_select=lambda: choose_room(key, numbers), selection_mode="single-row",
        config={
            t("consumption.last_check"): st.column_config.DatetimeColumn(
                timezone=t.time_zone, format="YYYY-MM-DD HH:mm"
            )
        },
    )  # fmt: skip
    muted(t("rooms.note") if found.known_days else t("consumption.nights_unknown"))
    downloads(page, [sheet], "rooms", found.currency)


def choose_room(key: str, numbers: list[str]) -> None:
    """The clicked row becomes the room of the address."""
    rows = st.session_state[key].selection.rows
    if rows:
        st.query_params[ROOM] = numbers[rows[0]]


def rooms_sheet(page: Page, found: Rooms) -> Sheet:
    """One row a room."""
    t = page.t
    columns = [
        Column(t("rooms.room")), Column(t("consumption.floor")), Column(t("consumption.room_type")),
        Column(t("rooms.open_alerts"), "whole"), Column(t("consumption.units"), "whole"),
        Column(in_currency(t("consumption.revenue"), found.currency), "money"),
        Column(t("consumption.nights"), "whole"), Column(t("consumption.units_a_night"), "decimal"),
        Column(t("consumption.last_check"), "instant"),
    ]  # fmt: skip
    rows = [
        (
            row.number, row.floor, row.room_type, row.open_alerts, row.units, row.revenue, row.nights,
            row.units_per_night, _instant(row.looked_at),
        )
        for row in rows_of(found.rooms)
    ]  # fmt: skip
    return rounded(t("rooms.title"), columns, rows)


def _instant(value: Any) -> Any:
    """A frame's instant, or None where there is none (which does not equal itself)."""
    return value.to_pydatetime() if value == value else None  # noqa: PLR0124


def one_room(page: Page, hotel_code: str, filters: ConsumptionFilters, found: Rooms) -> None:
    """The chosen room by day beside the mean of its type, and the way to its alerts."""
    t = page.t
    rows = rows_of(found.rooms)
    numbers = sorted((row.number for row in rows), key=lambda number: (len(number), number))
    st.header(t("rooms.one"), anchor=False)
    shown = {NONE: t("rooms.choose"), **{number: number for number in numbers}}
    chosen = choose_one(ROOM, list(shown), t("rooms.room"), shown.__getitem__)
    if chosen == NONE:
        muted(t("rooms.choose_hint"))
        return
    room = reads.room_days(page, filters, chosen)
    [alerts] = [row.open_alerts for row in rows if row.number == chosen]
    labels = TrendLabels(
        t("rooms.this", room=room.number), t("rooms.peers", count=room.peers, type=room.room_type), t("unit.units")
    )
    figure = trend_figure(room.days, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"room_{chosen}", alt=t("rooms.this", room=room.number))
    muted(t("rooms.gap"))
    if alerts:
        st.page_link(
            navigation.BOARD, label=t("rooms.alerts", count=alerts, room=room.number),
            query_params={"q": room.number, "hotel": hotel_code},
            icon=":material/notifications:",
        )  # fmt: skip
    else:
        muted(t("rooms.no_alerts", room=room.number))
    folded_sheet(page, lambda: days_sheet(page, room), "room", currency=found.currency)


def days_sheet(page: Page, room: RoomDays) -> Sheet:
    """The room's days: None where nobody looked."""
    t = page.t
    columns = [
        Column(t("consumption.day"), "date"), Column(t("rooms.this", room=room.number), "whole"),
        Column(t("rooms.peers", count=room.peers, type=room.room_type), "decimal"),
    ]  # fmt: skip
    rows = [(row.day.date(), row.mean, row.expected) for row in rows_of(room.days)]
    return rounded(t("rooms.one"), columns, rows)
