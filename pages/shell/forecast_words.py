"""Forecasts in words: when a product runs out and how sure that is, models, ages, service levels."""

from math import isinf
from typing import TYPE_CHECKING

from core.i18n import Translator
from pages.shell.sentences import units
from pages.shell.text import badge, plain

if TYPE_CHECKING:
    from reports.forecast_rows import OrderRow, RunOutRow
    from reports.forecasts import RunOuts

HORIZON_DAYS = 60
HARDLY, ALMOST = 0.01, 0.99


def run_out(t: Translator, row: "RunOutRow") -> str:
    """The likely day; a product without one says why."""
    if row.level <= 0:
        return badge(t("forecasts.empty_now"), "red", ":material/error:")
    if row.is_learning:
        return badge(t("forecasts.learning"), "gray", ":material/school:")
    if row.on is None:
        return plain(t("forecasts.not_within", count=HORIZON_DAYS))
    return f"**{plain(t.day(row.on))}**" if row.is_soon else plain(t.day(row.on))


def interval(t: Translator, row: "RunOutRow") -> str:
    """The 80 % interval of that day."""
    if row.level <= 0 or row.low_on is None:
        return "–"
    if row.high_on is None:
        return t("forecasts.not_before", low=row.low_on)
    if row.low_on == row.high_on:
        return t("forecasts.on_that_day", on=row.low_on)
    return t("forecasts.between", low=row.low_on, high=row.high_on)


def probability(t: Translator, row: "RunOutRow") -> str:
    """Counted from a few hundred plays: certainty is never claimed, unless the store is empty."""
    if row.probability is None:
        return "–"
    if row.level > 0 and row.probability > ALMOST:
        return f"> {t.percent(ALMOST)}"
    return f"< {t.percent(HARDLY)}" if row.probability < HARDLY else t.percent(row.probability)


def alone(t: Translator, row: "RunOutRow") -> str:
    """Days that the level lasts without any delivery."""
    if row.days_without_delivery is None:
        return "–"
    if isinf(row.days_without_delivery):
        return f"> {t.number(HORIZON_DAYS)}"
    return t.number(row.days_without_delivery, 0)


def model(t: Translator, name: str | None) -> str:
    return t(f"forecast_model.{name or 'recent_mean'}")


def model_of(t: Translator, row: "RunOutRow") -> str:
    return "–" if row.is_learning else model(t, row.model)


def made(t: Translator, found: "RunOuts") -> str:
    """How old the forecast is."""
    if found.age_days is None:
        return t("forecasts.never_made")
    return t("forecasts.made_days_ago", count=found.age_days) if found.age_days else t("forecasts.made_today")


def service_level(t: Translator, option: str) -> str:
    """``0.95`` as '95%', ``0.975`` as '97.5%'."""
    return t.percent(float(option), 1 if len(option) > len("0.95") else 0)


def lead(t: Translator, row: "OrderRow") -> str:
    key = "forecasts.lead_known" if row.is_lead_known else "forecasts.lead_assumed"
    return t(key, days=t.number(row.lead_days, 1), spread=t.number(row.lead_sd, 1))


def shelf_title(t: Translator, row: "RunOutRow", reorder_point: float | None) -> str:
    """What the level means: below the reorder point or not, and how long it lasts by itself."""
    level = units(t, row.level)
    said = []
    if reorder_point is not None:
        at_or_below = row.level <= reorder_point
        key = "forecasts.level_below" if at_or_below else "forecasts.level_above"
        said.append(t(key, level=level, point=t.number(reorder_point, 0)))
    else:
        said.append(t("forecasts.level_only", level=level))
    if row.days_without_delivery is not None and not isinf(row.days_without_delivery):
        said.append(t("forecasts.lasts", count=round(row.days_without_delivery)))
    elif row.days_without_delivery is not None:
        said.append(t("forecasts.lasts_long", count=HORIZON_DAYS))
    return " ".join(said)


def against(t: Translator, ratio: float | None) -> str:
    """A loss over seasonal naive's, as better or worse."""
    if ratio is None:
        return "–"
    share = t.percent(abs(1 - ratio))
    if share == t.percent(0):
        return t("forecasts.as_good")
    return t("forecasts.better" if ratio < 1 else "forecasts.worse", share=share)
