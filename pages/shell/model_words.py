"""Versions of model files in words: kind, state, size, load time."""

from typing import TYPE_CHECKING, Protocol

from core.i18n import Translator
from pages.shell.text import badge

if TYPE_CHECKING:
    from operations.model_files.service import Version

STATES = {
    "active": ("green", ":material/check_circle:"),
    "spare": ("gray", ":material/inventory_2:"),
    "withdrawn": ("orange", ":material/undo:"),
    "damaged": ("red", ":material/error:"),
    "copy": ("blue", ":material/database:"),
    "gone": ("gray", ":material/delete:"),
}
SET_ASIDE = ("rolled_back", "key_lost", "pinned")  # others: why a training's gate refused it
FAILURES = (
    "model_missing", "model_corrupt", "model_outdated", "model_forbidden", "model_unreadable", "model_locked",
    "encryption_key_missing", "model_unsafe", "model_path_wrong",
)  # fmt: skip


class Kind(Protocol):
    """What has a metric type and a model type."""

    @property
    def metric_type(self) -> str: ...

    @property
    def model_type(self) -> str: ...


def kind_name(t: Translator, one: Kind) -> str:
    return f"{t(f'metric.{one.metric_type}')} · {t(f'model_type.{one.model_type}')}"


def state(t: Translator, version: "Version") -> str:
    colour, icon = STATES[version.state]
    return badge(t(f"models.state_{version.state}"), colour, icon)


def reason(t: Translator, version: "Version") -> str:
    """Why a version is not used, and what its last load said when it failed."""
    said = [t("models.pinned")] if version.is_pinned else []
    if version.withdrawn_reason:
        known = version.withdrawn_reason if version.withdrawn_reason in SET_ASIDE else "other"
        said.append(t(f"models.withdrawn_{known}"))
    if version.last_outcome not in (None, "loaded"):
        known = version.last_outcome if version.last_outcome in FAILURES else "other"
        said.append(t("models.last_failure", reason=t(f"models.failure_{known}")))
    return " ".join(said)


def kilobytes(t: Translator, size_bytes: int | None) -> str:
    return "–" if size_bytes is None else t("models.kilobytes", value=t.number(size_bytes / 1024, 0))


def megabytes(t: Translator, size_bytes: int) -> str:
    return t("models.megabytes", value=t.number(size_bytes / 1e6, 2))


def milliseconds(t: Translator, seconds: float | None) -> str:
    return "–" if seconds is None else t("models.milliseconds", value=t.number(1000 * seconds, 1))
