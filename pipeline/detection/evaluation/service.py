"""Evaluation on the database: detection repeated on stored metric rows, compared with the planted labels."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from core.errors import AppError
from db.queries import scores as score_queries
from db.queries.metrics import read_consumption, read_metrics
from db.session import Database
from pipeline.detection.contract import Context
from pipeline.detection.detectors import JUDGES
from pipeline.detection.evaluation.candidates import candidates
from pipeline.detection.evaluation.measures import EvaluationReport, evaluate_candidates
from pipeline.detection.evaluation.older_rule import older_rule
from pipeline.detection.evaluation.room_baselines import plain_forest, rolling_z
from pipeline.detection.handover import decided
from pipeline.detection.thresholds.settings import DetectionSettings
from pipeline.metrics.registry import METRIC_TYPES

REFERENCES = {
    "40 % off the mean (older rule)": older_rule,
    "rolling z of room totals": rolling_z,
    "plain Isolation Forest, top 1 %": plain_forest,
}
# A run-out is a forecast that comes true or not, not an anomaly that was planted or not: back-tests measure it.
JUDGED = tuple(name for name, metric in METRIC_TYPES.items() if metric.family != "run_out")
BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def evaluate(
    database: Database, hotel_ids: list[int], settings: DetectionSettings | None = None
) -> list[EvaluationReport]:
    """Reports: all metric types; consumption alone; the references on consumption. Labels are read here only.

    Hotels without labels are left out; raises ``nothing_planted`` when none is left: not measurable yet.

    Detection is causal, so judging the whole history at once gives the scores that the days themselves saw. The
    Isolation Forest channel is left out: its models are those of the live installation, not of the history.
    """
    found, labels, room_days = [], [], 0.0
    references: dict[str, list[pd.DataFrame]] = {name: [] for name in REFERENCES}
    with database.reading() as connection:
        for hotel_id in hotel_ids:
            planted = score_queries.planted_anomalies(connection, hotel_id)
            if planted.empty:
                continue  # without labels every alert would count as false
            time_zone = score_queries.hotel_time_zone(connection, hotel_id)
            labels.append(planted)
            for name in JUDGED:
                rows = _rows(connection, hotel_id, name)
                metric = METRIC_TYPES[name]
                asked = settings or DetectionSettings(hotel_id, name)
                context = Context(
                    time_zone, metric.alert_type, effect_gate_ratio=metric.effect_gate_ratio, hotel_id=hotel_id
                )
                found.append(candidates(decided(JUDGES[name].detect(rows, context).families, asked), name))
                if name == "tuketim_miktar" and not rows.empty:
                    for reference, rule in REFERENCES.items():
                        references[reference].append(candidates([rule(rows, context)], name))
                    room_days += rows["room_id"].nunique() * (rows["timestamp"].max() - rows["timestamp"].min()).days
    if not labels:
        raise AppError("nothing_planted", 409)
    return _reports(_joined(found), references, _joined(labels), room_days)


def _reports(
    found: pd.DataFrame, references: dict[str, list[pd.DataFrame]], labels: pd.DataFrame, room_days: float
) -> list[EvaluationReport]:
    counts = labels[labels["metric_type"] == "tuketim_miktar"].reset_index(drop=True)
    mine = found[found["metric_type"] == "tuketim_miktar"].reset_index(drop=True)
    cells = mine[mine["family"] == "cell"].reset_index(drop=True)
    return [
        evaluate_candidates("all metric types", found, labels, room_days),
        evaluate_candidates("consumption", mine, counts, room_days),
        evaluate_candidates("consumption, cells only", cells, counts, room_days),
        *(evaluate_candidates(name, _joined(made), counts, room_days) for name, made in references.items()),
    ]


def _rows(connection: Any, hotel_id: int, metric_type: str) -> pd.DataFrame:
    if metric_type != "tuketim_miktar":
        return read_metrics(connection, hotel_id, metric_type, BEGINNING, END)
    rows = read_consumption(connection, hotel_id, BEGINNING, END)
    return rows.merge(score_queries.visit_staff(connection, hotel_id, BEGINNING, END), on="visit_id", how="left")


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    kept = [frame for frame in frames if not frame.empty]
    return pd.concat(kept, ignore_index=True) if kept else frames[0] if frames else pd.DataFrame()
