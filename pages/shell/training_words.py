"""Trainings in words: what became of an attempt, why, and what a whole run did."""

from collections import Counter
from typing import TYPE_CHECKING

from core.i18n import Translator
from operations.jobs.service import RunRow
from pages.shell.text import badge

if TYPE_CHECKING:
    from operations.model_performance.service import TrainingRow

STATES = {
    "success": ("green", ":material/check_circle:"),
    "refused": ("orange", ":material/block:"),
    "not_enough_data": ("gray", ":material/hourglass_empty:"),
    "failed": ("red", ":material/error:"),
    "renewed": ("green", ":material/autorenew:"),
    "kept": ("gray", ":material/pause_circle:"),
}
REASONS = (
    "first", "not_compared", "not_worse", "worse_than_in_use", "not_finite", "in_use_unusable", "alerts_not_worse",
    "loses_confirmed", "less_precise", "finds_less", "too_many_alerts", "pinned",
)  # fmt: skip
OUTCOMES = ("success", "refused", "not_enough_data", "failed")


def state(t: Translator, row: "TrainingRow") -> str:
    colour, icon = STATES[row.status]
    return badge(t(f"quality.training_{row.status}"), colour, icon)


def reason(t: Translator, row: "TrainingRow") -> str:
    """Why it was taken into use or not; an error is told as it came."""
    if row.reason is None:
        return ""
    return t(f"training.reason_{row.reason}") if row.reason in REASONS else row.reason


def found(t: Translator, row: "TrainingRow") -> str:
    """Average precision on planted days beside that of the version in use then."""
    if row.found is None:
        return "–"
    if row.found_in_use is None:
        return t.number(row.found, 2)
    return t("training.against", found=t.number(row.found, 2), in_use=t.number(row.found_in_use, 2))


def seconds(t: Translator, row: "TrainingRow") -> str:
    return "–" if row.seconds is None else t("jobs.seconds", value=t.number(row.seconds, 1))


def outcome(t: Translator, run: RunRow) -> str:
    """What a training of a whole hotel did: how many models came into use, and how many did not."""
    said = Counter(str(status) for label, status in (run.result or {}).items() if "." in label)
    parts = [t(f"training.outcome_{name}", count=said[name]) for name in OUTCOMES if said[name]]
    return " · ".join(parts) if parts else t("training.outcome_nothing")
