"""The cached reads of what alerts add up to and what verdicts did; see ``pages.shell.reads`` for how they are kept."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pages.shell.guard import Page
from pages.shell.reads import Ids, alert_key, cached, hour, version

if TYPE_CHECKING:
    from pipeline.alerts.learning.service import VerdictEffect
    from pipeline.alerts.remedies.service import RemedyTimes
    from pipeline.alerts.service import AlertSummary


def alert_summary(page: Page, hotel_ids: Ids, length: timedelta) -> "AlertSummary":
    """To the minute, like the board that its figures lead to."""
    now, call = page.now.replace(second=0, microsecond=0), page.services.alerts.summary
    what = ("alert_summary", hotel_ids, length)
    return cached(page, alert_key(page), what, lambda: call(page.scope, hotel_ids, length, now))


def verdict_effect(page: Page, alert_id: int) -> "VerdictEffect":
    """A silence ends by itself, so that the half hour is part of the key."""
    key, call = (*version(page, "alerts", "settings", "models"), hour(page.now)), page.services.learning.effect
    return cached(page, key, ("verdict_effect", alert_id), lambda: call(page.scope, alert_id))


def remedy_times(page: Page, hotel_ids: Ids, days: int) -> "RemedyTimes":
    call, what = page.services.alerts.remedies.times, ("remedy_times", hotel_ids, days)
    return cached(page, alert_key(page), what, lambda: call(page.scope, hotel_ids, days))
