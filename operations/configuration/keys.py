"""Which settings may be changed in the database, and who takes a change when: the only place that says so.

A setting is here when everybody who uses it can take it while everything runs: runs of jobs are processes of their own
that read it when they begin (``run``); the dashboard, the scheduler and the keeper look for a new version every ten
seconds (``soon``). ``restart``: besides, the dashboard takes it when it starts anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.settings import Settings

DAYS, DAY_SECONDS, MINUTES = 3_650, 86_400, 1_440


@dataclass(frozen=True)
class Editable:
    """``most``: beyond it nothing sensible is meant; ``alerts``: it decides about alerts, see ``effects``."""

    takes: tuple[str, ...]
    most: int | None = None
    is_cron: bool = False
    alerts: bool = False


RUN, SOON, BOTH = ("run",), ("soon",), ("soon", "run")
EDITABLE: Mapping[str, Editable] = {
    "alert_budget_per_day": Editable(BOTH, 1_000, alerts=True),
    "min_data_points": Editable(RUN, 10_000, alerts=True),
    "accuracy_threshold": Editable(BOTH, alerts=True),
    "quality_floor": Editable(RUN, alerts=True),
    "ml_deep_model": Editable(RUN, alerts=True),
    "ml_enabled": Editable(SOON, alerts=True),
    "collection_minutes": Editable(SOON, MINUTES),
    "feature_minutes": Editable(SOON, MINUTES),
    "detection_minutes": Editable(BOTH, MINUTES, alerts=True),
    "training_schedule": Editable(SOON, is_cron=True),
    "model_cleanup_schedule": Editable(SOON, is_cron=True),
    "data_cleanup_schedule": Editable(SOON, is_cron=True),
    "audit_verification_schedule": Editable(SOON, is_cron=True),
    "metric_verification_schedule": Editable(SOON, is_cron=True),
    "search_schedule": Editable(SOON, is_cron=True),
    "comparison_schedule": Editable(SOON, is_cron=True),
    "job_timeout_seconds": Editable(SOON, DAY_SECONDS),
    "job_memory_mb": Editable(RUN, 1_048_576),
    "job_workers": Editable(SOON, 64),
    "model_cache_mb": Editable(("run", "restart"), 65_536),
    "metric_days": Editable(BOTH, DAYS),
    "feature_days": Editable(RUN, DAYS),
    "alert_days": Editable(RUN, DAYS),
    "training_log_days": Editable(RUN, DAYS),
    "job_run_days": Editable(RUN, DAYS),
    "backup_schedule": Editable(SOON, is_cron=True),
    "backup_timeout_seconds": Editable(SOON, DAY_SECONDS),
    "backup_last": Editable(RUN, 1_000),
    "backup_daily": Editable(RUN, DAYS),
    "backup_weekly": Editable(RUN, 520),
    "backup_monthly": Editable(RUN, 120),
    "backup_safety_days": Editable(BOTH, DAYS),
    "log_level": Editable(BOTH),
}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def written(value: Any) -> str:
    """A value as TOML writes it; only what an editable setting can be."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def template(meanings: Mapping[str, str]) -> str:
    """Every setting with its meaning and its default, to be uncommented."""
    fields = Settings.model_fields
    return "\n".join(f"# {meanings[name]}\n#{name} = {written(fields[name].default)}\n" for name in EDITABLE)
