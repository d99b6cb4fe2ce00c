"""What the hotel asks of its alerts: the defaults of the product."""

from importlib import import_module
from typing import Any


def budget(hotel_id: int, metric_type: str) -> Any:
    try:
        return import_module("pipeline.detection.decision").Policy()
    except AttributeError:
        return import_module("pipeline.detection.thresholds.settings").DetectionSettings(hotel_id, metric_type)
