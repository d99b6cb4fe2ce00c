"""The registry of metric types: what is measured, of what, how often, and when a deviation matters (SPEC P1)."""

from dataclasses import dataclass
from typing import Literal

EntityType = Literal["product", "minibar_slot", "staff", "room", "floor", "hotel"]
Family = Literal["count", "continuous"]


@dataclass(frozen=True)
class MetricType:
    """One metric type. Adding one is adding one module in ``pipeline/metrics/types`` that defines ``METRIC``.

    ``effect_gate_ratio`` is the material effect of the specification (A1.2 0.30, A2.2 0.40, A3.2 0.50, custody 0.20);
    evidence is a matter of the detectors. ``model_types`` name the detectors trained on it.
    """

    name: str
    entity_type: EntityType
    unit: str  # catalog key
    cadence_minutes: int | None  # None: an interval closes with an event (a visit, a refill)
    family: Family
    effect_gate_ratio: float
    alert_type: str
    actions: tuple[str, ...]  # catalog keys of suggested actions
    model_types: tuple[str, ...]
