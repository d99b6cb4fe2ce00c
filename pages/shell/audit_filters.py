"""The filters of the audit log; their state is the address, and so is the entry at which the shown page ends."""

import re
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from identity.audit.service import AuditFilters
from pages.shell.alert_filters import PERIODS
from pages.shell.audit_words import action_word, actor_word
from pages.shell.filters import ALL, PAGE, choose_one, filter_row, search_text
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotels

ROWS = 100
WIDTH = 200
PERIOD_ORDER = ("7d", "24h", "30d", "any")
EDGE = re.compile(r"([<>])(\d{1,18})")  # older or newer than an entry


@dataclass(frozen=True)
class Asked:
    """What the address asks for; ``before`` and ``after`` are ids of entries."""

    filters: AuditFilters
    before: int | None
    after: int | None
    rows: int = ROWS


def audit_filters(page: Page) -> tuple[Page, dict[int, str], Asked]:
    """One row of filters; the page in the chosen hotel's time zone, and the names of the visitor's hotels."""
    t = page.t
    actors, actions = page.services.audit.actors_and_actions(page.scope)
    with filter_row(t("shell.filters")):
        who = choose_one("who", [ALL, *actors], t("audit.who"), lambda code: actor_word(t, code))
        what = choose_one("what", [ALL, *actions], t("audit.what"), lambda code: action_word(t, code), width=WIDTH)
        page, shown = choose_hotels(page)
        period = choose_one("period", PERIOD_ORDER, t("board.period"), lambda code: t(f"board.period_{code}"))
        text = search_text("q", t("board.search"), t("audit.search_hint"), width=WIDTH)
    names = {hotel.id: hotel.name for hotel in page.services.hotels.listed(page.scope)}
    length: timedelta | None = PERIODS[period]
    filters = AuditFilters(
        actor=None if who == ALL else who, action=None if what == ALL else what,
        hotel_id=shown[0].id if len(names) > len(shown) == 1 else None,
        since=None if length is None else page.now - length, text=text,
    )  # fmt: skip
    before, after = asked_edge(st.query_params.get(PAGE, ""))
    return page, names, Asked(filters, before, after)


def asked_edge(written: str) -> tuple[int | None, int | None]:
    """(older than, newer than) of an address; anything else means the newest entries."""
    found = EDGE.fullmatch(written)
    if found is None:
        return None, None
    number = int(found[2])
    return (number, None) if found[1] == "<" else (None, number)
