"""Thresholds: what is in force, its versions, saving and rolling back (SPEC A2.5, A6.5)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import cursors
from api.access import REPORTS, WRITES, Caller, needs
from api.asked import FIRST_PAGE, Cursor, HotelId, Limit
from api.schemas import thresholds as shapes
from api.schemas.base import ListPage, Words
from core.errors import AppError
from pipeline.detection.thresholds.settings import Change, FamilyRule
from reports.thresholds import Proposal

router = APIRouter(prefix="/ml/thresholds", tags=["thresholds"])
Reader = Annotated[Caller, needs("alerts.read")]
Replaying = Annotated[Caller, needs("alerts.read", REPORTS)]
Writer = Annotated[Caller, needs("thresholds.write", WRITES)]


@router.get("")
def current(caller: Reader, hotel_id: HotelId) -> shapes.SettingsList:
    """The settings in force, by metric type."""
    caller.unless_known("settings")
    found = caller.services.thresholds.current(caller.scope, hotel_id)
    return shapes.SettingsList(items=[shapes.ThresholdSettings.model_validate(one) for one in found.values()])


@router.get("/history")
def history(
    caller: Reader, hotel_id: HotelId, metric_type: Annotated[Words | None, Query()] = None,
    limit: Limit = FIRST_PAGE, cursor: Cursor = None,
) -> ListPage[shapes.ThresholdVersion]:  # fmt: skip
    """Every saved version, the newest first."""
    caller.unless_known("settings")
    found = caller.services.thresholds.history(caller.scope, hotel_id, metric_type)
    rows, after = cursors.page_of(found, lambda row: row.settings.setting_id or 0, limit, cursor)
    return ListPage(items=[shapes.ThresholdVersion.model_validate(row) for row in rows], next_cursor=after)


@router.post("/preview")
def preview(caller: Replaying, asked: shapes.AskedPreview) -> shapes.Preview:
    """What other settings would have raised in the last days, beside those in force; nothing is saved."""
    caller.require_hotel(asked.hotel_id)
    if asked.family not in caller.services.tuning.tuning(caller.scope, asked.hotel_id).of(asked.metric_type):
        raise AppError("not_found", 404, params={"what": f"check {asked.family} of {asked.metric_type}"})
    rule = None if asked.rule is None else FamilyRule(**asked.rule.model_dump())
    proposal = Proposal(
        asked.metric_type, asked.family, rule, asked.segment, asked.segment_evidence, asked.budget_per_day
    )
    found = caller.services.tuning.preview(caller.scope, asked.hotel_id, asked.days, proposal)
    return shapes.preview_of(found)


@router.post("", status_code=201)
def save(caller: Writer, asked: shapes.ThresholdChange) -> shapes.ThresholdSettings:
    """A new version: what is in force, with the changes that are named."""
    caller.require_hotel(asked.hotel_id)
    change = Change(
        asked.budget_per_day, asked.false_discovery_ratio,
        {name: FamilyRule(**rule.model_dump()) for name, rule in asked.families.items()}, asked.segments,
    )  # fmt: skip
    saved = caller.services.thresholds.save(
        caller.scope, asked.hotel_id, asked.metric_type, change, asked.reason, expected_version=asked.expected_version
    )
    return shapes.ThresholdSettings.model_validate(saved)


@router.post("/rollback", status_code=201)
def rollback(caller: Writer, asked: shapes.Rollback) -> shapes.ThresholdSettings:
    """A new version that says what an older one said."""
    caller.require_hotel(asked.hotel_id)
    saved = caller.services.thresholds.rollback(
        caller.scope, asked.hotel_id, asked.metric_type, asked.version, asked.reason
    )
    return shapes.ThresholdSettings.model_validate(saved)
