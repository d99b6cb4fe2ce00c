"""Parts of a backup: what putting them back would change, asking for it, and what can be undone."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.backups import NAME, Confirmed
from api.schemas.base import Answer, Asked, HotelNumber
from core.i18n import Translator
from operations.backups.parts import words
from operations.backups.parts.shapes import Comparison, Wanted
from operations.backups.parts.shapes import PartsUndoable as Undone

Part = Literal["thresholds", "verdicts", "configuration"]
Action = Literal["added", "changed", "removed", "history", "impossible"]
Parts = Annotated[list[Part], Field(min_length=1, max_length=3, examples=[["thresholds", "verdicts"]])]
HotelNumbers = Annotated[
    list[HotelNumber] | None, Field(max_length=500, description="whose thresholds and verdicts; all when null")
]


class PartsAsked(Asked):
    """Which parts, and of which hotels; the configuration is the installation's."""

    parts: Parts
    hotel_ids: HotelNumbers = None


class PartsConfirmed(Confirmed):
    """``mark``: of the comparison that was looked at; when the differences are others now, nothing is changed."""

    parts: Parts
    hotel_ids: HotelNumbers = None
    mark: Annotated[str | None, Field(max_length=64)] = None


class PartDifference(Answer):
    """One difference; the words are those of pages, in the language that was asked for."""

    part: Part
    action: Action
    what: str = Field(examples=["thresholds: Consumption"])
    hotel: str
    now: str
    then: str
    told: str = Field(description="what putting back does, or why it is not possible", examples=["changed"])
    alert_id: int | None

    @classmethod
    def told_of(cls, t: Translator, item: dict[str, Any]) -> "PartDifference":
        what, now, then, told, hotel = words.row(t, item)
        return cls(
            part=item["part"], action=item["action"], what=what, hotel=hotel, now=now, then=then, told=told,
            alert_id=item["what"].get("alert_id"),
        )  # fmt: skip


class PartsComparison(Answer):
    """``newer``: verdicts on alerts that came after the backup, which stay; ``left_out``: counted and not listed."""

    backup: str = Field(examples=[NAME])
    parts: list[Part]
    hotel_ids: list[int] | None
    compared_at: datetime
    counts: dict[Part, dict[Action, int]]
    possible: int
    newer: int
    mark: str
    items: list[PartDifference]
    left_out: int

    @classmethod
    def of(cls, t: Translator, found: dict[str, Any], at: datetime) -> "PartsComparison":
        items = [PartDifference.told_of(t, item) for item in found["items"]]
        return cls(**{**found, "items": items}, compared_at=at)


class PartsUndoable(Answer):
    """A restore of parts that can be undone until then; ``safety``: the backup of the state before."""

    id: int
    backup: str = Field(examples=[NAME])
    safety: str
    parts: list[Part]
    by: str
    at: datetime
    until: datetime


class PartsUndoPreview(Answer):
    """What undoing would take back; ``impossible`` is what stays and why, ``then`` what was before the restore."""

    restore: PartsUndoable
    counts: dict[Part, dict[Action, int]]
    possible: int
    mark: str
    items: list[PartDifference]
    left_out: int

    @classmethod
    def of(cls, t: Translator, done: Undone, found: Comparison) -> "PartsUndoPreview":
        told = found.document(done.backup, Wanted.of(done.parts))
        return cls(
            restore=PartsUndoable.model_validate(done), counts=told["counts"], possible=told["possible"],
            mark=told["mark"], items=[PartDifference.told_of(t, item) for item in told["items"]],
            left_out=told["left_out"],
        )  # fmt: skip


class PartsUndoAsked(Asked):
    """``mark``: of the preview that was looked at; when it is another now, nothing is changed."""

    mark: Annotated[str | None, Field(max_length=64)] = None


class PartsState(Answer):
    """The last comparison, as long as nothing was restored since and it is younger than an hour."""

    comparison: PartsComparison | None
    undoable: list[PartsUndoable] = Field(description="newest first")


class PartsUndone(Answer):
    """``left``: what somebody decided otherwise since, which stays."""

    backup: str = Field(examples=[NAME])
    parts: list[Part]
    changed: int
    left: int
