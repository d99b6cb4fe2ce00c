"""Thresholds: the settings in force, their versions, and changes of them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Note, Words


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


class Rollback(Asked):
    """A new version that says what an older one said; 0 means the defaults."""

    hotel_id: HotelNumber
    metric_type: Words = Field(examples=["tuketim_miktar"])
    version: int = Field(ge=0, le=2**31)
    reason: Note = Field(examples=["Eski ayar daha iyiydi."])
