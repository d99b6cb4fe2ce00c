"""From one alert to the next in the order of the board: by mouse, by thumb, and by the keys J and K (A5.6, C11)."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import reads
from pages.shell.filters import page_word, to_address
from pages.shell.guard import Page
from pages.shell.session import is_phone
from pages.shell.text import muted
from pipeline.alerts.service import AlertFilters

if TYPE_CHECKING:
    from pipeline.alerts.service import AlertPlace

ROWS = 25  # of one page of the board
KEYS = {"previous": "K", "next": "J"}
ICONS = {"previous": ":material/chevron_left:", "next": ":material/chevron_right:"}


def steps(page: Page, wanted: AlertFilters, selected: int | None) -> None:
    """\"Previous, 3 of 27, next\" for the filters in the address; nothing where they find nothing."""
    place = reads.alert_place(page, wanted, selected)
    if not place.total:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        step(page, "previous", place.previous_id, place.above - 1)
        muted(where(page, place))
        step(page, "next", place.next_id, place.above + place.is_listed)


def where(page: Page, place: "AlertPlace") -> str:
    if not place.is_listed:
        return page.t("board.found", count=place.total)
    return page.t("board.place", number=place.above + 1, total=place.total)


def step(page: Page, way: str, alert_id: int | None, index: int) -> None:
    """A button that is off at the end of the list; Streamlit leaves keys alone that are typed into a field."""
    st.button(
        page.t(f"board.{way}"),
        key=f"{way}_alert",
        help=page.t(f"board.{way}_help", key=KEYS[way]),
        icon=ICONS[way],
        icon_position="left" if way == "previous" else "right",
        shortcut=None if is_phone() else KEYS[way],
        disabled=alert_id is None,
        on_click=go,
        args=(alert_id, index),
    )


def go(alert_id: int, index: int) -> None:
    """Open it, and the page of the list on which it stands."""
    to_address(alert=str(alert_id), page=page_word(index // ROWS + 1))
