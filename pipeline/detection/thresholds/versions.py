"""Versions of the settings: which values are in force for a metric type, and what the history shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.detection.thresholds.settings import HOTEL_WIDE, DetectionSettings, from_json

Row = Mapping[str, Any]  # columns of detection_settings


@dataclass(frozen=True)
class Version:
    """One saved version; ``trace`` says how a search came to it."""

    settings: DetectionSettings
    source: str
    reason: str
    created_by: str
    created_at: datetime
    is_active: bool
    trace: dict[str, Any] | None


def effective(active: Iterable[Row], hotel_id: int, metric_type: str, budget_per_day: float) -> DetectionSettings:
    """The settings in force: the metric type's active version on the hotel's budget, on the installation's defaults."""
    rows = {row["metric_type"]: row for row in active}
    settings = DetectionSettings(hotel_id, metric_type, budget_per_day=budget_per_day)
    shared, own = rows.get(HOTEL_WIDE), rows.get(metric_type)
    if shared is not None:
        settings = replace(from_json(settings, shared["parameters"]), budget_version=shared["version"])
        if metric_type == HOTEL_WIDE:
            return replace(settings, version=shared["version"], setting_id=shared["id"])
    if own is not None:
        settings = replace(from_json(settings, own["parameters"]), version=own["version"], setting_id=own["id"])
    return settings


def version_of(row: Row, defaults: DetectionSettings) -> Version:
    """A row of the history as what it says; ``defaults`` of the same hotel and metric type."""
    settings = replace(from_json(defaults, row["parameters"]), version=row["version"], setting_id=row["id"])
    return Version(
        settings, row["source"], row["reason"], row["created_by"], row["created_at"], row["is_active"], row["trace"]
    )
