"""What a replay needs to know of one hotel, prepared once and the same whatever the settings are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from pipeline.detection.contract import Family
from pipeline.detection.decision import MIN_EVIDENCE, RANK, budget_ranks
from pipeline.detection.evaluation.measures import match
from pipeline.detection.suppression import silenced
from pipeline.detection.thresholds.candidates import EPOCH, days_by_family, days_of, families_of, with_days
from pipeline.detection.thresholds.outcomes import FALSE_VERDICT, TRUE_VERDICT, verdict_rows
from pipeline.detection.thresholds.segments import NOWHERE, Places

OF_ROOMS = ("room", "minibar_slot")  # a label about an attendant is not found by an alert about a room


@dataclass(frozen=True)
class History:
    """One hotel's candidates of a period and of the days before it, by metric type.

    Their tests have the columns that settings do not change:

    ``budget_rank``; ``silenced`` (by a verdict); ``verdict_row`` and ``label_row`` (positions, −1 for none).
    """

    hotel_id: int
    since_on: date
    until_on: date
    families: Mapping[str, tuple[Family, ...]]
    counts: Mapping[str, Mapping[str, pd.Series]]
    verdicts: pd.DataFrame
    labels: pd.DataFrame
    has_labels: bool
    places: Places = NOWHERE
    only: str | None = None  # the metric type whose planted anomalies count; all when None

    @property
    def first_day(self) -> int:
        """The period's first local day, in days since 1970."""
        return (self.since_on - EPOCH).days


@dataclass(frozen=True)
class Truth:
    """What is known about the past: verdicts, what they silence, and planted anomalies (see ``prepare``)."""

    verdicts: pd.DataFrame | None = None
    suppressions: pd.DataFrame | None = None
    labels: pd.DataFrame | None = None


UNKNOWN = Truth()


def prepare(
    candidates: pd.DataFrame,
    test_counts: pd.DataFrame,
    truth: Truth = UNKNOWN,
    *,
    hotel_id: int = 0,
    period: tuple[date, date] | None = None,
    places: Places = NOWHERE,
) -> History:
    """One hotel's stored rows as a history.

    ``candidates``: columns of ml_candidates, from ``RANK_DAYS`` before the period on; ``test_counts``: of
    ml_test_counts, from ``TEST_MEMORY_DAYS`` before it on.
    ``truth.verdicts``: rows of ``db.queries.verdicts.judged``; ``suppressions``: of ``suppression.dismissals``;
    ``labels``: planted anomalies. None: there are none, and nothing is measurable with them. ``period``: first and
    last local day; that of the candidates when None.
    """
    strong = candidates["is_certain"].to_numpy(dtype=bool) | (candidates["score"].to_numpy(dtype=float) >= MIN_EVIDENCE)
    rows = with_days(candidates[strong].reset_index(drop=True))
    first, last = period or _period(rows)
    verdicts, labels = _verdicts(truth.verdicts), _labels(truth.labels)
    rows = rows.assign(
        verdict_row=-1 if verdicts.empty else verdict_rows(rows, verdicts),
        label_row=-1 if labels.empty else match(_matchable(rows), labels),
        silenced=False if truth.suppressions is None else silenced(rows, truth.suppressions),
    )
    counts, families = {}, {}
    for name, mine in rows.groupby("metric_type"):
        of_type = test_counts[test_counts["metric_type"] == name]
        counts[str(name)] = days_by_family(of_type)
        families[str(name)] = tuple(_ranked(family) for family in families_of(mine, of_type))
    return History(
        hotel_id, first, last, families, counts, verdicts, labels, truth.labels is not None and len(labels) > 0, places
    )


def nothing(period: tuple[date, date]) -> History:
    """The history of no hotel."""
    return History(0, *period, {}, {}, pd.DataFrame(), pd.DataFrame(), has_labels=False)


def _ranked(family: Family) -> Family:
    return replace(family, tests=family.tests.assign(**{RANK: budget_ranks(family)}))


def _period(rows: pd.DataFrame) -> tuple[date, date]:
    days = days_of(rows["observed_on"])
    if days.size == 0:
        return date(1970, 1, 1), date(1970, 1, 1)
    return pd.Timestamp(int(days.min()), unit="D").date(), pd.Timestamp(int(days.max()), unit="D").date()


def _verdicts(verdicts: pd.DataFrame | None) -> pd.DataFrame:
    """Verdicts that say right or wrong; an expected event or a test says nothing about detection."""
    if verdicts is None:
        return pd.DataFrame()
    kept: pd.DataFrame = verdicts[verdicts["verdict"].isin([TRUE_VERDICT, FALSE_VERDICT])].reset_index(drop=True)
    return kept


def _labels(labels: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame() if labels is None else labels.reset_index(drop=True)


def _matchable(rows: pd.DataFrame) -> pd.DataFrame:
    of_room = rows["entity_type"].isin(OF_ROOMS).to_numpy()
    return rows.assign(staff_id=np.where(of_room, np.nan, rows["staff_id"].to_numpy(dtype=float)))
