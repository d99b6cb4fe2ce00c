"""Alerts against the truth: which event an alert tells of, how good the ranking is, and what false alerts come from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.detection.evaluation.candidates import incidents
from pipeline.detection.evaluation.measures import pr_auc

RESAMPLES, SEED = 200, 7
NOT_RECORDED = ("kayit_yok",)
TOO_MUCH = ("tuketim_anomali", "tuketim_artis", "bosta_tuketim_var", "tekrar_kayit", "older_rule", "forest")
# Alert types that say something else than what happened: an alert of another kind at the same place is chance.
DENIED: dict[str, tuple[str, ...]] = {
    "stuck_room": TOO_MUCH,
    "stuck_staff": TOO_MUCH,
    "floor_not_served": TOO_MUCH,
    "floor_not_filled": TOO_MUCH,
    "theft_vacant": NOT_RECORDED,
    "tenfold_entry": NOT_RECORDED,
    "slow_shift_room": NOT_RECORDED,
    "slow_shift_floor": NOT_RECORDED,
    "visits_twice": NOT_RECORDED,
    "slow_stock_loss": ("teslimat_sapma",),
    "short_delivery": ("teslimat_sapma",),
    "negative_stock": ("teslimat_sapma", "stok_sayim_farki"),
}


@dataclass(frozen=True)
class Judgement:
    """Figures of one detector on one or more hotels; None where nothing can be measured."""

    name: str
    planted: int
    incidents: int
    room_days: float
    pr_auc: float | None
    pr_auc_interval: tuple[float, float] | None
    precision: float | None
    precision_interval: tuple[float, float] | None
    recall: float | None
    by_event: pd.DataFrame  # event, planted, found, recall, median_delay_days

    @property
    def per_1000_room_days(self) -> float:
        return 1000.0 * self.incidents / self.room_days if self.room_days else 0.0


def named(found: pd.DataFrame, codes: dict[str, dict[int, str]]) -> pd.DataFrame:
    """Candidates with the codes of what they speak about: ``room``, ``product``, ``staff``, ``floor`` ("" for none)."""
    instants = {name: pd.to_datetime(found[name], utc=True) for name in ("interval_start", "timestamp")}
    frame = found.assign(**instants)
    for name in ("room", "product", "staff"):
        own = (frame["entity_type"] == name).to_numpy()
        ids = frame[f"{name}_id"].to_numpy(dtype=float, copy=True)
        ids[own] = frame["entity_id"].to_numpy(dtype=float)[own]
        frame[name] = [codes[name].get(int(i), "") if np.isfinite(i) else "" for i in ids]
    floors = frame["entity_id"].where(frame["entity_type"] == "floor")
    frame["floor"] = [codes["floor"].get(int(i), "") if np.isfinite(i) else "" for i in floors.astype(float)]
    return frame


def match(found: pd.DataFrame, truth: pd.DataFrame) -> np.ndarray:
    """Row of the event that each alert tells of, −1 for none. The moment of the alert counts, not its look-back."""
    hit = np.full(len(found), -1, dtype=np.int64)
    if found.empty:
        return hit
    width = truth["rooms"].map(len) + 10 * (truth["must"].map(len) == 0)
    for row in np.argsort(-width.to_numpy(), kind="stable").tolist():  # the narrower event wins
        event = truth.iloc[row]
        near = (found["timestamp"] >= event["started_at"]) & (found["timestamp"] <= event["last_at"])
        near &= found["metric_type"].isin(event["metrics"]) & ~found["alert_type"].isin(DENIED.get(event["event"], ()))
        if near.any():
            hit[(near & _place(found, event)).to_numpy()] = row
    return hit


def _place(found: pd.DataFrame, event: pd.Series) -> pd.Series:
    """Whether alerts speak about the event's place; "" as coordinate of an alert is no statement."""
    must = event["must"]
    rooms, staff = found["room"].isin(event["rooms"]), found["staff"].isin(event["staff"])
    if not must:  # the whole hotel: other alerts on rooms are consequences on the day itself, chance after it
        own = found["interval_start"] >= event["started_at"] - pd.Timedelta(days=15)  # not a look back over weeks
        return own & (~found["entity_type"].isin(["room", "minibar_slot"]) | (found["timestamp"] <= event["ended_at"]))
    if "room_or_floor" in must:
        return rooms | ((found["floor"] != "") & (found["floor"] == str(event["floor"]).removesuffix(".0")))
    if "staff_or_room" in must:
        return staff | rooms
    if "staff" in must:
        return staff
    products = found["product"].isin(event["products"]) if event["products"] else pd.Series(True, found.index)
    if "product" in must:
        return products
    counted = found["metric_type"] == "bosta_tuketim"  # vacant rooms with consumption, of the whole hotel
    return (rooms & (products | (found["entity_type"] != "minibar_slot"))) | counted


def judge(name: str, found: pd.DataFrame, truth: pd.DataFrame, room_days: float) -> Judgement:
    """Figures of candidates (``margin``, ``alert``) against the events."""
    hit, margin = match(found, truth), found["margin"].to_numpy(dtype=float)
    alert = found["alert"].to_numpy(dtype=bool)
    true = incident_truth(found[alert], hit[alert])[1]
    entities = (found["metric_type"] + found["entity_type"] + found["entity_id"].astype(str)).to_numpy()
    hits = hit[alert]
    return Judgement(
        name, len(truth), true.size, room_days, pr_auc(margin, hit, len(truth)),
        _interval(margin, hit, entities, len(truth)), float(true.mean()) if true.size else None,
        _share_interval(true), np.unique(hits[hits >= 0]).size / len(truth) if len(truth) else None,
        by_event(found[alert], hits, truth),
    )  # fmt: skip


def incident_truth(alerting: pd.DataFrame, hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The incident number of each alert, and for each incident whether it tells of an event."""
    if alerting.empty:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    numbers = pd.factorize(incidents(alerting))[0]
    true = np.zeros(int(numbers.max()) + 1, dtype=bool)
    np.logical_or.at(true, numbers, hits >= 0)
    return numbers, true


def by_event(alerting: pd.DataFrame, hits: np.ndarray, truth: pd.DataFrame) -> pd.DataFrame:
    """Found events and the median days until the first alert, by kind of event."""
    first = pd.Series(alerting["timestamp"].to_numpy()[hits >= 0]).groupby(hits[hits >= 0]).min()
    delay = (pd.to_datetime(first, utc=True) - truth["started_at"].reindex(first.index)).dt.total_seconds() / 86_400
    table = truth.assign(found=truth.index.isin(first.index), delay=delay.reindex(truth.index))
    grouped = table.groupby("event").agg(
        planted=("found", "size"), found=("found", "sum"), median_delay_days=("delay", "median")
    )
    grouped.insert(2, "recall", grouped["found"] / grouped["planted"])
    return grouped.reset_index().round(2)


def false_alerts(
    found: pd.DataFrame, truth: pd.DataFrame, benign: pd.DataFrame, first_on: pd.Timestamp
) -> pd.DataFrame:
    """One row a false incident (its strongest alert) with the honest oddity of that room and day, if there was one."""
    alerting = found[found["alert"].astype(bool)]
    hits = match(alerting, truth)
    numbers, true = incident_truth(alerting, hits)
    wrong = alerting.assign(incident=numbers)[~true[numbers]] if len(alerting) else alerting.assign(incident=0)
    wrong = wrong.sort_values("margin", ascending=False, kind="stable").drop_duplicates("incident")
    local = wrong["timestamp"].dt.tz_convert(None).dt.normalize()
    wrong = wrong.assign(position=(local - first_on).dt.days)
    return wrong.assign(oddity=[_oddity(row, benign) for row in wrong.itertuples(index=False)])


def worth_knowing(wrong: pd.DataFrame) -> int:
    """False incidents that tell of an unplanned fact one would want to know: an absence, a stay missing in the file."""
    facts = [("unserved", "half-served floor"), ("vacant", "stay not in the file")]
    known = [
        any(str(row.family).startswith(family) and row.oddity == kind for family, kind in facts)
        for row in wrong.itertuples(index=False)
    ]
    return sum(known)


def _oddity(alert: Any, benign: pd.DataFrame) -> str:
    for kind in (
        "stay not in the file",
        "closed floor",
        "emptied minibar",
        "group",
        "half-served floor",
        "conference day",
    ):
        for row in benign[benign["kind"] == kind].itertuples(index=False):
            last = row.day + 3 if pd.isna(row.until) else row.until
            rooms = row.rooms if isinstance(row.rooms, list) else None
            floor = rooms[0][:-2] if rooms is not None and kind in ("half-served floor", "closed floor") else None
            here = rooms is None or alert.room in rooms or (alert.floor != "" and alert.floor == floor)
            if here and row.day <= alert.position <= last:
                return kind
    return ""


def _share_interval(true: np.ndarray) -> tuple[float, float] | None:
    if true.size == 0:
        return None
    drawn = np.random.default_rng(SEED).choice(true, size=(RESAMPLES, true.size)).mean(axis=1)
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))


def _interval(margin: np.ndarray, hit: np.ndarray, entities: np.ndarray, planted: int) -> tuple[float, float] | None:
    """Entities are drawn again with all their candidates, events with theirs."""
    if planted == 0 or hit.size == 0:
        return None
    rng = np.random.default_rng(SEED)
    _, entity = np.unique(entities.astype(str), return_inverse=True)
    count = int(entity.max()) + 1
    values = []
    for _ in range(RESAMPLES):
        drawn = rng.multinomial(planted, np.full(planted, 1 / planted))
        others = rng.multinomial(count, np.full(count, 1 / count))
        values.append(pr_auc(margin, hit, planted, np.where(hit >= 0, drawn[hit], others[entity])) or 0.0)
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))
