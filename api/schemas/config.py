"""Configuration: settings, their versions, and what a text would change. No secret is in any of them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from api.schemas.base import Answer, Asked, Id, Note

TEXT = "metric_days = 120\nalert_days = 40\n"
Source = Literal["default", "database", "env_file", "secret_file", "environment"]
Takes = Literal["run", "soon", "restart"]
Value = bool | int | float | str | None


def _writable(value: str) -> str:
    if any("\ud800" <= sign <= "\udfff" or sign == "\x00" for sign in value):
        raise ValueError("must be text that a database can keep")
    return value


Toml = Annotated[str, Field(max_length=20_000, examples=[TEXT]), AfterValidator(_writable)]
SettingName = Annotated[str, Field(max_length=64, examples=["metric_days"])]


class Problem(Answer):
    """What is wrong at a line, counted from one."""

    line: int
    code: str = Field(examples=["too_small"])
    key: str | None


class Setting(Answer):
    """A secret has no value here, ``is_set`` says that there is one; what ``is_fixed`` wins over the database.

    ``takes``: who takes a change when: the next run of a job, the serving processes within ten seconds, or a restart.
    """

    name: str
    variable: str
    description: str
    value: str | None
    default: str | None
    source: Source
    is_secret: bool
    is_set: bool
    is_editable: bool
    is_fixed: bool
    stored: str | None
    takes: list[Takes]
    alerts: bool = Field(description="It decides about alerts")


class KeyChange(Answer):
    """null: not in the text, the default counts."""

    name: str
    before: Value
    after: Value
    is_fixed: bool
    takes: list[Takes]
    alerts: bool


class Version(Answer):
    """``counts``: it is the one in force; one with problems never is."""

    id: int
    text: str
    author: str
    saved_at: datetime
    reason: str
    problems: list[Problem]
    counts: bool
    changes: list[KeyChange]


class Configuration(Answer):
    """``newest_id``: what a change is made upon; ``problems``: why the newest version does not count."""

    newest_id: int | None
    settings: list[Setting]
    newest: Version | None
    good: Version | None
    problems: list[Problem]


class Text(Asked):
    text: Toml


class Proposal(Answer):
    """``difference``: unified diff against the version that counts."""

    is_valid: bool
    problems: list[Problem]
    changes: list[KeyChange]
    difference: str


class Reasoned(Asked):
    """``expected_id``: the newest version that the caller knows, null when there was none; 409 when it is another."""

    reason: Note = Field(examples=["Disk is short."])
    expected_id: Id | None


class NewVersion(Reasoned):
    text: Toml


class Versions(Answer):
    items: list[Version]


class Difference(Answer):
    difference: str
