"""The pipeline's tables: metrics, features, scores, models, training logs, watermarks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    REAL,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, HotelKey, Key, Now

FEATURES = (
    "mean", "std", "min", "max", "median", "q25", "q75",
    "trend_slope", "trend_direction", "volatility", "momentum",
    "hour", "day_of_week", "is_weekend", "day_of_month",
    "days_since_change", "change_frequency", "avg_change_magnitude", "zero_count",
    "lag_1", "lag_7", "lag_30",
    "rolling_mean_7", "rolling_std_7", "rolling_mean_30", "rolling_std_30",
)  # fmt: skip


class Metric(Base):
    """One observed, closed interval of one entity; an interval that was not observed has no row."""

    __tablename__ = "ml_metrics"
    __table_args__ = (
        UniqueConstraint("hotel_id", "metric_type", "entity_id", "timestamp"),
        # Rows of an instant share their beginning, so the last column costs a tenth more and tells duplicates (P9).
        Index(
            "ix_ml_metrics_hotel_id_metric_type_timestamp_interval_start",
            "hotel_id", "metric_type", "timestamp", "interval_start",
        ),
        # What changed since a stage last looked; a few pages, since rows are written in the order of collection.
        Index(
            "ix_ml_metrics_collected_at", "collected_at",
            postgresql_using="brin", postgresql_with={"pages_per_range": 32},
        ),
    )  # fmt: skip
    id: Mapped[Key]
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    metric_type: Mapped[Code]
    entity_type: Mapped[Code]
    entity_id: Mapped[int]
    interval_start: Mapped[datetime]
    timestamp: Mapped[datetime]  # end of the interval
    metric_value: Mapped[float] = mapped_column(Float(53))
    exposure: Mapped[float | None] = mapped_column(Float(53))  # guest-nights, days … the value is proportional to
    extra_data: Mapped[dict[str, Any] | None]
    collected_at: Mapped[Now]
    checksum: Mapped[bytes | None] = mapped_column(LargeBinary)  # of all fields; NULL: written past the collection


class Feature(Base):
    __tablename__ = "ml_features"
    __table_args__ = (
        PrimaryKeyConstraint("hotel_id", "metric_type", "entity_id", "timestamp", "feature_version"),
        Index("ix_ml_features_hotel_id_metric_type_timestamp", "hotel_id", "metric_type", "timestamp"),
    )
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    metric_type: Mapped[Code]
    entity_id: Mapped[int]
    timestamp: Mapped[datetime]
    feature_version: Mapped[int] = mapped_column(SmallInteger)
    extra_features: Mapped[dict[str, Any] | None]


for _name in FEATURES:
    setattr(Feature, _name, mapped_column(_name, REAL, nullable=True))


class Score(Base):
    """What a detector thought of one metric row: expected value, band and evidence."""

    __tablename__ = "ml_scores"
    __table_args__ = (
        PrimaryKeyConstraint("hotel_id", "metric_type", "entity_id", "timestamp"),
        Index("ix_ml_scores_hotel_id_metric_type_timestamp", "hotel_id", "metric_type", "timestamp"),
    )
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    metric_type: Mapped[Code]
    entity_id: Mapped[int]
    timestamp: Mapped[datetime]
    detector: Mapped[Code]
    expected: Mapped[float | None] = mapped_column(Float(53))
    lower: Mapped[float | None] = mapped_column(Float(53))
    upper: Mapped[float | None] = mapped_column(Float(53))
    score: Mapped[float | None] = mapped_column(Float(53))  # −log10 of the tail probability; NULL while learning
    observations: Mapped[int] = mapped_column(Integer)
    model_id: Mapped[int | None]
    scored_at: Mapped[Now]


class Model(Base):
    """Metadata of a model file. ``model_data`` holds models of the older system, and those whose file could not be
    written; ``parameters`` stands sealed."""

    __tablename__ = "ml_models"
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    model_type: Mapped[Code]
    metric_type: Mapped[Code]
    model_path: Mapped[str | None]
    model_data: Mapped[bytes | None] = mapped_column(LargeBinary)
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None]
    hmac_sha256: Mapped[str | None]
    library_versions: Mapped[dict[str, Any] | None]
    feature_names: Mapped[list[Any] | None]
    feature_hash: Mapped[str | None]  # SHA-256 of the names in their order
    parameters: Mapped[str | None]
    metrics: Mapped[dict[str, Any] | None]
    accuracy: Mapped[float | None] = mapped_column(Float(53))  # NULL: not measurable yet
    trained_from: Mapped[datetime | None]
    trained_until: Mapped[datetime | None]
    trained_at: Mapped[Now]
    is_active: Mapped[bool] = mapped_column(server_default="false")
    deactivated_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]  # when its copy in the database became a file
    withdrawn_at: Mapped[datetime | None]  # not to be used by detection: refused when trained, or rolled back from
    withdrawn_reason: Mapped[str | None] = mapped_column(String(64))


Index(
    "uq_ml_models_active",
    Model.hotel_id, Model.metric_type, Model.model_type,
    unique=True, postgresql_where=text("is_active"),
)  # fmt: skip


class ModelActivation(Base):
    """Which version was in use from when to when, and why; lines stay when the version's row is gone."""

    __tablename__ = "ml_model_activations"
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    metric_type: Mapped[Code]
    model_type: Mapped[Code]
    model_id: Mapped[int] = mapped_column(index=True)
    trained_at: Mapped[datetime]
    active_from: Mapped[datetime]
    active_until: Mapped[datetime | None]
    reason: Mapped[Code]  # 'trained', 'chosen', 'rollback'
    note: Mapped[str | None]
    actor: Mapped[str]


Index(
    "uq_ml_model_activations_open",
    ModelActivation.hotel_id, ModelActivation.metric_type, ModelActivation.model_type,
    unique=True, postgresql_where=text("active_until IS NULL"),
)  # fmt: skip


class ModelCacheCount(Base):
    """What the caches of loaded models did in an hour, summed over the processes of a service."""

    __tablename__ = "ml_model_cache_counts"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "counted_at", "service"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    counted_at: Mapped[datetime]  # the hour's beginning
    service: Mapped[Code]
    hits: Mapped[int] = mapped_column(server_default="0")
    misses: Mapped[int] = mapped_column(server_default="0")
    waits: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    refusals: Mapped[int] = mapped_column(server_default="0")  # "busy": too many loads waited
    evictions: Mapped[int] = mapped_column(server_default="0")
    load_seconds: Mapped[float] = mapped_column(Float(53), server_default="0")


class TrainingLog(Base):
    __tablename__ = "ml_training_logs"
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    model_type: Mapped[Code]
    metric_type: Mapped[Code]
    model_id: Mapped[int | None] = mapped_column(ForeignKey("ml_models.id", ondelete="SET NULL"))
    status: Mapped[Code]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    row_count: Mapped[int | None]
    series_count: Mapped[int | None]
    metrics: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]


class ModelComparison(Base):
    """Two versions of a kind over the same past; a row without ``compared_at`` waits for the job that compares.

    Versions are deleted sooner than what was found, so their numbers are no keys.
    """

    __tablename__ = "ml_model_comparisons"
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    metric_type: Mapped[Code]
    model_type: Mapped[Code]
    champion_id: Mapped[int | None]  # NULL: the Z-Score alone
    champion_until: Mapped[datetime | None]  # the last instant that it learned from
    challenger_id: Mapped[int]
    challenger_until: Mapped[datetime]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    compared_at: Mapped[datetime | None]
    since_on: Mapped[date | None]
    until_on: Mapped[date | None]
    error: Mapped[str | None]  # why it could not be compared
    result: Mapped[dict[str, Any] | None]


class Watermark(Base):
    """How far a stage has read; ``stage`` is 'collect', 'features' or 'detect'."""

    __tablename__ = "pipeline_watermarks"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "stage", "metric_type"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    stage: Mapped[Code]
    metric_type: Mapped[Code]
    read_until: Mapped[datetime]
    updated_at: Mapped[Now]


class PlantedAnomaly(Base):
    """Labels of anomalies the simulator planted; only evaluation reads them."""

    __tablename__ = "planted_anomalies"
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    anomaly_type: Mapped[Code]
    metric_type: Mapped[Code]
    entity_type: Mapped[Code]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    magnitude: Mapped[float | None] = mapped_column(Float(53))
    details: Mapped[dict[str, Any] | None]
