"""Precision, recall and PR-AUC by events, with bootstrap intervals over entities (DETECTION, Evaluation)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.detection.evaluation.candidates import incidents
from pipeline.detection.evaluation.intervals import of_resampled

GRACE = pd.Timedelta(hours=2)
RESAMPLES = 200
SEED = 7
FORECASTS = ("stok_bitis_tahmini",)  # tells what will be; nothing is planted for it, back-tests judge it
GROUPS = ("floor", "staff", "product")  # of consumption: sums over many rooms and up to four weeks
AFTERMATH = pd.Timedelta(days=3)  # in which a sum still speaks about what has ended
TOO_LITTLE = ("kayit_yok", "tuketim_dusus", "dolum_eksik")
TOO_MUCH = ("tuketim_anomali", "tuketim_artis", "bosta_tuketim_var", "tekrar_kayit")
# Alert types that say the contrary of what was planted: at the same place and time they are chance.
DENIED = {
    "stuck_at_zero": TOO_MUCH, "vacant_theft": TOO_LITTLE, "tenfold_entry": TOO_LITTLE,
    "day_imported_twice": TOO_LITTLE,
}  # fmt: skip


@dataclass(frozen=True)
class TypeRecall:
    """How many of the planted anomalies of one type raised an alert, and how soon."""

    anomaly_type: str
    planted: int
    found: int
    median_delay_days: float | None

    @property
    def recall(self) -> float | None:
        return self.found / self.planted if self.planted else None


@dataclass(frozen=True)
class EvaluationReport:
    """Figures of one detector; None means that it is not measurable yet (no labels, no alerts)."""

    name: str
    planted: int
    incidents: int
    room_days: float
    pr_auc: float | None
    pr_auc_interval: tuple[float, float] | None
    precision: float | None
    precision_interval: tuple[float, float] | None
    recall: float | None
    alerts_per_1000_room_days: float | None
    by_type: tuple[TypeRecall, ...]


def match(found: pd.DataFrame, labels: pd.DataFrame) -> np.ndarray:
    """Row of the label that each candidate hits, −1 for none: same thing measured, same entity, overlapping times.

    Strict about sums: an alert about a floor, an attendant or a product hits a label of that very floor, attendant or
    product, or of the whole hotel; never one of a single room or slot, which a sum of hundreds of checks does not
    show. It must come before the anomaly is over by three days: having it in a look-back of four weeks is not
    enough. An alert that says the contrary (too little where too much was planted) hits nothing.
    """
    hit = np.full(len(found), -1, dtype=np.int64)
    columns = _Columns.of(found)
    began, ended = _naive(labels["started_at"]), _naive(labels["ended_at"] + GRACE)
    spoken = _naive(labels["ended_at"] + AFTERMATH)
    order = np.argsort((labels["entity_type"] != "hotel").to_numpy(), kind="stable")  # the narrower label wins
    rows = labels.to_dict("records")
    for row in order.tolist():
        label = rows[row]
        near = (columns.metric == label["metric_type"]) & (columns.start <= ended[row]) & (columns.end >= began[row])
        near &= ~np.isin(columns.alert_type, DENIED.get(str(label["anomaly_type"]), ()))
        near &= ~columns.is_sum | (columns.end <= spoken[row])
        hit[near & _same_entity(columns, label)] = row
    return hit


@dataclass(frozen=True)
class _Columns:
    """What ``match`` looks at of each candidate, taken out of the frame once for all labels."""

    metric: np.ndarray
    alert_type: np.ndarray
    start: np.ndarray
    end: np.ndarray
    entity_type: np.ndarray
    is_sum: np.ndarray  # alerts about consumption of more than one room
    ids: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, found: pd.DataFrame) -> "_Columns":
        metric, alert_type, entity_type = (
            found[name].to_numpy(dtype=object) for name in ("metric_type", "alert_type", "entity_type")
        )
        is_sum = (metric == "tuketim_miktar") & np.isin(entity_type, GROUPS)
        ids = {name: found[name].to_numpy(dtype=float) for name in ("entity_id", "room_id", "staff_id", "product_id")}
        start, end = _naive(found["interval_start"]), _naive(found["timestamp"])
        return cls(metric, alert_type, start, end, entity_type, is_sum, ids)


def _naive(instants: pd.Series) -> np.ndarray:
    return np.asarray(instants.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]"))


def _same_entity(columns: _Columns, label: Mapping[Any, Any]) -> np.ndarray:
    """Whether candidates speak about the label's entity: its staff, product, floor, room, or one slot of the room."""
    kind = label["entity_type"]
    if kind == "hotel":
        return np.ones(len(columns.metric), dtype=bool)
    if kind == "floor":  # an answer that came late on it is part of it
        return np.asarray((columns.entity_type != "floor") | (columns.ids["entity_id"] == label["floor_id"]))
    own = {"staff": ["staff_id"], "product": ["product_id"]}.get(kind, ["room_id", "staff_id"])
    same = ~columns.is_sum | (columns.entity_type == kind)
    for name in own:
        if pd.notna(label[name]):
            same &= columns.ids[name] == float(label[name])
    if kind == "minibar_slot":
        same &= (columns.entity_type != "minibar_slot") | (columns.ids["product_id"] == float(label["product_id"]))
    return np.asarray(same)


def pr_auc(margin: np.ndarray, hit: np.ndarray, planted: float, weight: np.ndarray | None = None) -> float | None:
    """Average precision over events: a second candidate of the same event is neither gain nor loss."""
    if planted <= 0:
        return None
    order = np.argsort(-margin, kind="stable")
    labels, share = hit[order], np.ones(hit.size) if weight is None else weight[order]
    first = np.zeros(labels.size, dtype=bool)
    _, at = np.unique(labels, return_index=True)
    first[at] = True
    gain, miss = share * (first & (labels >= 0)), share * (labels < 0)
    precision = np.cumsum(gain) / np.maximum(np.cumsum(gain) + np.cumsum(miss), 1e-9)
    return float((precision * gain).sum() / planted)


def evaluate_candidates(name: str, found: pd.DataFrame, labels: pd.DataFrame, room_days: float) -> EvaluationReport:
    """Figures of one detector's candidates against the labels of the same hotels; forecasts are left out."""
    found = found[~found["metric_type"].isin(FORECASTS)].reset_index(drop=True)
    hit, margin = match(found, labels), found["margin"].to_numpy(dtype=float)
    alert = found["alert"].to_numpy(dtype=bool)
    alerting = found[alert]
    numbers = incidents(alerting) if len(alerting) else np.zeros(0, dtype=np.int64)
    true = np.zeros(int(numbers.max(initial=0)) + 1, dtype=bool)
    true[numbers[hit[alert] >= 0]] = True
    incident = np.unique(numbers)
    precision = float(true[incident].mean()) if incident.size else None
    entities = (found["metric_type"] + found["entity_type"] + found["entity_id"].astype(str)).to_numpy()
    return EvaluationReport(
        name, len(labels), incident.size, room_days, pr_auc(margin, hit, len(labels)),
        _interval_of_pr_auc(margin, hit, entities, len(labels)), precision,
        _interval_of_share(true[incident]), _recall(hit[alert], len(labels)),
        1000.0 * incident.size / room_days if room_days else None, _by_type(found[alert], hit[alert], labels),
    )  # fmt: skip


def _recall(hits: np.ndarray, planted: int) -> float | None:
    return float(np.unique(hits[hits >= 0]).size / planted) if planted else None


def _by_type(alerting: pd.DataFrame, hit: np.ndarray, labels: pd.DataFrame) -> tuple[TypeRecall, ...]:
    seen = pd.Series(alerting["timestamp"].to_numpy()[hit >= 0]).groupby(hit[hit >= 0]).min()
    report = []
    for kind, group in labels.reset_index(drop=True).groupby("anomaly_type"):
        found = seen[seen.index.isin(group.index)]
        began = pd.to_datetime(group["started_at"]).reindex(found.index)
        delays = [
            (pd.Timestamp(a) - pd.Timestamp(b)).total_seconds() / 86_400 for a, b in zip(found, began, strict=True)
        ]
        middle = round(float(np.median(np.maximum(delays, 0.0))), 2) if delays else None
        report.append(TypeRecall(str(kind), len(group), len(found), middle))
    return tuple(report)


def _interval_of_share(true: np.ndarray) -> tuple[float, float] | None:
    if true.size == 0:
        return None
    rng = np.random.default_rng(SEED)
    drawn = rng.choice(true, size=(RESAMPLES, true.size)).mean(axis=1)
    return of_resampled(drawn, int(true.sum()), true.size)


def _interval_of_pr_auc(
    margin: np.ndarray, hit: np.ndarray, entities: np.ndarray, planted: int
) -> tuple[float, float] | None:
    """Resample entities with all their candidates, and events (found or not) with theirs."""
    if planted == 0:
        return None
    rng = np.random.default_rng(SEED)
    _, entity = np.unique(entities, return_inverse=True)
    count = int(entity.max(initial=0)) + 1
    values = []
    for _ in range(RESAMPLES):
        drawn = rng.multinomial(planted, np.full(planted, 1 / planted))
        weight = np.where(hit >= 0, drawn[hit], rng.multinomial(count, np.full(count, 1 / count))[entity])
        values.append(pr_auc(margin, hit, planted, weight) or 0.0)
    # All found above all else, or nothing found, in every resample: as sure as so many events make it.
    alike = planted if min(values) == 1.0 else 0 if max(values) == 0.0 else -1
    return of_resampled(np.array(values), alike, planted)
