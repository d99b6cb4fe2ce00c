"""Every table, so that migrations and queries see one metadata."""

from db.models import activity, alerts, catalog, identity, ml, operations, premises
from db.models.base import Base

__all__ = ["Base", "activity", "alerts", "catalog", "identity", "ml", "operations", "premises"]
