"""Consumption: cells, room totals, vacant rooms, runs, shifts, floors, attendants, products (DETECTION, Counts)."""

import numpy as np
import pandas as pd

from pipeline.detection.calibration import on_scale, residual_dispersion, scale
from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.expectation import Judged, judge
from pipeline.detection.guests import BATCH, CELL_CAP, OCCUPIED, day_factor, earlier_in_stay, frailty
from pipeline.detection.ledger import Ledger
from pipeline.detection.memory import Memory, remembered, with_occupancy
from pipeline.detection.patterns import pattern_families, sums_of_groups
from pipeline.detection.repeats import repeats
from pipeline.training.count_window import VACANT, CountRows, count_rows, joined
from pipeline.training.exact import FINE_UNIT, Floats, rounded, to_fixed
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, nb_band, nb_upper

UNITS_FLOOR = 1.0  # one unit is the smallest effect that can be called 100 %
# Two of a rare product are rare, and nobody wants to know: units beyond the expected that are worth a word.
CELL_EXCESS, ROOM_EXCESS = 2.5, 4.5
PLAUSIBLE_UNITS = 6.0  # of one product
PLAUSIBLE_SHARE = 0.4  # of the evidence of a total in which no product is out of proportion
# The window, then what is measured on judged rows one after the other: stays, residuals, tails, runs.
LOOKBACK_DAYS = 56 + 21 + 14 + 21 + 21 + 28 + 2


def detect_consumption(frame: pd.DataFrame, context: Context) -> Detected:
    """Negative-binomial evidence (upper mid-p) of every row, and of the totals and runs built on the rows.

    ``frame``: entity_id, interval_start, timestamp, metric_value, exposure, occupancy, guests, nights, room_id,
    product_id, floor_id; ``staff_id`` and ``refilled`` (units put in at the check) where known.
    A row is NaN ("learning") until the hotel was observed on 14 days and the product as often.
    """
    return continued(frame, context, None)[0]


def continued(
    frame: pd.DataFrame, context: Context, memory: Memory | None, keep_until: int | None = None
) -> tuple[Detected, Memory | None]:
    """``detect_consumption`` of the rows since ``memory.day``, and what to remember at the beginning of ``keep_until``.

    With a memory of all earlier days the result is that of the whole history, for the days since (tests of ``visits``
    families are told for remembered days too, without their evidence). ``frame`` holds no row before ``memory.day``.
    """
    rows = prepare(frame, context.time_zone)
    if rows.empty:
        empty = rows.assign(**dict.fromkeys(("expected", "lower", "upper", "score", "observations"), 0.0))
        return Detected(_scores(empty)), memory
    ledger = memory.ledger if memory else Ledger()
    fresh = count_rows(rows)
    repeated = repeats(rows, fresh.visit, memory.last_units() if memory else None)
    arrays = joined(memory.rows, fresh) if memory else fresh
    judged = judge(arrays, repeated, arrays.day.size - fresh.day.size)
    visits, order = _checks(rows.assign(repeated=repeated), fresh, judged)
    before = with_occupancy(memory.visits) if memory else None
    visits = _with_guests(visits, ledger, before)
    cells = _cells(rows, fresh, judged, (visits, order), ledger)
    visits = _totals(visits, ledger)
    gate, alert = context.effect_gate_ratio, context.alert_type
    busy, vacant = visits[visits["state"] != VACANT], visits[visits["state"] == VACANT]
    families = (
        Family("cell", alert, "minibar_slot", gate, cells[fresh.state != VACANT], share=0.15),
        Family("room", alert, "room", gate, busy, share=0.005),
        Family("vacant", "bosta_tuketim_var", "room", gate, vacant, share=0.2),
    )
    known = pd.concat([before, visits], ignore_index=True) if before is not None else visits
    groups = sums_of_groups(cells, fresh, memory.groups if memory else {})
    first = int(rows["day"].iloc[0])
    found = Detected(_scores(cells), families + pattern_families(known, groups, ledger, context, first))
    if keep_until is None or keep_until <= first or (memory and keep_until <= memory.day):
        return found, memory
    return found, remembered(keep_until, arrays, ledger, known, groups)


def _checks(rows: pd.DataFrame, arrays: CountRows, judged: Judged) -> tuple[pd.DataFrame, np.ndarray]:
    """One row a check of a room, in order of time, and each cell's row in it."""
    number, first, order = np.unique(arrays.visit, return_index=True, return_inverse=True)
    units = arrays.units.astype(np.float64)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(order, weights=to_fixed(values).astype(float), minlength=number.size) / FINE_UNIT)

    heads = rows.iloc[first]
    known = np.multiply(*(heads[name].to_numpy(dtype=float, na_value=np.nan) for name in ("guests", "nights")))
    exposure = heads["exposure"].to_numpy(dtype=float)
    largest = np.lexsort((arrays.product, -arrays.units, order))
    top = largest[np.searchsorted(order[largest], np.arange(number.size))]  # the cell with the most units
    thirst = np.minimum(units, CELL_CAP)
    state = arrays.state[first]
    visits = heads.assign(
        entity_id=heads["room_id"].to_numpy(), product_id=arrays.product_ids[arrays.product[top]], most=units[top],
        value=total(units), thirst=total(thirst), base=rounded(total(judged.expected)),
        visit_dispersion=judged.visit_dispersion[first], state=state,
        ready=judged.ready[first], observations=judged.observations[first],
        mixed=(state == OCCUPIED) & np.isfinite(exposure * known) & (np.abs(exposure - known) > 1e-6),
    )  # fmt: skip
    if "refilled" in rows:
        put_in = np.nan_to_num(rows["refilled"].to_numpy(dtype=float))
        # A cart may lack a product; where several were missing and nothing was put in, nothing was filled.
        several = total((units > 0).astype(float)) > 1.0
        left = np.where(several & (total(put_in) == 0.0), total(thirst), 0.0)
        visits = visits.assign(found=total(thirst), unfilled=left)
    return visits.reset_index(drop=True), order


def _with_guests(visits: pd.DataFrame, ledger: Ledger, before: pd.DataFrame | None) -> pd.DataFrame:
    """Checks with the day's and the stay's part in what was to be expected (see ``detection.guests``)."""
    visits = visits.assign(today=day_factor(visits))
    visits = visits.assign(means=rounded(visits["base"].to_numpy() * visits["today"].to_numpy()))
    known = pd.concat([before, visits], ignore_index=True) if before is not None else visits
    units, means = (found[len(known) - len(visits) :] for found in earlier_in_stay(known))
    visits = visits.assign(stay_units=units, stay_means=means)
    return visits.assign(frailty=frailty(ledger, visits))


def _cells(
    rows: pd.DataFrame, arrays: CountRows, judged: Judged, checks: tuple[pd.DataFrame, np.ndarray], ledger: Ledger
) -> pd.DataFrame:
    """Cells given the guests: what they took before and what else at the same check moves the expected units."""
    visits, order = checks
    units, busy = arrays.units.astype(np.float64), arrays.state != VACANT
    base = rounded(judged.expected * visits["today"].to_numpy()[order])
    shape = 1.0 / visits["frailty"].to_numpy()[order]
    beside = (visits["thirst"].to_numpy()[order] - np.minimum(units, CELL_CAP)) / BATCH
    beside_means = np.maximum(visits["means"].to_numpy()[order] - base, 0.0) / BATCH
    taken = shape + visits["stay_units"].to_numpy()[order] + beside
    expected = base * taken / (shape + visits["stay_means"].to_numpy()[order] + beside_means)
    expected = rounded(np.where(busy, expected, judged.expected))
    known = busy & judged.ready
    spread = residual_dispersion(ledger, "cell_residual", arrays.day, (units, expected), known) + 1.0 / taken
    dispersion = rounded(np.where(busy, spread, judged.dispersion))
    lower, upper = nb_band(expected, dispersion)
    score = np.where(judged.ready, evidence(nb_upper(units, expected, dispersion)), np.nan)
    worth, slope = scale(ledger, "cell", arrays.day, score, busy)
    size = deviation(units, expected, UNITS_FLOOR)
    return rows.assign(
        value=units, expected=expected, lower=lower, upper=upper, dispersion=dispersion, base=judged.expected,
        score=on_scale(score, worth, slope), scale_base=worth, scale_slope=slope, least_excess=CELL_EXCESS,
        deviation_ratio=size, effect=np.where(units - expected >= CELL_EXCESS, size, 0.0),
        observations=judged.observations,
    )  # fmt: skip


def _totals(visits: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Checks with what was taken in all, against what was to be expected of these guests."""
    total, day = visits["value"].to_numpy(float), visits["day"].to_numpy(np.int64)
    busy = (visits["state"] != VACANT).to_numpy()
    shape = 1.0 / visits["frailty"].to_numpy()
    factor = (shape + visits["stay_units"].to_numpy()) / (shape + visits["stay_means"].to_numpy())
    expected = rounded(np.where(busy, visits["means"].to_numpy() * factor, visits["base"].to_numpy()))
    ready = visits["ready"].to_numpy()
    residual = residual_dispersion(ledger, "room_residual", day, (total, expected), busy & ready)
    dispersion = np.where(busy, residual, visits["visit_dispersion"].to_numpy())
    lower, upper = nb_band(expected, dispersion)
    score = np.where(ready, evidence(nb_upper(total, expected, dispersion)), np.nan)
    size = deviation(total, expected, UNITS_FLOOR)
    worth, slope = _room_scale(visits, score, ledger)
    return visits.assign(
        expected=expected, lower=lower, upper=upper, dispersion=dispersion, deviation_ratio=size,
        score=on_scale(score, worth, slope), scale_base=worth, scale_slope=slope,
        least_excess=np.where(busy, ROOM_EXCESS, 0.0),
        effect=np.where((total - expected >= ROOM_EXCESS) | ~busy, size, 0.0),
    )  # fmt: skip


def _room_scale(visits: pd.DataFrame, score: Floats, ledger: Ledger) -> tuple[Floats, Floats]:
    """Totals on the scale of the hotel's own past; those of empty rooms apart from those of guests.

    A total in which no product is out of proportion is a guest who emptied the minibar: told only if very unlikely.
    """
    day, busy = visits["day"].to_numpy(np.int64), (visits["state"] != VACANT).to_numpy()
    plausible = busy & (visits["most"] <= PLAUSIBLE_UNITS).to_numpy()
    share = np.where(plausible, PLAUSIBLE_SHARE, 1.0)
    found, empty = (scale(ledger, name, day, score, of) for name, of in (("room", busy), ("vacant", ~busy)))
    worth, slope = (np.where(busy, share * one, other) for one, other in zip(found, empty, strict=True))
    return worth, slope


def _scores(cells: pd.DataFrame) -> pd.DataFrame:
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score"]
    return cells[names].assign(detector="negative_binomial", observations=cells["observations"].astype(np.int64))
