"""The filters of the alert board (A5.6): they write the address, and the address says what is wanted."""

from dataclasses import replace
from datetime import timedelta

from pages.shell import reads
from pages.shell.filters import (
    asked_many,
    asked_one,
    asked_text,
    choose_many,
    choose_one,
    filter_row,
    search_text,
)
from pages.shell.guard import Page
from pages.shell.hotels import asked_hotels, choose_hotels
from pages.shell.text import SEVERITIES
from pipeline.alerts.service import AlertFilters

STATES = (
    "open", "new", "ended", "unread", "mine", "unassigned", "acknowledged", "snoozed", "silenced", "unjudged",
    "closed", "all",
)  # fmt: skip
LENGTHS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
PERIODS: dict[str, timedelta | None] = {"any": None, **LENGTHS}


def alert_filters(page: Page) -> tuple[Page, AlertFilters]:
    """One row of filters, and the page in the chosen hotel's time zone."""
    t = page.t
    with filter_row(t("shell.filters")):
        choose_one("state", STATES, t("board.state"), lambda code: t(f"board.state_{code}"))
        choose_many("severity", SEVERITIES, t("board.severity"), lambda code: t(f"severity.{code}"), t("board.any"))
        choose_many(
            "type", reads.alert_types(page), t("board.type"), lambda code: t(f"alert_type.{code}"), t("board.any")
        )
        choose_hotels(page)
        choose_one("period", list(PERIODS), t("board.period"), lambda code: t(f"board.period_{code}"))
        search_text("q", t("board.search"), t("board.search_hint"))
    return asked_alerts(page)


def asked_alerts(page: Page) -> tuple[Page, AlertFilters]:
    """What the address asks for; the page of one alert knows by it which alerts stand beside it."""
    page, hotels = asked_hotels(page)
    wanted = AlertFilters(
        hotel_ids=tuple(hotel.id for hotel in hotels),
        severities=tuple(asked_many("severity", SEVERITIES)),
        alert_types=tuple(asked_many("type", reads.alert_types(page))),
        text=asked_text("q"),
    )
    return page, of_state(page, wanted, asked_one("state", STATES), PERIODS[asked_one("period", list(PERIODS))])


def of_state(page: Page, wanted: AlertFilters, state: str, length: timedelta | None) -> AlertFilters:
    """What came or closed in the period (a day, unless one was chosen), else what was seen in it."""
    now = page.now.replace(second=0, microsecond=0)
    if state in ("new", "ended"):
        since = now - (length or LENGTHS["24h"])
        if state == "new":
            return replace(wanted, states=("all",), raised_since=since)
        return replace(wanted, states=("closed",), closed_since=since)
    seen = None if length is None else now - length
    if state == "mine":
        return replace(wanted, states=("open",), assignee=page.scope.actor, since=seen)
    return replace(wanted, states=(state,), since=seen)
