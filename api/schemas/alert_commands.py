"""What people do with alerts: the commands, for one alert or for many, and what they changed."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.alerts import Verdict
from api.schemas.base import Answer, Asked, Id, Instant, Note, Words
from pipeline.alerts.triage.service import MOST_AT_ONCE


class Done(Answer):
    """What a command changed; ``action_id`` undoes it within 15 minutes and is null when nothing changed."""

    action_id: int | None
    alert_ids: list[int]
    closed_ids: list[int]
    closed_before_ids: list[int]
    reopened_ids: list[int]
    left_ids: list[int]


class Acknowledgement(Asked):
    note: Note | None = Field(None, examples=["Kat sorumlusu bakıyor."])


class Assignment(Asked):
    assignee: Words | None = Field(examples=["ayse"], description="null: nobody in particular any more")


class Snooze(Asked):
    until: Instant | None = Field(examples=["2026-03-02T12:00:00Z"], description="null wakes it")


class Closing(Asked):
    reason: Note = Field(min_length=1, examples=["Sayım düzeltildi."])


class Judgement(Asked):
    verdict: Verdict = Field(examples=["yanlis_pozitif"])
    note: Note | None = Field(None, examples=["Grup konaklaması vardı."])


class AcknowledgeMany(Acknowledgement):
    command: Literal["acknowledge"]


class AssignMany(Assignment):
    command: Literal["assign"]


class SnoozeMany(Snooze):
    command: Literal["snooze"]


class CloseMany(Closing):
    command: Literal["close"]


class JudgeMany(Judgement):
    command: Literal["verdict"]


class WithdrawMany(Asked):
    command: Literal["withdraw_verdict"]


class ReopenMany(Asked):
    command: Literal["reopen"]


class ForMany(Asked):
    """One command for many alerts, as one action that one call undoes; what the caller does not see is left alone."""

    alert_ids: list[Id] = Field(min_length=1, max_length=MOST_AT_ONCE, examples=[[17, 18]])
    action: Annotated[
        AcknowledgeMany | AssignMany | SnoozeMany | CloseMany | JudgeMany | WithdrawMany | ReopenMany,
        Field(discriminator="command"),
    ]


class Comment(Asked):
    note: Note = Field(min_length=1, examples=["Depo ile konuşuldu."])
