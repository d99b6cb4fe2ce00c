"""Figures of evaluation: by events, with intervals, and honest about what cannot be measured (A6.4)."""

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.evaluation.candidates import COLUMNS
from pipeline.detection.evaluation.measures import evaluate_candidates, match, pr_auc

DAY = pd.Timestamp("2026-02-01", tz="UTC")


def candidate(room: int, day: int, margin: float, alert: bool = True, **other: object) -> dict[str, object]:
    at = DAY + pd.Timedelta(days=day)
    row = {
        "family": "cell", "metric_type": "tuketim_miktar", "alert_type": "tuketim_anomali",
        "entity_type": "minibar_slot", "entity_id": room * 10 + 1, "room_id": float(room), "product_id": 1.0,
        "staff_id": np.nan, "day": day, "interval_start": at - pd.Timedelta(days=1), "timestamp": at,
        "margin": margin, "alert": alert,
    }  # fmt: skip
    return row | other


def label(room: int, day: int, product: object = 1.0, **other: object) -> dict[str, object]:
    at = DAY + pd.Timedelta(days=day)
    row = {
        "anomaly_type": "tenfold_entry", "metric_type": "tuketim_miktar", "entity_type": "minibar_slot",
        "room_id": float(room), "product_id": product, "staff_id": np.nan,
        "started_at": at - pd.Timedelta(hours=20), "ended_at": at,
    }  # fmt: skip
    return row | other


def frames(found: list[dict[str, object]], labels: list[dict[str, object]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.DataFrame(found, columns=COLUMNS), pd.DataFrame(labels)


def test_average_precision_counts_events_and_not_their_repetitions() -> None:
    """Two candidates of one event on top, then a miss, then the second event: (1 + 2/3) / 2."""
    hit = np.array([0, 0, -1, 1])
    assert pr_auc(np.array([9.0, 8.0, 7.0, 6.0]), hit, 2) == pytest.approx((1 + 2 / 3) / 2)
    assert pr_auc(np.array([9.0, 8.0, 7.0, 6.0]), hit, 4) == pytest.approx((1 + 2 / 3) / 4)
    assert pr_auc(np.array([9.0]), np.array([-1]), 0) is None


def test_a_candidate_matches_only_the_same_place_product_and_time() -> None:
    found, labels = frames(
        [candidate(1, 3, 5), candidate(2, 3, 5), candidate(1, 9, 5), candidate(1, 3, 5, product_id=2.0)], [label(1, 3)]
    )
    assert match(found, labels).tolist() == [0, -1, -1, -1]


def test_precision_is_of_incidents_and_recall_of_planted_events() -> None:
    """Neighbouring days of one slot are one incident; a permanently-on alarm is no precise one."""
    found, labels = frames(
        [candidate(1, 3, 5), candidate(1, 4, 5), candidate(2, 3, 4), candidate(3, 3, 1, alert=False)],
        [label(1, 3), label(3, 3), label(4, 3)],
    )
    report = evaluate_candidates("x", found, labels, 1000.0)
    assert (report.incidents, report.precision, report.recall) == (2, 0.5, pytest.approx(1 / 3))
    assert report.alerts_per_1000_room_days == 2.0
    assert report.by_type[0].found == 1
    assert report.by_type[0].recall == pytest.approx(1 / 3)
    assert report.pr_auc_interval is not None
    assert report.pr_auc_interval[0] <= (report.pr_auc or 0) <= report.pr_auc_interval[1]


def test_without_labels_or_alerts_nothing_is_claimed() -> None:
    found, labels = frames([candidate(1, 3, 5, alert=False)], [label(1, 3)])
    report = evaluate_candidates("x", found, labels.head(0), 0.0)
    assert (report.pr_auc, report.precision, report.recall, report.alerts_per_1000_room_days) == (None,) * 4
    assert evaluate_candidates("x", found, labels, 10.0).precision is None


def of_group(kind: str, number: int, day: int, **other: object) -> dict[str, object]:
    """An alert about the sum of two weeks."""
    own = {"staff": {"staff_id": float(number)}, "product": {"product_id": float(number)}}.get(kind, {})
    at = DAY + pd.Timedelta(days=day)
    base = {
        "alert_type": "tuketim_artis", "entity_type": kind, "entity_id": number, "room_id": np.nan,
        "product_id": np.nan, "interval_start": at - pd.Timedelta(days=14),
    }  # fmt: skip
    return candidate(1, day, 3.0) | base | own | other


def test_a_sum_hits_its_own_label_and_never_that_of_a_single_room_or_slot() -> None:
    """The attendant's label is hit by the attendant's fall alone; rises of floor and product are not caused by it."""
    stuck = {"anomaly_type": "stuck_at_zero", "entity_type": "staff", "room_id": np.nan}
    found, labels = frames(
        [
            of_group("staff", 7, 3, alert_type="tuketim_dusus"),
            of_group("staff", 8, 3, alert_type="tuketim_dusus"),
            of_group("floor", 7, 3),
            of_group("product", 1, 3),
        ],
        [label(1, 3), label(2, 3, np.nan, **stuck, staff_id=7.0)],
    )
    assert match(found, labels).tolist() == [1, -1, -1, -1]


def test_a_sum_that_still_contains_what_is_long_over_is_false() -> None:
    spree = {"anomaly_type": "other", "entity_type": "hotel", "room_id": np.nan}
    found, labels = frames([of_group("floor", 7, 5), of_group("floor", 7, 7)], [label(1, 3, np.nan, **spree)])
    assert match(found, labels).tolist() == [0, -1]


def test_an_alert_that_says_the_contrary_hits_nothing() -> None:
    twice = {"anomaly_type": "day_imported_twice", "entity_type": "hotel", "room_id": np.nan}
    found, labels = frames(
        [candidate(1, 3, 5), candidate(1, 3, 5, alert_type="kayit_yok", entity_type="room")],
        [label(1, 3, np.nan, **twice)],
    )
    assert match(found, labels).tolist() == [0, -1]


def test_a_forecast_of_an_empty_store_is_not_judged_by_planted_anomalies() -> None:
    """The same alert under another metric type counts."""
    found, labels = frames([candidate(1, 3, 5), candidate(9, 3, 5, metric_type="stok_bitis_tahmini")], [label(1, 3)])
    assert evaluate_candidates("x", found, labels, 1000.0).precision == 1.0
    found, labels = frames([candidate(1, 3, 5), candidate(9, 3, 5)], [label(1, 3)])
    assert evaluate_candidates("x", found, labels, 1000.0).precision == 0.5
