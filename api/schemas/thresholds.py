"""Thresholds: the settings in force, their versions, changes of them, and what others would have raised."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas import models
from api.schemas.base import Answer, Asked, HotelNumber, Note, Words, rows_of
from reports.threshold_preview import Preview as FoundPreview


class Rule(Answer):
    """One check: on or off, evidence beyond the budget's threshold (−log10 units), another effect gate than its own."""

    is_enabled: bool
    extra_evidence: float
    effect_gate_ratio: float | None


class ThresholdSettings(Answer):
    """The settings in force for a metric type; version 0 is the defaults, metric type ``*`` the hotel's budget."""

    metric_type: str = Field(examples=["tuketim_miktar"])
    version: int
    budget_per_day: float
    false_discovery_ratio: float
    families: dict[str, Rule]
    segments: dict[str, float]


class SettingsList(Answer):
    items: list[ThresholdSettings]


class ThresholdVersion(Answer):
    """One saved version."""

    settings: ThresholdSettings
    source: str = Field(examples=["manual"])
    reason: str
    created_by: str
    created_at: datetime
    is_active: bool


class AskedRule(Asked):
    is_enabled: bool = True
    extra_evidence: float = Field(0.0, ge=-1, le=6)
    effect_gate_ratio: float | None = Field(None, ge=0.01, le=20)


class ThresholdChange(Asked):
    """A new version: what is in force with these changes. The budget is changed under metric type ``*``."""

    hotel_id: HotelNumber
    metric_type: Words = Field(examples=["tuketim_miktar"])
    reason: Note = Field(examples=["Çok sayıda yanlış alarm."])
    expected_version: int | None = Field(
        None, ge=0, le=2**31, description="refused (409) when another version is in force"
    )
    budget_per_day: float | None = Field(None, ge=0.1, le=500)
    false_discovery_ratio: float | None = Field(None, ge=0.001, le=0.5)
    families: dict[Words, AskedRule] = Field({}, max_length=100, examples=[{"cell": {"extra_evidence": 0.5}}])
    segments: dict[Words, Annotated[float, Field(ge=-0.5, le=3)]] = Field(
        {}, max_length=1_000, examples=[{"family=cell;room_type=12": 0.5}]
    )


class AskedPreview(Asked):
    """Settings to try on one check: another rule, another evidence in one segment, another budget of the hotel."""

    hotel_id: HotelNumber
    metric_type: Words = Field(examples=["tuketim_miktar"])
    family: Words = Field(examples=["cell"])
    days: Literal[7, 30, 60] = Field(30, description="local days, today among them")
    rule: AskedRule | None = Field(None, examples=[{"extra_evidence": 0.5}])
    segment: Words | None = Field(None, examples=["family=cell;room_type=12"])
    segment_evidence: float | None = Field(None, ge=-0.5, le=3)
    budget_per_day: float | None = Field(None, ge=0.1, le=500)


class PreviewSide(models.Side):
    check_precision: models.Measured = Field(description="of the alerts of the check in hand")
    planted_missed: int
    judged: int


class PreviewAlert(Answer):
    """An alert that comes or goes; ``alert_id`` is that of the one that was really raised, if any."""

    metric_type: str
    family: str
    alert_type: str
    severity: str
    at: datetime
    value: float
    expected: float
    room: str | None
    product: str | None
    staff: str | None
    floor: str | None
    is_right: bool | None = Field(description="a person's verdict; null: nobody's")
    alert_id: int | None


class PreviewChange(models.Changed):
    alerts: list[PreviewAlert] = Field(description="the most severe and newest, at most fifty")


class PreviewDay(Answer):
    observed_on: date
    before: int
    after: int


class Preview(Answer):
    """``before``: under the settings in force; ``after``: under those that were asked about."""

    since_on: date
    until_on: date
    more_per_week: float
    before: PreviewSide
    after: PreviewSide
    appear: PreviewChange
    disappear: PreviewChange
    daily: list[PreviewDay]


def preview_of(found: FoundPreview) -> Preview:
    said = {name: getattr(found, name) for name in Preview.model_fields if name != "daily"}
    return Preview.model_validate(said | {"daily": rows_of(found.daily, PreviewDay)})


class Rollback(Asked):
    """A new version that says what an older one said; 0 means the defaults."""

    hotel_id: HotelNumber
    metric_type: Words = Field(examples=["tuketim_miktar"])
    version: int = Field(ge=0, le=2**31)
    reason: Note = Field(examples=["Eski ayar daha iyiydi."])
