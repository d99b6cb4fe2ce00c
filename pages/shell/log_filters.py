"""The filters of the Logs page; their state is the address."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from operations.logs import positions
from operations.logs.files import Position
from operations.logs.lines import LEVELS
from operations.logs.matching import LogFilters
from pages.shell.filters import ALL, PAGE, choose_many, choose_one, filter_row, search_text, to_address
from pages.shell.guard import Page
from pages.shell.log_words import level, process

LINE = "line"
PERIODS = {
    "any": None, "15m": timedelta(minutes=15), "1h": timedelta(hours=1), "24h": timedelta(days=1),
    "7d": timedelta(days=7), "earlier": None,
}  # fmt: skip
BEGIN, END = "from", "until"
HINT_WIDTH = 250
WRITTEN = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Asked:
    """What the address asks for; ``start``: where an older page begins; ``is_live``: new lines show by themselves."""

    filters: LogFilters
    start: Position | None
    is_live: bool


def log_filters(page: Page, streams: list[str]) -> Asked:
    """One row of filters, and below it whether new lines show by themselves."""
    t = page.t
    with filter_row(t("shell.filters")):
        levels = choose_many("level", list(LEVELS), t("logs.level"), lambda code: level(t, code), t("shell.all"))
        stream = choose_one("process", [ALL, *streams], t("logs.process"), lambda one: _or_all(page, one))
        period = choose_one("period", list(PERIODS), t("board.period"), lambda one: t(f"logs.period_{one}"))
        begin, end = _span(page, period)
        text = search_text("q", t("board.search"), t("logs.search_hint"), width=HINT_WIDTH)
        is_regex = choose_one("as", ["text", "regex"], t("logs.search_as"), lambda one: t(f"logs.as_{one}"))
    start = positions.read(st.query_params.get(PAGE, ""))
    is_live = start is None and end is None and _live(page)
    wanted = LogFilters(
        frozenset(levels), None if stream == ALL else stream, text.strip(), is_regex == "regex", begin, end
    )
    return Asked(wanted, start, is_live)


def _or_all(page: Page, name: str) -> str:
    return page.t("shell.all") if name == ALL else process(page.t, name)


def _span(page: Page, period: str) -> tuple[datetime | None, datetime | None]:
    """Begin and end; whole minutes, so that the same question within a minute is the same."""
    length = PERIODS[period]
    if length is not None:
        return page.now.replace(second=0, microsecond=0) - length, None
    if period != "earlier":
        return None, None
    t = page.t
    return _instant(page, BEGIN, t("logs.from")), _instant(page, END, t("logs.until"))


def _instant(page: Page, name: str, label: str) -> datetime | None:
    """A moment by the clocks of the visitor's hotel; None when none was chosen."""
    key = f"filter_{name}"
    st.session_state[key] = _read(st.query_params.get(name, ""))
    chosen = st.datetime_input(label, key=key, on_change=_moment_to_address, args=(name,), width=220)
    return None if chosen is None else chosen.replace(tzinfo=ZoneInfo(page.t.time_zone)).astimezone(UTC)


def _read(word: str) -> datetime | None:
    try:
        return datetime.strptime(word, WRITTEN)  # noqa: DTZ007 - a wall clock's time, as the widget has it
    except ValueError:
        return None


def _moment_to_address(name: str) -> None:
    chosen = st.session_state[f"filter_{name}"]
    to_address(**{name: chosen.strftime(WRITTEN) if chosen else None, PAGE: None})


def _live(page: Page) -> bool:
    """A colleague who opens the address of a line sees it standing still."""
    key = "filter_live"
    st.session_state[key] = st.query_params.get("live") != "off"
    return st.toggle(page.t("logs.live"), key=key, on_change=_live_to_address, help=page.t("logs.live_help"))


def _live_to_address() -> None:
    to_address(live=None if st.session_state["filter_live"] else "off")


def open_line(line_id: str) -> None:
    """Show one line; new ones no longer push it away."""
    to_address(**{LINE: line_id, "live": "off"})
