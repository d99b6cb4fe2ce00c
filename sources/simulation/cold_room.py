"""The thermometer of the cold store: a series of the hotel's own, beside what the minibar system records."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from sources.simulation.random import COLD_ROOM, stream

METRIC, ENTITY, UNIT = "soguk_depo_sicaklik", "Ana depo", "°C"
STEP_MINUTES = 30
SET_POINT, DOOR_OPEN, DEFROST, NOISE = 4.0, 0.8, 1.1, 0.15  # °C
DEFROST_EVERY = 12  # steps


def temperatures(seed: int, started_on: date, time_zone: str, after: datetime | None, until: datetime) -> pd.DataFrame:
    """metric, entity, unit, occurred_at, value of every half hour in (after, until]; a day never changes."""
    first = started_on if after is None else local_date(after, time_zone)
    days = range((first - started_on).days, (local_date(until, time_zone) - started_on).days + 1)
    points = pd.concat([_day(seed, started_on, day, time_zone) for day in days], ignore_index=True)
    wanted = points["occurred_at"] <= until
    if after is not None:
        wanted &= points["occurred_at"] > after
    named = points[wanted].assign(metric=METRIC, entity=ENTITY, unit=UNIT)
    return named[["metric", "entity", "unit", "occurred_at", "value"]].reset_index(drop=True)


def _day(seed: int, started_on: date, day: int, time_zone: str) -> pd.DataFrame:
    """Warmest in the afternoon, when goods go in and out; a defrost every six hours."""
    midnight = local_midnight(started_on + timedelta(days=day), time_zone)
    end = local_midnight(started_on + timedelta(days=day + 1), time_zone)
    minutes = np.arange(0, (end - midnight).total_seconds() / 60, STEP_MINUTES)
    step = np.arange(minutes.size)
    hour = minutes / 60
    value = SET_POINT + DOOR_OPEN * np.exp(-(((hour - 14.0) / 4.0) ** 2)) + DEFROST * (step % DEFROST_EVERY == 0)
    value = value + stream(seed, COLD_ROOM, day).normal(0.0, NOISE, minutes.size)
    at = pd.DatetimeIndex([midnight]).repeat(minutes.size) + pd.to_timedelta(minutes, unit="min")
    return pd.DataFrame({"occurred_at": at.as_unit("us"), "value": value.round(2)})
