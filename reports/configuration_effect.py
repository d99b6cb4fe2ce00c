"""What another alert budget for all hotels would have raised: the last days played again (C9, A2.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.scope import Scope
from core.settings import Settings
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import HOTEL_WIDE, Change

DAYS = 30


@dataclass(frozen=True)
class BudgetEffect:
    """Alerts of the hotels that saved no budget of their own; ``hotels``: how many these are."""

    hotels: int
    days: int
    before: int
    after: int
    added: int
    removed: int


def budget_effect(
    thresholds: ThresholdService, scope: Scope, hotel_ids: list[int], budget: float | None, now: datetime
) -> BudgetEffect:
    """Of ``hotel_ids`` those count that follow the installation's budget; ``budget`` None: the default."""
    followers = [one for one in hotel_ids if thresholds.current(scope, one)[HOTEL_WIDE].version == 0]
    if not followers:
        return BudgetEffect(0, DAYS, 0, 0, 0, 0)
    until = (now - timedelta(days=1)).date()
    default = Settings.model_fields["alert_budget_per_day"].default
    proposed = {HOTEL_WIDE: Change(budget_per_day=default if budget is None else budget)}
    found = thresholds.compare(scope, followers, until - timedelta(days=DAYS - 1), until, proposed)
    return BudgetEffect(
        len(followers), DAYS, len(found.before.alerts), len(found.after.alerts), len(found.difference.appear),
        len(found.difference.disappear),
    )  # fmt: skip
