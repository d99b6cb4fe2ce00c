"""Every table, so that migrations and queries see one metadata."""

from db.models import (
    activity,
    alerts,
    api_keys,
    archive,
    backups,
    cache,
    catalog,
    configuration,
    forecasts,
    identity,
    learning,
    memory,
    ml,
    operations,
    premises,
    profiles,
    redis,
    requests,
    rollups,
    series,
    statements,
    tokens,
)
from db.models.base import Base

__all__ = [
    "Base", "activity", "alerts", "api_keys", "archive", "backups", "cache", "catalog", "configuration", "forecasts",
    "identity", "learning", "memory", "ml", "operations", "premises", "profiles", "redis", "requests", "rollups",
    "series", "statements", "tokens",
]  # fmt: skip
