"""What one metric type says about itself; kept apart from the registry, which imports every type."""

from dataclasses import dataclass
from typing import Literal

EntityType = Literal["product", "minibar_slot", "staff", "room", "floor", "hotel", "custom_series"]
# What a value is like, and so which detector judges it unless the type has one of its own.
Family = Literal["count", "continuous", "daily_count", "share", "duration", "revenue", "run_out", "series"]
Daily = Literal["sum", "median"]
Direction = Literal["upper", "lower", "both"]
# How records become closed intervals; each shape is one collector.
Shape = Literal["ledger", "looks", "events", "room_days", "custody", "daily", "occupancy", "vacant", "run_out"]


@dataclass(frozen=True)
class Source:
    """``query`` names what is read: a module of ``db.queries``, or one of its constants, or a column of the shape."""

    shape: Shape
    query: str


@dataclass(frozen=True)
class MetricType:
    """One metric type. Adding one is adding one module in ``pipeline/metrics/types`` that defines ``METRIC``.

    ``effect_gate_ratio`` is the material effect of the specification (A1.2 0.30, A2.2 0.40, A3.2 0.50, custody 0.20);
    evidence is a matter of the detectors. ``model_types`` name the detectors trained on it. ``alert_share`` is its part
    of the hotel's alert budget.
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
    source: Source
    extra_fields: tuple[str, ...] = ()  # the keys of extra_data, columns of the frames that are read
    inconsistency_alert_type: str | None = None  # data that cannot be right: raised at once, critical (A1.6)
    feature_entity_type: EntityType | None = None  # whom the stored features describe, where it is not entity_type
    feature_value: str = "metric_value"  # the column that the features describe
    direction: Direction = "both"  # which side of the expected value is worth an alert
    alert_share: float = 0.05
    effect_of: Literal["expected", "exposure"] = "expected"  # what the effect is a share of
    scale_floor: float = 1.0  # no residual scale, or what an effect is a share of, is smaller
    judged: str = "metric_value"  # the column that tests count, where it is not the value itself
    daily: Daily = "sum"  # how the rows of a hotel-local day become one point of the feature grid

    @property
    def name_key(self) -> str:
        """Catalog key of the name that people read."""
        return f"metric.{self.name}"

    @property
    def described_entity_type(self) -> EntityType:
        """The entity of the stored features: their entity_id is an id of this table."""
        return self.feature_entity_type or self.entity_type
