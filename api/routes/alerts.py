"""Alerts: the board, one alert, and what people do with it (SPEC A5, A6.2)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api import cursors
from api.access import REPORTS, WRITES, Caller, needs
from api.asked import FIRST_PAGE, Cursor, HotelIds, Limit, Row, Written
from api.schemas import alert_commands as commands
from api.schemas import alerts as shapes
from api.schemas.base import ListPage, rows_of
from api.schemas.silences import Suppression
from pipeline.alerts.service import AlertFilters
from pipeline.alerts.triage.service import Done

router = APIRouter(prefix="/alerts", tags=["alerts"])
Reader = Annotated[Caller, needs("alerts.read")]
Summing = Annotated[Caller, needs("alerts.read", REPORTS)]
Triage = Annotated[Caller, needs("alerts.triage", WRITES)]
TOPICS = ("alerts", "sources")
States = Annotated[list[shapes.State], Query(max_length=9, description="An alert matches any of them.")]


@router.get("")
def board(caller: Reader, asked: Annotated[shapes.Board, Query()]) -> shapes.AlertPage:
    """Alerts by severity, then the newest, page by page.

    In a walk by ``cursor`` no alert comes twice, and each that stays as it was comes once, whatever comes in meanwhile.
    One that is seen again or becomes more severe moves up and may be missed: to have every one, ask again after the
    walk with ``since`` a day before it began.
    """
    after = None if asked.cursor is None else cursors.decode(asked.cursor, cursors.word)[0]
    caller.unless_known(*TOPICS)
    found = caller.services.alerts.board(caller.scope, asked.filters(), asked.limit, after)
    return shapes.AlertPage(
        items=[shapes.alert_of(row, caller.language) for row in found.rows], total=found.total,
        next_cursor=None if found.next_cursor is None else cursors.encode(found.next_cursor),
    )  # fmt: skip


@router.get("/counts")
def counts(caller: Reader, hotel_id: HotelIds = None) -> shapes.Counts:
    """Open alerts by severity."""
    caller.unless_known(*TOPICS)
    return shapes.Counts(**caller.services.alerts.counts(caller.scope, hotel_id))


@router.get("/summary")
def summary(
    caller: Summing, hotel_id: HotelIds = None, days: Annotated[Literal[1, 7, 30], Written, Query()] = 7
) -> shapes.Summary:
    """What came, closed and is open in the last days, beside as many days before."""
    caller.unless_known(*TOPICS)
    found = caller.services.alerts.summary(caller.scope, hotel_id, timedelta(days=days), caller.now)
    return shapes.Summary.model_validate(vars(found) | {"days": days})


@router.get("/groups")
def groups(caller: Summing, hotel_id: HotelIds = None, state: States = ["open"]) -> shapes.Groups:  # noqa: B006
    """Alerts that belong together, by hotel, floor, type and shift; the worst first."""
    caller.unless_known(*TOPICS)
    filters = AlertFilters(None if hotel_id is None else tuple(hotel_id), states=tuple(state))
    found = caller.services.alerts.groups(caller.scope, filters)
    return shapes.Groups(items=[shapes.Group.model_validate(group) for group in found])


@router.get("/suppressions")
def suppressions(
    caller: Reader, hotel_id: HotelIds = None, limit: Limit = FIRST_PAGE, cursor: Cursor = None
) -> ListPage[Suppression]:
    """The situations that verdicts keep silent now, and until when."""
    caller.unless_known(*TOPICS)
    found = caller.services.alerts.suppressions(caller.scope, hotel_id)
    rows, after = cursors.page_of(found, lambda row: row.alert_id, limit, cursor)
    return ListPage(items=[Suppression.model_validate(row) for row in rows], next_cursor=after)


@router.get("/{alert_id}")
def one(caller: Reader, alert_id: Row) -> shapes.OneAlert:
    """One alert with its reason, timeline and neighbours; asking for it marks it read and is audited."""
    caller.services.alerts.mark_read(caller.scope, alert_id)
    caller.unless_known("alerts", "scores", "metrics")
    return shapes.detail_of(caller.services.alerts.detail(caller.scope, alert_id), caller.language)


@router.get("/{alert_id}/timeline")
def timeline(caller: Reader, alert_id: Row) -> shapes.Timeline:
    """Who did what and why, the newest first."""
    caller.unless_known("alerts")
    found = caller.services.alerts.detail(caller.scope, alert_id)
    return shapes.Timeline(items=shapes.detail_of(found, caller.language).timeline)


@router.get("/{alert_id}/series")
def series(caller: Summing, alert_id: Row, days: Annotated[int, Query(ge=1, le=90)] = 30) -> shapes.Series:
    """Value, expected value and band before and after the alert; 2,000 points at most."""
    caller.unless_known("alerts", "scores", "metrics")
    found = caller.services.alerts.series(caller.scope, alert_id, days)
    return shapes.Series(items=rows_of(found.points, shapes.SeriesPoint), faults=dict(found.faults))


@router.post("/{alert_id}/acknowledge")
def acknowledge(caller: Triage, alert_id: Row, asked: commands.Acknowledgement) -> commands.Done:
    """Somebody looks after it."""
    return _done(caller.services.alerts.triage.acknowledge(caller.scope, [alert_id], asked.note))


@router.post("/{alert_id}/assign")
def assign(caller: Triage, alert_id: Row, asked: commands.Assignment) -> commands.Done:
    """Somebody is to look after it."""
    return _done(caller.services.alerts.triage.assign(caller.scope, [alert_id], asked.assignee))


@router.post("/{alert_id}/snooze")
def snooze(caller: Triage, alert_id: Row, asked: commands.Snooze) -> commands.Done:
    """Not on the board until then."""
    return _done(caller.services.alerts.triage.snooze(caller.scope, [alert_id], asked.until))


@router.post("/{alert_id}/verdict")
def judge(caller: Triage, alert_id: Row, asked: commands.Judgement) -> commands.Done:
    """Was it right? What was false or expected is closed, and its situation stays silent."""
    return _done(caller.services.alerts.triage.judge(caller.scope, [alert_id], asked.verdict, asked.note))


@router.post("/{alert_id}/verdict/withdraw")
def withdraw(caller: Triage, alert_id: Row) -> commands.Done:
    """Take the verdict back: what it kept silent is raised again."""
    return _done(caller.services.alerts.triage.withdraw_verdict(caller.scope, [alert_id]))


@router.post("/{alert_id}/close")
def close(caller: Triage, alert_id: Row, asked: commands.Closing) -> commands.Done:
    """Resolved by a person."""
    return _done(caller.services.alerts.triage.close(caller.scope, [alert_id], asked.reason))


@router.post("/{alert_id}/reopen")
def reopen(caller: Triage, alert_id: Row) -> commands.Done:
    """What a person closed is open again."""
    return _done(caller.services.alerts.triage.reopen(caller.scope, [alert_id]))


@router.post("/{alert_id}/comments", status_code=201)
def comment(caller: Triage, alert_id: Row, asked: commands.Comment) -> shapes.Timeline:
    """Words for the timeline; the answer is the timeline with them."""
    caller.services.alerts.triage.comment(caller.scope, alert_id, asked.note)
    found = caller.services.alerts.detail(caller.scope, alert_id)
    return shapes.Timeline(items=shapes.detail_of(found, caller.language).timeline)


@router.post("/actions")
def act(caller: Triage, asked: commands.ForMany) -> commands.Done:
    """One command for up to 1,000 alerts; all of them are changed or none."""
    triage, action = caller.services.alerts.triage, asked.action
    services: dict[str, Callable[..., Done]] = {
        "acknowledge": triage.acknowledge, "assign": triage.assign, "snooze": triage.snooze, "close": triage.close,
        "verdict": triage.judge, "withdraw_verdict": triage.withdraw_verdict, "reopen": triage.reopen,
    }  # fmt: skip
    return _done(services[action.command](caller.scope, asked.alert_ids, **action.model_dump(exclude={"command"})))


@router.post("/actions/{action_id}/undo")
def undo(caller: Triage, action_id: Row) -> commands.Done:
    """Put back what one's own action changed a moment ago, except what somebody changed since."""
    return _done(caller.services.alerts.triage.undo(caller.scope, action_id))


def _done(found: object) -> commands.Done:
    return commands.Done.model_validate(found)
