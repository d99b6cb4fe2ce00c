"""Model versions, how right they are, how they were trained, and the features that they read."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Id


class ModelVersion(Answer):
    """One version of a kind of model."""

    id: int
    hotel_id: int
    metric_type: str = Field(examples=["tuketim_miktar"])
    model_type: str = Field(examples=["isolation_forest"])
    state: str = Field(examples=["active"], description="active, spare, withdrawn, damaged, gone, copy")
    is_active: bool
    is_pinned: bool
    trained_at: datetime
    trained_until: datetime | None
    size_bytes: int | None
    withdrawn_reason: str | None
    loads: int
    failed_loads: int
    mean_seconds: float | None
    p95_seconds: float | None
    last_outcome: str | None


class Models(Answer):
    """Versions of a hotel, and the files and loads of the last 24 hours."""

    as_of: datetime
    versions: list[ModelVersion]
    size_bytes: int
    file_count: int
    disk_ratio: float
    is_disk_full: bool
    loads: int
    fallbacks: int
    hit_ratio: float | None


class Activation(Answer):
    """A span in which a version was in use."""

    metric_type: str
    model_type: str
    model_id: int
    trained_at: datetime
    active_from: datetime
    active_until: datetime | None
    reason: str
    note: str | None
    actor: str


class Activations(Answer):
    items: list[Activation]


class Evaluation(Answer):
    """One measurement; what could not be measured is null. ``source``: verdicts of people, or planted anomalies."""

    source: str = Field(examples=["verdicts"])
    measured_at: datetime
    since_at: datetime
    until_at: datetime
    alerts: int
    labelled: int
    precision: float | None
    recall: float | None
    f1: float | None
    accuracy: float | None
    pr_auc: float | None
    intervals: dict[str, list[float]] | None
    model_id: int | None
    setting_version: int | None


class InUse(Answer):
    model_id: int
    model_type: str
    trained_until: datetime
    votes: bool


class MetricPerformance(Answer):
    metric_type: str
    in_use: list[InUse]
    measured: dict[str, Evaluation]
    predictions: int = Field(description="rows judged in 24 hours")
    predictions_by_model: int


class Performance(Answer):
    metrics: list[MetricPerformance]
    seconds_per_prediction: float | None
    trained_at: datetime | None


class PerformanceHistory(Answer):
    """The measurements of 180 days, the oldest first."""

    items: list[Evaluation]


class Training(Answer):
    """One attempt to train; ``found``: average precision on planted days, beside the version in use then."""

    id: int
    metric_type: str
    model_type: str
    status: str = Field(examples=["success"])
    started_at: datetime
    finished_at: datetime | None
    row_count: int | None
    series_count: int | None
    model_id: int | None
    reason: str | None
    found: float | None
    found_in_use: float | None
    seconds: float | None


class Feature(Answer):
    feature: str = Field(examples=["rolling_mean_7"])
    null_ratio: float | None
    infinite_ratio: float | None
    distinct: int | None
    minimum: float | None
    maximum: float | None
    is_constant: bool | None
    is_drifted: bool | None
    importance: float | None = Field(description="share of the forest in use; null: not measured")
    removed: str | None = Field(description="why selection left it out")


class Features(Answer):
    """The features of one metric type over some days."""

    metric_type: str
    since: datetime
    until: datetime
    rows: int
    entities: int
    sampled_rows: int
    duplicates: int
    null_ratio: float | None
    infinite_ratio: float | None
    coverage_ratio: float | None
    newest_at: datetime | None
    unmet: list[str]
    alike: list[tuple[str, str, float]]
    model_id: int | None
    items: list[Feature]


class Comparison(Answer):
    """A champion beside a challenger; ``champion_id`` null: the Z-Score alone. It waits until ``compared_at``."""

    id: int
    hotel_id: int
    metric_type: str
    model_type: str
    champion_id: int | None
    champion_until: datetime | None
    challenger_id: int
    challenger_until: datetime
    asked_by: str
    asked_at: datetime
    compared_at: datetime | None
    since_on: date | None
    until_on: date | None
    error: str | None


class Measured(Answer):
    """A share of ``n`` cases with its 95 % interval; null: not measurable yet."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Side(Answer):
    alerts: int
    alerts_per_day: float
    verdict_precision: Measured
    verdict_recall: Measured
    planted_precision: Measured
    planted_recall: Measured
    false_alarms: int
    missed: int


class Changed(Answer):
    total: int
    confirmed: int
    false: int


class OneComparison(Answer):
    comparison: Comparison
    before: Side
    after: Side
    stay: int
    days: int
    new_days: int
    appear: Changed
    disappear: Changed


class AskedComparison(Asked):
    hotel_id: HotelNumber
    challenger_id: Id
    champion_id: Id | None = Field(None, description="null: the Z-Score alone")


def feature_rows(quality: Any, chosen: Any) -> list[Feature]:
    """The columns of the quality report, each with what the model in use makes of it."""
    importance = (chosen.importance or {}) if chosen else {}
    removed = chosen.removed if chosen else {}
    return [
        Feature.model_validate(
            row | {"importance": importance.get(row["feature"]), "removed": removed.get(row["feature"])}
        )
        for row in quality.columns.to_dict(orient="records")
    ]
