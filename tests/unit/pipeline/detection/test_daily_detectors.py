"""The detectors of daily metric types keep the battery of all detectors, and see what they are for (P1, P6)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.i18n import LANGUAGES, Translator
from pipeline.alerts.message import describe
from pipeline.detection.contract import TEST_COLUMNS, Context, Detected
from pipeline.detection.decision import decide
from pipeline.detection.detectors import JUDGES, OWN, judge_of
from pipeline.detection.explain import anomalies
from pipeline.detection.thresholds.settings import DetectionSettings
from pipeline.metrics.registry import METRIC_TYPES
from tests.unit.pipeline.detection import daily_rows

ZONE = "Europe/Istanbul"
each_type = pytest.mark.parametrize("name", daily_rows.ROWS)


def run(name: str, rows: pd.DataFrame) -> Detected:
    metric = METRIC_TYPES[name]
    gate = metric.effect_gate_ratio
    return JUDGES[name].detect(rows, Context(ZONE, metric.alert_type, effect_gate_ratio=gate, hotel_id=77))


def scores_of(detected: Detected) -> pd.DataFrame:
    wanted = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations"]
    return detected.scores[wanted].sort_values(["timestamp", "entity_id"], ignore_index=True)


def family_rows(detected: Detected, position: int) -> pd.DataFrame:
    tests = detected.families[position].tests[[*TEST_COLUMNS, "effect"]]
    return tests.sort_values(["timestamp", "entity_id"], ignore_index=True)


def alerts_of(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    decided = [(f, decide(f, DetectionSettings(77, name))) for f in run(name, rows).families]
    found = [tests[tests["alert"]].assign(family=family.name) for family, tests in decided if len(tests)]
    return pd.concat(found, ignore_index=True)


def changed(rows: pd.DataFrame, since: float, column: str, change: Callable[[pd.Series], pd.Series]) -> pd.DataFrame:
    """``rows`` with a column of entity (or floor) 1 changed from a day on."""
    key = "floor_id" if "floor_id" in rows else "entity_id"
    at = (rows[key] == 1) & (rows["interval_start"] >= daily_rows.START + pd.Timedelta(days=since))
    return rows.assign(**{column: rows[column].mask(at, change(rows[column]))})


def test_every_type_has_a_judge_and_an_unknown_family_is_refused() -> None:
    with_a_battery_of_their_own = {"ozel_seri"}  # the series engine's
    assert JUDGES.keys() == METRIC_TYPES.keys() == OWN.keys() | daily_rows.ROWS.keys() | with_a_battery_of_their_own
    with pytest.raises(ValueError, match="no detector judges"):
        judge_of(replace(METRIC_TYPES["talep_yogunluk"], name="x", family="count"))


@each_type
def test_scores_depend_on_the_past_only_and_on_no_batch(name: str) -> None:
    """DETECTION 2: exact equality on truncation, and when only the look-back is read."""
    rows = daily_rows.ROWS[name]()
    full = run(name, rows)
    for cut in (daily_rows.START + pd.Timedelta(days=days) for days in (30, 47)):
        prefix = run(name, rows[rows["timestamp"] <= cut])
        whole = scores_of(full)
        pd.testing.assert_frame_equal(
            scores_of(prefix), whole[whole["timestamp"] <= cut].reset_index(drop=True), check_exact=True
        )
        for position, family in enumerate(full.families):
            then = family_rows(full, position)
            closed = then["timestamp"] <= (cut - pd.Timedelta(days=1) if family.daily else cut)
            before = family_rows(prefix, position)
            pd.testing.assert_frame_equal(
                before[before["timestamp"] <= then.loc[closed, "timestamp"].max()].reset_index(drop=True),
                then[closed].reset_index(drop=True), check_exact=True,
            )  # fmt: skip
    assert full.scores["score"].notna().any()


@each_type
def test_reading_the_look_back_only_gives_the_same_newest_tests(name: str) -> None:
    rows = daily_rows.ROWS[name](days=130)
    last = rows["timestamp"].max() - pd.Timedelta(days=2)
    since = last - pd.Timedelta(days=JUDGES[name].lookback_days + 1)
    full, part = run(name, rows), run(name, rows[rows["timestamp"] > since].sample(frac=1.0, random_state=3))
    for position in range(len(full.families)):
        whole, read = family_rows(full, position), family_rows(part, position)
        pd.testing.assert_frame_equal(
            read[read["timestamp"] > last].reset_index(drop=True),
            whole[whole["timestamp"] > last].reset_index(drop=True), check_exact=True,
        )  # fmt: skip


@each_type
def test_a_look_back_that_is_too_short_would_be_noticed(name: str) -> None:
    """Negative control of the test above."""
    rows = daily_rows.ROWS[name](days=130)
    last = rows["timestamp"].max() - pd.Timedelta(days=2)
    part = run(name, rows[rows["timestamp"] > last - pd.Timedelta(days=9)])
    whole, read = family_rows(run(name, rows), 0), family_rows(part, 0)
    assert (
        not read[read["timestamp"] > last]
        .reset_index(drop=True)
        .equals(whole[whole["timestamp"] > last].reset_index(drop=True))
    )


@each_type
def test_learning_empty_and_constant_histories_raise_nothing(name: str) -> None:
    rows = daily_rows.ROWS[name]()
    assert run(name, rows.head(0)).scores.empty
    assert run(name, rows.head(1)).scores["score"].isna().all()
    assert run(name, rows.head(1)).scores["observations"].tolist() == [0]
    assert alerts_of(name, rows[rows["timestamp"] <= daily_rows.START + pd.Timedelta(days=2)]).empty
    for value in (0.0, 9.0):
        columns = {column: value for column in ("metric_value", "failed", "rooms", "units") if column in rows}
        flat = alerts_of(name, rows.assign(**columns))
        assert flat.empty or (name, value) == ("stok_bitis_tahmini", 0.0)


@each_type
def test_an_ordinary_history_raises_next_to_nothing(name: str) -> None:
    rows = daily_rows.ROWS[name]()
    assert len(alerts_of(name, rows)) <= 0.01 * len(rows)


NAMES = {"staff": "A", "room": "101", "floor": "1", "product": "P", "hotel": "H", "entity": "E",
         "at": "2026-01-01", "since": "2026-01-01", "day": "2026-01-01", "currency": "EUR"}  # fmt: skip
SEEN = {
    "talep_yogunluk": ("metric_value", lambda units: units + 12),
    "zimmet_fire": ("metric_value", lambda units: units + 30),
    "qr_okutma_siklik": ("metric_value", lambda scans: scans * 0 + 2),
    "qr_okutma_performans": ("failed", lambda failed: failed + 20),
    "bosta_tuketim": ("rooms", lambda rooms: rooms + 4),
    "doluluk_oran": ("metric_value", lambda share: share * 0.2),
    "talep_yanit_sure": ("metric_value", lambda minutes: minutes * 4),
    "gelir_urun": ("metric_value", lambda money: money * 0.1),
    "stok_bitis_tahmini": ("metric_value", lambda days: days * 0 + 3.5),
}


@pytest.mark.parametrize("name", SEEN)
def test_what_a_type_is_for_is_seen_said_in_both_languages_and_has_actions(name: str) -> None:
    metric, (column, change) = METRIC_TYPES[name], SEEN[name]
    rows = changed(daily_rows.ROWS[name](), 55, column, change)
    decided = [(family, decide(family, DetectionSettings(77, name))) for family in run(name, rows).families]
    said = 0
    for family, tests in decided:
        for anomaly in anomalies(family, name, tests[tests["alert"]]):
            message = describe(anomaly)
            assert message.message_id != "alert.deviation"
            assert message.actions == metric.actions
            said += 1
            for t in (Translator(language, ZONE) for language in LANGUAGES):
                texts = [(f"alert_type.{anomaly.alert_type}", {}), (message.message_id, message.params | NAMES)]
                texts += [(reason["id"], reason["params"] | {"currency": "EUR"}) for reason in message.reasons]
                for key, params in texts:
                    assert t(key, **params) not in (key, ""), key
    assert said > 0


def test_a_hotel_whose_rooms_earn_nothing_for_a_week_is_one_alert_of_the_hotel() -> None:
    """No room raises anything by itself: its consumption does."""
    rows = daily_rows.rooms()
    late = rows["interval_start"] >= daily_rows.START + pd.Timedelta(days=50)
    found = alerts_of("gelir_oda", rows.assign(metric_value=rows["metric_value"].mask(late, 0.0)))
    assert set(found["entity_id"]) == {77}


def test_stock_that_always_falls_to_five_days_is_told_when_it_falls_further() -> None:
    """SPEC A4.3: seven days or fewer, if that is unusual for the product; two days always."""
    left = np.tile(12.0 - np.arange(14) % 7, 5)[:60]
    rows = daily_rows._days(1, 60, metric_value=left[:, None], level=left[:, None], daily_outflow=left[:, None] * 0 + 1)
    usual = alerts_of("stok_bitis_tahmini", rows)
    assert usual.empty
    lower = rows.assign(metric_value=rows["metric_value"].mask(rows.index == 58, 3.0).mask(rows.index == 59, 1.5))
    found = alerts_of("stok_bitis_tahmini", lower)
    assert found[["value", "severity"]].values.tolist() == [[3.0, "yuksek"], [1.5, "kritik"]]


def test_a_product_that_lasts_until_the_next_delivery_is_not_told() -> None:
    """SPEC A4.3: a hotel that is delivered every fourth day; product 1 falls to three days, far below its usual low."""
    cycle = 12.0 - np.arange(60) % 4
    left = np.column_stack([cycle, cycle, cycle])

    def told(day: int, value: float) -> list[float]:
        changed = left.copy()
        changed[day, 0] = value
        rows = daily_rows._days(3, 60, metric_value=changed, level=changed, daily_outflow=changed * 0 + 1)
        return list(alerts_of("stok_bitis_tahmini", rows)["value"])

    assert told(58, 3.0) == []  # two days before the delivery
    assert told(57, 2.5) == [2.5]  # three days before it: the stock does not last
    assert told(58, 1.5) == [1.5]  # two days or fewer are always told
