"""Judged alerts as learning sees them: how far from the threshold, in which family and segment (A6.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.alerts.learning.margins import judged_margins

AT = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def alert(alert_id: int = 1, verdict: str = "dogru", **changes: Any) -> dict[str, Any]:
    row = {
        "id": alert_id, "metric_type": "tuketim_miktar", "entity_id": 7, "verdict": verdict, "floor_id": 1.0,
        "room_type_id": 2.0, "product_id": 3.0, "staff_id": np.nan, "started_at": AT - 2 * HOUR, "last_seen_at": AT,
        "context_signature": "test=cell;occupancy=vacant;product=3",
    }  # fmt: skip
    return row | changes


def candidate(at: datetime = AT, score: float = 5.0, **changes: Any) -> dict[str, Any]:
    row = {
        "metric_type": "tuketim_miktar", "family": "cell", "entity_id": 7, "timestamp": at, "score": score,
        "certain": False, "base_threshold": 3.0,
    }  # fmt: skip
    return row | changes


def margins(alerts: list[dict[str, Any]], found: list[dict[str, Any]], **manual: float) -> pd.DataFrame:
    return judged_margins(pd.DataFrame(alerts), pd.DataFrame(found), manual)


def test_the_margin_is_the_evidence_beyond_the_threshold_with_the_segments_of_the_alert() -> None:
    [row] = margins([alert()], [candidate()]).to_dict("records")
    assert (row["family"], row["margin"], row["is_true"]) == ("cell", 2.0, True)
    assert (row["room_type"], row["floor"], row["product"], row["occupancy"]) == (2.0, 1.0, 3.0, "vacant")


def test_what_people_ask_of_the_family_is_part_of_the_threshold_and_not_learned_again() -> None:
    assert margins([alert()], [candidate()], cell=0.5)["margin"].tolist() == [1.5]
    assert margins([alert()], [candidate()], refill=0.5)["margin"].tolist() == [2.0]


def test_an_incident_counts_with_its_strongest_interval_and_only_with_its_own() -> None:
    before, during, after = AT - 2 * HOUR, AT - HOUR, AT + HOUR
    found = [candidate(before, 9.0), candidate(during, 4.0), candidate(AT, 3.5), candidate(after, 9.0)]
    other = [candidate(AT, 9.0, entity_id=8), candidate(AT, 9.0, family="room")]
    assert margins([alert()], [*found, *other])["margin"].tolist() == [1.0]


def test_only_right_and_wrong_are_learned_from() -> None:
    verdicts = ["dogru", "yanlis_pozitif", "beklenen", "test"]
    found = margins([alert(number, verdict) for number, verdict in enumerate(verdicts)], [candidate()])
    assert dict(zip(found["id"], found["is_true"], strict=True)) == {0: True, 1: False}


def test_facts_without_statistics_and_alerts_without_candidates_are_left_out() -> None:
    assert margins([alert()], [candidate(certain=True)]).empty
    assert margins([alert(entity_id=9)], [candidate()]).empty
    assert margins([alert(context_signature=None)], [candidate()]).empty
