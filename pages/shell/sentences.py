"""Alerts and quantities in words: codes and parameters of the pipeline become the visitor's language here."""

from math import isinf
from typing import Any

from core.i18n import Translator, digits_of

NOT_KNOWN = "overview.not_known"
SMALL = 0.1  # below it one digit would show zero
BOUNDED = 0.2  # a stored deviation that is further from that of the figures was bounded


def sentence(t: Translator, message_id: str, params: dict[str, Any] | None) -> str:
    """A message of the pipeline in the visitor's language."""
    return t.sentence(message_id, params)


def percent(t: Translator, ratio: float | None) -> str:
    return t(NOT_KNOWN) if ratio is None else t.percent(ratio)


def units(t: Translator, count: float | None) -> str:
    return t(NOT_KNOWN) if count is None else t("shell.units", count=round(count))


def rooms(t: Translator, occupied: int | None, count: int) -> str:
    return t(NOT_KNOWN) if occupied is None else t("overview.rooms", occupied=occupied, rooms=count)


def money(t: Translator, amount: float | None, currency: str | None) -> str:
    return t(NOT_KNOWN) if amount is None or currency is None else t.money(amount, currency)


def minutes(t: Translator, value: float | None) -> str:
    return t(NOT_KNOWN) if value is None else t("shell.minutes", value=t.number(value, 1))


def amount(t: Translator, value: float | None) -> str:
    if value is None:
        return "–"
    return t.number(value, 2 if abs(value) < SMALL else min(1, digits_of(value)))


def signed_percent(t: Translator, ratio: float | None) -> str:
    """A deviation with its direction; what rounds to nothing has none."""
    if ratio is None:
        return "–"
    share, nothing = t.percent(abs(ratio)), t.percent(0.0)
    return share if share == nothing else ("+" if ratio > 0 else "−") + share


def finding(t: Translator, titles: tuple[str, str, str, str], ratio: float | None, is_as_expected: bool) -> str:
    """The title of a chart beside what was expected; ``titles``: keys for not known, as expected, more and less."""
    unknown, alike, more, less = titles
    if ratio is None:
        return t(unknown)
    if is_as_expected:
        return t(alike, share=signed_percent(t, ratio))
    return t(more if ratio > 0 else less, share=t.percent(abs(ratio)))


def deviation(t: Translator, value: float | None, expected: float | None, ratio: float | None) -> str:
    """In percent of what was expected; where next to nothing was, as an amount, since no percentage tells it.

    Detection bounds its ratio there (ten units instead of 0.04 are not 24,900 %), so it would contradict the figures.
    """
    if value is None or expected is None or ratio is None:
        return signed_percent(t, ratio)
    off = value - expected
    if abs(expected) > 0 and abs(off / abs(expected) - ratio) <= BOUNDED * max(abs(ratio), SMALL):
        return signed_percent(t, ratio)
    return ("+" if off > 0 else "−" if off < 0 else "") + amount(t, abs(off))


def actor(t: Translator, name: str | None) -> str:
    """A person by name; what the system did itself, and what somebody did from the command line, in words."""
    return t(f"board.{name or 'system'}") if name in (None, "system", "command") else str(name)


def day_range(t: Translator, days: float | None, low: float | None, high: float | None) -> str:
    """Days left with their interval; beyond the horizon of the forecast the interval is open."""
    if days is None or low is None or isinf(days):
        return t(NOT_KNOWN)
    if high is None or isinf(high):
        return t("overview.days_open", days=t.number(days, 0), low=t.number(low, 0))
    return t("overview.day_range", days=t.number(days, 0), low=t.number(low, 0), high=t.number(high, 0))
