"""How decisions are made and how good they are: candidates, versioned settings, evaluations, model loads."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.activity import one_of
from db.models.base import Base, Code, HotelKey, Key, Now

SETTING_SOURCES = ("manual", "search", "verdicts", "rollback")
EVALUATION_SOURCES = ("verdicts", "planted")


class Candidate(Base):
    """A test that could alert under some setting: replay decides on these again, without scoring again."""

    __tablename__ = "ml_candidates"
    __table_args__ = (
        PrimaryKeyConstraint("hotel_id", "metric_type", "family", "entity_id", "timestamp"),
        Index("ix_ml_candidates_hotel_id_observed_on", "hotel_id", "observed_on"),
    )
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    metric_type: Mapped[Code]
    family: Mapped[Code]
    alert_type: Mapped[Code]
    entity_type: Mapped[Code]
    entity_id: Mapped[int]
    room_id: Mapped[int | None]
    product_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    observed_on: Mapped[date]
    interval_start: Mapped[datetime]
    timestamp: Mapped[datetime]
    value: Mapped[float] = mapped_column(Float(53))
    expected: Mapped[float | None] = mapped_column(Float(53))  # None: certain facts of series that still learn
    lower: Mapped[float | None] = mapped_column(Float(53))
    upper: Mapped[float | None] = mapped_column(Float(53))
    deviation_ratio: Mapped[float] = mapped_column(Float(53))
    effect: Mapped[float] = mapped_column(Float(53))  # what the effect gate looks at, signed
    score: Mapped[float] = mapped_column(Float(53))
    is_certain: Mapped[bool] = mapped_column(server_default="false")
    context_signature: Mapped[str | None]


class TestCount(Base):
    """How many tests a family made on a day (thresholds follow from the four weeks before), and how it decided."""

    __test__ = False
    __tablename__ = "ml_test_counts"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "metric_type", "family", "observed_on"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    metric_type: Mapped[Code]
    family: Mapped[Code]
    observed_on: Mapped[date]
    tests: Mapped[int]
    share: Mapped[float] = mapped_column(Float(53))  # of the alert budget
    effect_gate_ratio: Mapped[float] = mapped_column(Float(53))
    is_banded: Mapped[bool] = mapped_column(server_default="false")


class DetectionSetting(Base):
    """One version of the thresholds of a metric type, or of a segment of it; never changed, only followed."""

    __tablename__ = "detection_settings"
    __table_args__ = (
        UniqueConstraint("hotel_id", "metric_type", "segment", "version"),
        one_of("source", SETTING_SOURCES),
    )
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    metric_type: Mapped[Code]
    segment: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int]
    parameters: Mapped[str]  # sealed, as is the trace
    source: Mapped[Code]
    reason: Mapped[str]
    trace: Mapped[str | None]  # how an automatic search came to it
    created_by: Mapped[str]
    created_at: Mapped[Now]
    is_active: Mapped[bool] = mapped_column(server_default="false")


Index(
    "uq_detection_settings_active",
    DetectionSetting.hotel_id, DetectionSetting.metric_type, DetectionSetting.segment,
    unique=True, postgresql_where=text("is_active"),
)  # fmt: skip


class Evaluation(Base):
    """Measured quality of one metric type under one model and one version of the thresholds; NULL: not measurable."""

    __tablename__ = "ml_evaluations"
    __table_args__ = (
        one_of("source", EVALUATION_SOURCES),
        Index("ix_ml_evaluations_hotel_id_metric_type_measured_at", "hotel_id", "metric_type", "measured_at"),
    )
    id: Mapped[Key]
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    metric_type: Mapped[Code]
    source: Mapped[Code]
    model_id: Mapped[int | None]
    setting_id: Mapped[int | None] = mapped_column(ForeignKey("detection_settings.id", ondelete="SET NULL"))
    measured_at: Mapped[datetime]
    since_at: Mapped[datetime]
    until_at: Mapped[datetime]
    alerts: Mapped[int]
    labelled: Mapped[int]  # sample size: verdicts or planted anomalies
    precision: Mapped[float | None] = mapped_column(Float(53))
    recall: Mapped[float | None] = mapped_column(Float(53))
    f1: Mapped[float | None] = mapped_column(Float(53))
    accuracy: Mapped[float | None] = mapped_column(Float(53))
    pr_auc: Mapped[float | None] = mapped_column(Float(53))
    intervals: Mapped[dict[str, Any] | None]  # {"precision": [low, high], …}, 95 % bootstrap
    details: Mapped[dict[str, Any] | None]


class ModelLoad(Base):
    """One attempt to load a model file, for the load times and fall-backs that are measured (SPEC B8)."""

    __tablename__ = "ml_model_loads"
    __table_args__ = (Index("ix_ml_model_loads_loaded_at", "loaded_at"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    model_id: Mapped[int | None]
    metric_type: Mapped[Code]
    model_type: Mapped[Code]
    loaded_at: Mapped[Now]
    duration_seconds: Mapped[float] = mapped_column(Float(53))
    outcome: Mapped[Code]  # 'loaded', or the code of what was wrong
