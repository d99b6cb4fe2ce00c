"""Injected anomalies: in copies, in the held-out time, each with its label, the same every time (A6.4)."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.evaluation.injection import EVENTS, inject
from pipeline.detection.evaluation.labelled import labelled_figures
from pipeline.metrics.registry import METRIC_TYPES

START = datetime(2026, 1, 1, tzinfo=UTC)
SINCE = START + timedelta(days=40)


def consumption(rooms: int = 30, days: int = 60) -> pd.DataFrame:
    """One slot a room, checked daily, with a unit taken every other day."""
    number = np.arange(rooms * days)
    ends = pd.to_datetime(START) + pd.to_timedelta(number % days + 1, unit="D")
    return pd.DataFrame(
        {"entity_id": number // days, "interval_start": ends - pd.Timedelta(days=1), "timestamp": ends,
         "metric_value": number % 2, "room_id": number // days + 100, "product_id": 7}
    )  # fmt: skip


def stock(products: int = 5, days: int = 60) -> pd.DataFrame:
    rows = consumption(products, days).drop(columns=["room_id", "product_id"])
    return rows.assign(outflow=4.0, inflow=0.0, metric_value=1_000.0 - 4.0 * (np.arange(len(rows)) % days))


FRAMES = {"tuketim_miktar": consumption, "stok_seviye": stock}


@pytest.mark.parametrize("name", FRAMES)
def test_rows_before_the_held_out_time_and_the_given_frame_stay_as_they_are(name: str) -> None:
    rows = FRAMES[name]()
    given = rows.copy()
    changed, labels = inject(METRIC_TYPES[name], rows, SINCE)
    pd.testing.assert_frame_equal(rows, given)
    before = (rows["timestamp"] <= SINCE).to_numpy()
    pd.testing.assert_frame_equal(changed[before], rows[before], check_dtype=False)
    assert not changed[~before].equals(rows[~before])
    assert 0 < len(labels) <= EVENTS
    assert (labels["ended_at"] > SINCE).all()


@pytest.mark.parametrize("name", FRAMES)
def test_the_same_seed_injects_the_same_and_another_one_does_not(name: str) -> None:
    metric, rows = METRIC_TYPES[name], FRAMES[name]()
    first, second = inject(metric, rows, SINCE), inject(metric, rows, SINCE)
    pd.testing.assert_frame_equal(first[0], second[0])
    pd.testing.assert_frame_equal(first[1], second[1])
    assert not first[0].equals(inject(metric, rows, SINCE, seed=12)[0])


def test_every_changed_row_of_consumption_lies_in_the_time_and_room_of_a_label() -> None:
    rows = consumption()
    changed, labels = inject(METRIC_TYPES["tuketim_miktar"], rows, SINCE)
    moved = changed[(changed["metric_value"] != rows["metric_value"]).to_numpy()]
    for row in moved.itertuples():
        mine = labels[labels["room_id"] == row.room_id]
        assert ((mine["started_at"] < row.timestamp) & (row.timestamp <= mine["ended_at"])).any()


def test_an_injected_outflow_leaves_the_ledger_whole() -> None:
    rows = stock()
    changed, _ = inject(METRIC_TYPES["stok_seviye"], rows, SINCE)
    more = (changed["outflow"] - rows["outflow"]).groupby(changed["entity_id"]).sum()
    last = changed.groupby("entity_id")["metric_value"].last() - rows.groupby("entity_id")["metric_value"].last()
    assert (last == -more).all()


def test_a_hotel_without_rows_in_the_held_out_time_gets_no_label() -> None:
    rows = consumption(days=30)
    changed, labels = inject(METRIC_TYPES["tuketim_miktar"], rows, SINCE)
    assert labels.empty
    pd.testing.assert_frame_equal(changed, rows)


def test_a_detector_that_raises_nothing_has_no_precision_and_half_the_balanced_accuracy() -> None:
    """Never alerting is right 99.9 % of the time, and worth nothing."""
    _, labels = inject(METRIC_TYPES["tuketim_miktar"], consumption(), SINCE)
    figures = labelled_figures("tuketim_miktar", pd.DataFrame(), labels, 1_000)
    assert (figures.precision, figures.recall, figures.f1, figures.accuracy) == (None, 0.0, None, 0.5)


def revenue(products: int = 8, days: int = 60) -> pd.DataFrame:
    rows = consumption(products, days).drop(columns=["room_id", "product_id"])
    return rows.assign(metric_value=20.0, units=5.0, exposure=30.0)


def test_where_only_less_is_worth_an_alert_a_week_is_made_less_and_never_more() -> None:
    rows = revenue()
    changed, labels = inject(METRIC_TYPES["gelir_urun"], rows, SINCE)
    assert len(labels) > 0
    assert set(labels["anomaly_type"]) == {"fallen"}
    assert (changed["metric_value"] <= rows["metric_value"]).all()
    fallen = changed[(changed["metric_value"] < rows["metric_value"]).to_numpy()]
    assert (fallen["metric_value"] <= 0.4 * 20.0).all()
    assert fallen["units"].to_numpy() == pytest.approx(fallen["metric_value"].to_numpy() / 4.0)
    by_product = fallen.groupby("entity_id").size()
    assert by_product.between(5, 7).all()
    assert sorted(by_product.index) == sorted(labels["product_id"].astype(int))
    spans = (labels["ended_at"] - labels["started_at"]).dt.days
    assert spans.between(5, 7).all()


def test_where_more_is_worth_an_alert_nothing_is_made_less() -> None:
    rows = consumption().drop(columns=["room_id", "product_id"]).assign(metric_value=10.0)
    changed, _ = inject(METRIC_TYPES["dolum_sure"], rows, SINCE)
    assert (changed["metric_value"] >= rows["metric_value"]).all()
