"""Rooms and floors that nobody looked after: not visited while guests were there, or found empty and not filled."""

import numpy as np
import pandas as pd

from pipeline.detection.guests import OCCUPIED
from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed, trailing_sum
from pipeline.training.tails import evidence, nb_lower, nb_upper

MEMORY_DAYS = 28
LEARNING_DAYS = 14
SHARE_PRIOR_VISITS = 10.0  # of a floor's share of the hotel's visits
CHANCE_RANGE = (1.0, 20.0)  # variance over mean
CHANCE_PRIOR = 20.0
USUAL_CHANCE = 2.0
SURPRISE_CAP = 9.0
GAP_DAYS = 30  # longer gaps are counted as this long
GAP_EVENTS = 10  # gaps this rare and rarer are extrapolated
GAP_HAZARD = 0.5  # chance that a room overdue is visited on the next day
LEAST_UNFILLED = 3  # units that are worth a word
SPAN_DAYS = 7  # of a room's unfilled units
EXPLAINED = 3.0  # evidence of the floor from which its rooms have nothing to add
UNFILLED_PRIOR = (2.0, 40.0)  # units unfilled of units found missing


def unserved_floors(visits: pd.DataFrame) -> pd.DataFrame:
    """Visits of each floor and closed day against its usual share of what the other floors had that day."""
    days, floors, counts = _table(visits, np.ones(len(visits), dtype=np.int64))
    if floors.size < 2:
        return _no_floors(visits)
    past = trailing_sum(counts.T, MEMORY_DAYS).T.astype(float)
    share = (past + SHARE_PRIOR_VISITS / floors.size) / (past.sum(axis=0) + SHARE_PRIOR_VISITS)
    others = counts.sum(axis=0) - counts
    expected = others * share / np.maximum(1.0 - share, 0.05)
    square = np.minimum((counts - expected) ** 2 / np.maximum(expected, 1.0), SURPRISE_CAP * USUAL_CHANCE)
    chance = _chance(square, expected >= 3.0)
    spread = np.maximum((chance - 1.0) / np.maximum(expected, 0.1), 1e-6)
    score = evidence(nb_lower(counts.astype(float), np.maximum(expected, 1e-6), spread))
    seen = trailing_sum((counts.sum(axis=0) > 0).astype(np.int64), MEMORY_DAYS)
    ready = (seen >= LEARNING_DAYS)[None, :] & (past > 0) & (counts.sum(axis=0) > 0)[None, :]
    ready &= _with_guests(visits, days, floors)
    floor, at = np.nonzero(ready)
    told = _moments(visits).reindex(days[at]).reset_index(drop=True)
    return told.assign(
        entity_id=floors[floor], day=days[at], value=counts[floor, at].astype(float),
        expected=rounded(expected[floor, at]), lower=0.0, upper=rounded(expected[floor, at]),
        score=rounded(np.where(counts < expected, score, 0.0)[floor, at]), observations=seen[at],
        deviation_ratio=rounded((counts - expected)[floor, at] / np.maximum(expected[floor, at], 3.0)),
    )  # fmt: skip


def _with_guests(visits: pd.DataFrame, days: Ints, floors: Ints) -> np.ndarray:
    """Floors × days: whether the last look into some room of the floor found guests; a closed floor has none.

    Where no floor has any, occupancy is not known, and every floor counts.
    """
    _, rooms, seen = _rooms_by_day(visits)
    place = np.where(seen >= 0, np.arange(days.size)[None, :], -1)
    last = np.maximum.accumulate(place, axis=1)
    last = np.concatenate([np.full((rooms.size, 1), -1), last[:, :-1]], axis=1)  # before the day itself
    guests = (last >= 0) & (seen[np.arange(rooms.size)[:, None], np.maximum(last, 0)] == OCCUPIED)
    guests &= np.arange(days.size)[None, :] - last <= GAP_DAYS
    of_room = visits.drop_duplicates("room_id", keep="last").set_index("room_id")["floor_id"].reindex(rooms).to_numpy()
    found: np.ndarray = np.stack([guests[of_room == floor].any(axis=0) for floor in floors.tolist()])
    unknown = np.asarray(found.sum(axis=0) == 0)[None, :]
    return np.asarray(found | unknown)


def _chance(square: Floats, known: np.ndarray) -> Floats:
    """Variance over mean, pooled over all floors, of the days before each."""
    sums = trailing_sum(to_fixed(np.where(known, square, 0.0).sum(axis=0)), MEMORY_DAYS) / FINE_UNIT
    seen = trailing_sum(known.sum(axis=0).astype(np.int64), MEMORY_DAYS)
    return np.asarray(np.clip((sums + CHANCE_PRIOR * USUAL_CHANCE) / (seen + CHANCE_PRIOR), *CHANCE_RANGE)[None, :])


def _table(visits: pd.DataFrame, values: Ints) -> tuple[Ints, Ints, Ints]:
    """(days, floors, floors × days sums) over a gapless calendar."""
    known = visits["floor_id"].notna().to_numpy()
    floors, at = np.unique(visits["floor_id"].to_numpy()[known].astype(np.int64), return_inverse=True)
    day = visits["day"].to_numpy(np.int64)
    if not day.size:
        return day, floors, np.zeros((0, 0), dtype=np.int64)
    days = np.arange(day.min(), day.max() + 1)
    sums = np.zeros((floors.size, days.size), dtype=np.int64)
    np.add.at(sums, (at, day[known] - days[0]), values[known])
    return days, floors, sums


def _moments(visits: pd.DataFrame) -> pd.DataFrame:
    """First and last look into any room of each day."""
    ends = {"interval_start": ("timestamp", "min"), "timestamp": ("timestamp", "max")}
    moments: pd.DataFrame = visits.groupby("day").agg(**ends)
    return moments


def _no_floors(visits: pd.DataFrame) -> pd.DataFrame:
    return visits.head(0).assign(score=np.zeros(0), upper=np.zeros(0))


def unserved_rooms(visits: pd.DataFrame, floors: pd.DataFrame) -> pd.DataFrame:
    """Days that a room with guests has gone without a look, against how long such gaps usually are in this hotel.

    Days on which its whole floor was not served (``floors``: tests of ``unserved_floors``) are the floor's matter, as
    are days without any visit in the hotel. The last look must have found the room occupied.
    """
    if visits.empty:
        return visits
    days, rooms, seen = _rooms_by_day(visits)
    count = _served(visits, floors, days, rooms)
    clock = np.cumsum(count, axis=1)  # rooms × days: served days so far
    place = np.where(seen >= 0, np.arange(days.size)[None, :], -1)
    last = np.maximum.accumulate(place, axis=1)
    row = np.arange(rooms.size)[:, None]
    occupied = (last >= 0) & (seen[row, np.maximum(last, 0)] == OCCUPIED)
    gap = np.where(last >= 0, clock - clock[row, np.maximum(last, 0)], 0)
    since = np.arange(days.size)[None, :] - last
    occupied &= since <= GAP_DAYS
    before = np.concatenate([np.zeros((rooms.size, 1), dtype=np.int64), gap[:, :-1] + count[:, 1:]], axis=1)
    was = np.concatenate([np.zeros((rooms.size, 1), dtype=bool), occupied[:, :-1]], axis=1)
    score, known = _gap_evidence(gap, np.where((seen >= 0) & was, before, 0))
    room, at = np.nonzero(occupied & (known >= LEARNING_DAYS)[None, :] & (count > 0))
    told = _moments(visits).reindex(days[at]).reset_index(drop=True)
    gaps = gap[room, at]
    return told.assign(
        entity_id=rooms[room], room_id=rooms[room], day=days[at], value=gaps.astype(float), expected=1.0, lower=0.0,
        upper=2.0, score=rounded(score[room, at]), observations=known[at],
        deviation_ratio=np.where(gaps >= 2, gaps - 1.0, 0.0),
        interval_start=told["timestamp"] - pd.to_timedelta(np.maximum(gaps, 1), unit="D"),
    )  # fmt: skip


def _rooms_by_day(visits: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """(days, rooms, state of the last look of each room and day, −1 for none)."""
    ordered = visits.sort_values("timestamp", kind="stable")
    rooms, at = np.unique(ordered["room_id"].to_numpy(np.int64), return_inverse=True)
    day = ordered["day"].to_numpy(np.int64)
    days = np.arange(day.min(), day.max() + 1)
    seen = np.full((rooms.size, days.size), -1, dtype=np.int64)
    seen[at, day - days[0]] = ordered["state"].to_numpy(np.int64)
    return days, rooms, seen


def _served(visits: pd.DataFrame, floors: pd.DataFrame, days: Ints, rooms: Ints) -> Ints:
    """Rooms × days: 1 where the hotel had visits and the room's floor was not left out as a whole."""
    served = np.isin(days, visits["day"].unique())
    count = np.repeat(served[None, :].astype(np.int64), rooms.size, axis=0)
    missed = floors[floors["score"].to_numpy(float) >= EXPLAINED]
    of_room = visits.drop_duplicates("room_id", keep="last").set_index("room_id")["floor_id"].reindex(rooms).to_numpy()
    for floor, day in zip(missed["entity_id"].tolist(), missed["day"].tolist(), strict=True):
        count[of_room == floor, day - days[0]] = 0
    return count


def _gap_evidence(gap: Ints, ended: Ints) -> tuple[Floats, Ints]:
    """−log10 of how seldom gaps of occupied rooms grew as long, from gaps that ended on earlier days; days seen."""
    length = np.where(ended <= GAP_DAYS, ended, 0)
    table = np.stack([(length == days).sum(axis=0) for days in range(1, GAP_DAYS + 1)], axis=1).astype(np.int64)
    past = trailing_sum(table, MEMORY_DAYS)
    longer = np.cumsum(past[:, ::-1], axis=1)[:, ::-1]  # days × gaps of at least 1 … GAP_DAYS
    total = np.maximum(longer[:, :1], 1)
    enough = longer >= GAP_EVENTS
    newest = np.maximum(enough.sum(axis=1) - 1, 0)
    step = np.maximum(np.arange(GAP_DAYS)[None, :] - newest[:, None], 0)
    anchor = np.take_along_axis(longer, newest[:, None], axis=1)
    chance = np.where(enough, longer, np.maximum(anchor, 1) * GAP_HAZARD**step) / total
    survival = np.concatenate([np.ones((past.shape[0], 1)), chance], axis=1)  # gap at least 0 … GAP_DAYS
    known = trailing_sum((table.sum(axis=1) > 0).astype(np.int64), MEMORY_DAYS)
    # A gap that has not ended yet is at least one day longer than what was counted.
    at = np.minimum(gap + 1, GAP_DAYS)
    day = np.broadcast_to(np.arange(gap.shape[1])[None, :], gap.shape)
    return np.where(gap > 0, evidence(survival[day, at]), 0.0), known


def unfilled(visits: pd.DataFrame, entity: str, span: int) -> pd.DataFrame:
    """Units found missing and not put back over ``span`` days, of each floor or room and closed day.

    ``visits``: found (units recorded as taken, capped by cell) and unfilled (those not refilled at the same check).
    The usual share is the hotel's of the days before; a binomial with the variance of trolleys that run empty.
    """
    if visits.empty or "unfilled" not in visits:
        return visits.head(0)
    part = visits[visits[entity].notna().to_numpy()]
    sums = part.groupby([entity, "day"], as_index=False).agg(
        found=("found", "sum"), unfilled=("unfilled", "sum"), timestamp=("timestamp", "max")
    )
    ids, at = np.unique(sums[entity].to_numpy(np.int64), return_inverse=True)
    first = int(sums["day"].min())
    found, left = (np.zeros((ids.size, int(sums["day"].max()) - first + 1), dtype=np.int64) for _ in range(2))
    place = (at, sums["day"].to_numpy(np.int64) - first)
    found[place], left[place] = sums["found"].to_numpy(np.int64), sums["unfilled"].to_numpy(np.int64)
    total, missing = (_last(values, span).astype(float) for values in (found, left))
    past_found, past_left = trailing_sum(found.sum(axis=0), MEMORY_DAYS), trailing_sum(left.sum(axis=0), MEMORY_DAYS)
    usual = (past_left + UNFILLED_PRIOR[0]) / (past_found + UNFILLED_PRIOR[1])
    expected = total * usual
    square = np.minimum((missing - expected) ** 2 / np.maximum(expected, 0.3), SURPRISE_CAP * USUAL_CHANCE)
    spread = np.maximum((_chance(square, total > 0) - 1.0) / np.maximum(expected, 0.3), 1e-6)
    score = evidence(nb_upper(missing, np.maximum(expected, 1e-6), spread))
    seen = trailing_sum((found.sum(axis=0) > 0).astype(np.int64), MEMORY_DAYS)
    return sums.assign(
        entity_id=sums[entity].astype(np.int64), value=missing[place], expected=rounded(expected[place]), lower=0.0,
        upper=rounded(np.ceil(expected[place] + 1.0)), found=total[place], observations=seen[place[1]],
        interval_start=sums["timestamp"] - pd.to_timedelta(span, unit="D"),
        score=np.where(seen[place[1]] >= LEARNING_DAYS, rounded(score[place]), np.nan),
        deviation_ratio=np.where(missing >= LEAST_UNFILLED, (missing - expected) / np.maximum(total, 1.0), 0.0)[place],
    )  # fmt: skip


def _last(values: Ints, span: int) -> Ints:
    total = np.concatenate([np.zeros((values.shape[0], 1), dtype=np.int64), np.cumsum(values, axis=1)], axis=1)
    start = np.maximum(np.arange(values.shape[1]) - span + 1, 0)
    return np.asarray(total[:, 1:] - total[:, start])


def not_explained(rooms: pd.DataFrame, floors: pd.DataFrame, floor_of: pd.Series, span: int) -> pd.DataFrame:
    """Room tests have nothing to say where their floor's own evidence was strong within the span."""
    strong = floors[floors["score"].to_numpy(float) >= EXPLAINED]
    if strong.empty or rooms.empty:
        return rooms
    floor = rooms["entity_id"].map(floor_of).to_numpy(float)
    day = rooms["day"].to_numpy(np.int64)
    explained = np.zeros(len(rooms), dtype=bool)
    for where, when in zip(strong["entity_id"].tolist(), strong["day"].tolist(), strict=True):
        explained |= (floor == where) & (day >= when) & (day < when + span)
    return rooms.assign(score=np.where(explained, 0.0, rooms["score"].to_numpy(float)))
