"""Consumption: cells, room totals, vacant rooms, runs of zeros, slow shifts against their past (DETECTION, Counts)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.repeats import repeated_days, repeats
from pipeline.detection.runs import shifts, silent_days, zero_runs
from pipeline.training.count_model import CountModel, fit
from pipeline.training.count_window import EPOCH_WEEKDAY, VACANT, WINDOW_DAYS, CountRows, CountWindow, count_rows
from pipeline.training.exact import Floats, rounded
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, nb_band, nb_upper

SHIFT_GATE_RATIO = 0.3
LEARNING_DAYS = 14  # of the hotel, before any cell is judged
UNITS_FLOOR = 1.0  # one unit is the smallest effect that can be called 100 %
LOOKBACK_DAYS = WINDOW_DAYS + 36  # what a run over part of the history must read before its first row


@dataclass(frozen=True)
class Judged:
    """What the model of each row's day says about it."""

    expected: Floats
    dispersion: Floats
    visit_dispersion: Floats
    observations: Floats
    ready: np.ndarray


def judge(rows: CountRows, repeated: np.ndarray) -> Judged:
    """Walk through the days: judge a day with what was known before it, then learn it.

    Rows of a check that repeats another one within minutes (``repeated``) are not judged one by one.
    """
    size = rows.day.size
    expected, dispersion = np.zeros(size), np.ones(size)
    visit_dispersion, observations = np.ones(size), np.zeros(size)
    ready = np.zeros(size, dtype=bool)
    window = CountWindow(rows.room_ids.size, rows.product_ids.size)
    days, starts = np.unique(rows.day, return_index=True)
    parts = [slice(int(a), int(b)) for a, b in zip(starts, [*starts[1:], size], strict=True)]
    oldest = 0
    for day, part in zip(days.tolist(), parts, strict=True):
        while days[oldest] < day - WINDOW_DAYS:
            window.move(rows, parts[oldest], -1)
            oldest += 1
        model = fit(window, day)
        product, state, room = rows.product[part], rows.state[part], rows.room[part]
        weekday = (day + EPOCH_WEEKDAY) % 7
        expected[part] = model.means(product, state, room, rows.exposure[part], weekday)
        dispersion[part] = _cell_dispersion(model, product, room)
        visit_dispersion[part] = model.visit_dispersion + model.room_effect_variance[room]
        observations[part] = model.room_visits[room]
        known = window.cells[..., 0].sum(axis=(1, 2))
        ready[part] = (model.days >= LEARNING_DAYS) & (known[product] >= LEARNING_DAYS)
        window.move(rows, part, +1)
    ready &= ~repeated
    return Judged(rounded(expected), rounded(dispersion), rounded(visit_dispersion), observations, ready)


def _cell_dispersion(model: CountModel, product: np.ndarray, room: np.ndarray) -> Floats:
    """Chance between guests, and what is not known about the room yet."""
    return np.asarray(model.dispersion[product] + model.room_effect_variance[room])


def detect_consumption(frame: pd.DataFrame, context: Context) -> Detected:
    """Negative-binomial evidence (upper mid-p) of every row, and of the totals and runs built on the rows.

    ``frame``: entity_id, interval_start, timestamp, metric_value, exposure, occupancy, guests, room_id, product_id.
    A row is NaN ("learning") until the hotel was observed on 14 days and the product as often.
    """
    rows = prepare(frame, context.time_zone)
    if rows.empty:
        empty = rows.assign(**dict.fromkeys(("expected", "lower", "upper", "score", "observations"), 0.0))
        return Detected(_scores(empty))
    repeated = repeats(rows)
    arrays = count_rows(rows)
    judged = judge(arrays, repeated)
    units = arrays.units.astype(np.float64)
    lower, upper = nb_band(judged.expected, judged.dispersion)
    score = rounded(evidence(nb_upper(units, judged.expected, judged.dispersion)))
    cells = rows.assign(
        value=units, expected=judged.expected, lower=lower, upper=upper, score=np.where(judged.ready, score, np.nan),
        deviation_ratio=deviation(units, judged.expected, UNITS_FLOOR), observations=judged.observations,
    )  # fmt: skip
    visits = _visits(cells, arrays, judged)
    gate, alert = context.effect_gate_ratio, context.alert_type
    busy, vacant = visits[visits["state"] != VACANT], visits[visits["state"] == VACANT]
    return Detected(
        _scores(cells),
        (
            Family("cell", alert, "minibar_slot", gate, cells[arrays.state != VACANT], share=0.15),
            Family("room", alert, "room", gate, busy, share=0.02),
            Family("vacant", "bosta_tuketim_var", "room", gate, vacant, share=0.2),
            Family("stuck", "kayit_yok", "room", gate, zero_runs(busy), share=0.05),
            Family("stuck_staff", "kayit_yok", "staff", gate, silent_days(busy), daily=True, share=0.05),
            Family("shift", "tuketim_artis", "room", SHIFT_GATE_RATIO, shifts(busy), share=0.05),
            Family(
                "repeat", "tekrar_kayit", "hotel", gate, repeated_days(visits, context.hotel_id), daily=True, share=0.05
            ),
        ),
    )


def _visits(cells: pd.DataFrame, arrays: CountRows, judged: Judged) -> pd.DataFrame:
    """One row a check of a room: what was taken in all, against the sum of what was expected."""
    visit, first = np.unique(arrays.visit, return_index=True)
    order = np.searchsorted(visit, arrays.visit)
    total = np.asarray(np.bincount(order, weights=arrays.units), dtype=float)
    usual = np.asarray(np.bincount(order, weights=judged.expected), dtype=float)
    expected = rounded(usual)
    dispersion = judged.visit_dispersion[first]
    lower, upper = nb_band(expected, dispersion)
    score = rounded(evidence(nb_upper(total, expected, dispersion)))
    heads = cells.iloc[first]
    largest = np.lexsort((arrays.product, -arrays.units, order))
    most = arrays.product_ids[arrays.product[largest[np.searchsorted(order[largest], np.arange(visit.size))]]]
    return heads.assign(
        entity_id=heads["room_id"].to_numpy(), product_id=most, value=total, expected=expected, lower=lower,
        upper=upper, deviation_ratio=deviation(total, expected, UNITS_FLOOR), visit_dispersion=dispersion,
        score=np.where(judged.ready[first], score, np.nan), state=arrays.state[first],
    )  # fmt: skip


def _scores(cells: pd.DataFrame) -> pd.DataFrame:
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score"]
    return cells[names].assign(detector="negative_binomial", observations=cells["observations"].astype(np.int64))
