"""Figures of quality as people read them: a value, its interval, what it was counted from, and its goal."""

from collections.abc import Mapping, Sequence

from core.i18n import Translator
from operations.quality.service import Kpi
from pages.shell.text import badge

STATES = {
    "met": ("green", ":material/check_circle:"),
    "missed": ("red", ":material/error:"),
    "unknown": ("gray", ":material/help:"),
}


def figure(t: Translator, kpi: Kpi) -> str:
    if kpi.value is None:
        return t("quality.unknown")
    return _amount(t, kpi.goal.unit, kpi.value)


def metric(t: Translator, metric_type: str) -> str:
    return t(f"metric.{metric_type}") if metric_type else t("quality.all_metrics")


def state(t: Translator, kpi: Kpi) -> str:
    colour, icon = STATES[kpi.state]
    return badge(t(f"quality.state_{kpi.state}"), colour, icon)


def goal(t: Translator, kpi: Kpi) -> str:
    """What the specification asks for: more than, less than, none."""
    limit = _amount(t, kpi.goal.unit, kpi.goal.limit)
    if kpi.goal.unit == "count":
        return t("quality.goal_none")
    return t("quality.goal_at_least" if kpi.goal.at_least else "quality.goal_at_most", limit=limit)


def share(t: Translator, value: float | None, interval: Sequence[float] | None = None) -> str:
    """A share with its 95 % interval; what was not measured says so."""
    if value is None:
        return t("quality.unknown")
    if interval is None:
        return t.percent(value)
    return t("quality.with_interval", value=t.percent(value), low=t.percent(interval[0]), high=t.percent(interval[1]))


def of(intervals: Mapping[str, Sequence[float]] | None, name: str) -> Sequence[float] | None:
    return (intervals or {}).get(name)


def _amount(t: Translator, unit: str, value: float) -> str:
    if unit == "ratio":
        return t.percent(value, 1)
    return t("quality.minutes", value=round(value / 60)) if unit == "seconds" else t.number(value, 0)
