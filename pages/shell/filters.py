"""Filters in one row whose state is the URL, so that a colleague opens the same view.

Streamlit's own ``bind="query-params"`` writes the *translated* option into the address, which a colleague with the
other language could not open; here the address holds the stored codes.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.session import is_phone

if TYPE_CHECKING:
    from core.i18n import Translator
    from reports.consumption import Place

WIDTH = 148
ALL = "all"
PAGE = "page"
NUMBER = re.compile(r"[1-9][0-9]{0,17}")  # what the database holds as a number
LONGEST_SEARCH = 100


def filter_row(label: str) -> "st.delta_generator.DeltaGenerator":
    """One row that wraps; on a phone a drawer."""
    if is_phone():
        return st.expander(label, icon=":material/filter_list:")
    return st.container(horizontal=True, vertical_alignment="bottom")


def address(without: str = "") -> dict[str, list[str]]:
    """Everything that stands in the address, to take along to another page."""
    return {name: st.query_params.get_all(name) for name in st.query_params if name != without}


def to_address(**changes: str | Sequence[str] | None) -> None:
    """All ``changes`` as one step of the browser's history; None takes the name out of the address."""
    wanted = address() | changes
    st.query_params.from_dict({name: value for name, value in wanted.items() if value is not None})


def asked_one(name: str, options: Sequence[str]) -> str:
    """What the address asks for; the first of ``options`` where it asks for none of them."""
    asked = st.query_params.get(name, options[0])
    return asked if asked in options else options[0]


def asked_many(name: str, options: Sequence[str]) -> list[str]:
    return [asked for asked in st.query_params.get_all(name) if asked in options]


def asked_number(name: str) -> int | None:
    """None where the address names none, or one that nothing can have."""
    asked = st.query_params.get(name, "")
    return int(asked) if NUMBER.fullmatch(asked) else None


def asked_text(name: str) -> str:
    """Without what no text of the database holds: people type it nowhere, but an address may have it."""
    return st.query_params.get(name, "").replace("\x00", "")[:LONGEST_SEARCH]


def choose_one(name: str, options: Sequence[str], label: str, show: Callable[[str], str], width: int = WIDTH) -> str:
    """One of ``options``; the first is the default and leaves no trace in the address."""
    key = f"filter_{name}"
    st.session_state[key] = asked_one(name, options)
    return st.selectbox(
        label, options, format_func=show, key=key, on_change=_to_address, args=(name, options[0]), width=width
    )


def choose_days(t: "Translator", periods: Sequence[int]) -> int:
    """One of the periods that end with the last full day, in days."""
    named = {str(days): t("consumption.last_days", count=days) for days in periods}
    return int(choose_one("days", list(named), t("consumption.period"), named.__getitem__))


def choose_place(t: "Translator", name: str, places: "Sequence[Place]", label: str) -> str | None:
    """The code of one of ``places``; None, the default, means all."""
    names = {ALL: t("shell.all"), **{place.code: place.name for place in places}}
    chosen = choose_one(name, list(names), label, names.__getitem__)
    return None if chosen == ALL else chosen


def choose_many(name: str, options: Sequence[str], label: str, show: Callable[[str], str], hint: str) -> list[str]:
    """Any of ``options``; none chosen means all of them."""
    key = f"filter_{name}"
    st.session_state[key] = asked_many(name, options)
    return st.multiselect(
        label,
        options,
        format_func=show,
        key=key,
        placeholder=hint,
        select_all=False,
        on_change=_to_address,
        args=(name, []),
        width=WIDTH,
    )


def switch(name: str, options: Sequence[str], label: str, show: Callable[[str], str]) -> str:
    """One of two or three ``options``, all in sight; the first is the default."""
    key = f"filter_{name}"
    st.session_state[key] = asked_one(name, options)
    chosen = st.segmented_control(
        label,
        options,
        format_func=show,
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=_to_address,
        args=(name, options[0]),
    )
    return chosen or options[0]


def search_text(name: str, label: str, hint: str, width: int = WIDTH) -> str:
    key = f"filter_{name}"
    st.session_state[key] = asked_text(name)
    return (
        st.text_input(
            label,
            key=key,
            placeholder=hint,
            type="search",
            max_chars=LONGEST_SEARCH,
            on_change=_to_address,
            args=(name, ""),
            width=width,
        )
        or ""
    )


def _to_address(name: str, default: object) -> None:
    value = st.session_state[f"filter_{name}"]
    to_address(**{name: None if value == default else value, PAGE: None})


def choose_page(total: int, rows: int) -> int:
    """The number of rows to skip; shows page numbers only when there is more than one page."""
    pages = max(1, -(-total // rows))
    number = min(asked_number(PAGE) or 1, pages)
    if pages > 1:
        key = f"page_{number}_of_{pages}"  # a new key for each number: the address decides, not the widget's memory
        st.pagination(pages, default=number, key=key, on_change=_page_to_address, args=(key,))
    return (number - 1) * rows


def _page_to_address(key: str) -> None:
    to_address(page=page_word(st.session_state[key]))


def page_word(number: int) -> str | None:
    """The first page leaves no trace in the address."""
    return None if number == 1 else str(number)


def clear_filters() -> None:
    st.query_params.clear()
