"""What one metric type says about itself; kept apart from the registry, which imports every type."""

from dataclasses import dataclass
from typing import Literal

EntityType = Literal["product", "minibar_slot", "staff", "room", "floor", "hotel"]
Family = Literal["count", "continuous"]
Daily = Literal["sum", "median"]


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
    extra_fields: tuple[str, ...] = ()  # the keys of extra_data, columns of the frames that are read
    inconsistency_alert_type: str | None = None  # data that cannot be right: raised at once, critical (A1.6)
    feature_entity_type: EntityType | None = None  # whom the stored features describe, where it is not entity_type
    feature_value: str = "metric_value"  # the column that the features describe
    daily: Daily = "sum"  # how the rows of a hotel-local day become one point of the feature grid

    @property
    def name_key(self) -> str:
        """Catalog key of the name that people read."""
        return f"metric.{self.name}"

    @property
    def described_entity_type(self) -> EntityType:
        """The entity of the stored features: their entity_id is an id of this table."""
        return self.feature_entity_type or self.entity_type
