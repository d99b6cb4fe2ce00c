"""The two gates, the streaming threshold, the cap, and what counts as normal again (DETECTION 4, 5)."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.detection.contract import Family
from pipeline.detection.decision import decide, without_explained
from pipeline.detection.thresholds.settings import DetectionSettings

SETTINGS = DetectionSettings(1, "tuketim_miktar")


def family(scores: np.ndarray, deviation: float = 1.0, per_day: int = 100, **columns: object) -> Family:
    """``scores`` in order of days, ``per_day`` entities each."""
    count = scores.size
    day = np.arange(count) // per_day
    at = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(day * 1440 + np.arange(count) % per_day, unit="min")
    tests = pd.DataFrame(
        {
            "entity_id": np.arange(count) % per_day,
            "timestamp": at,
            "day": day,
            "score": scores,
            "deviation_ratio": deviation,
        }
    )
    return Family("cell", "some_type", "minibar_slot", 0.4, tests.assign(**columns))


def quiet(days: int = 40) -> np.ndarray:
    return np.full(days * 100, 0.3)


def test_evidence_without_a_material_effect_is_no_alert() -> None:
    scores = quiet()
    scores[-50] = 9.0
    assert decide(family(scores), SETTINGS)["alert"].sum() == 1
    assert not decide(family(scores, deviation=0.39), SETTINGS)["alert"].any()


def test_a_material_effect_without_evidence_is_no_alert() -> None:
    """On small counts a 40 % deviation is nothing."""
    assert not decide(family(quiet(), deviation=5.0), SETTINGS)["alert"].any()


def test_a_value_inside_the_band_that_is_shown_is_no_alert_whatever_a_second_opinion_says() -> None:
    """DETECTION 1: the band, the alert and the sentence are one statement."""
    scores = quiet()
    scores[-50] = 9.0
    inside = family(scores, value=16.0, lower=0.0, upper=21.0)
    outside = family(scores, value=31.0, lower=0.0, upper=21.0)
    assert decide(replace(outside, is_banded=True), SETTINGS)["alert"].sum() == 1
    assert not decide(replace(inside, is_banded=True), SETTINGS)["alert"].any()
    assert decide(inside, SETTINGS)["alert"].sum() == 1


def test_a_row_that_is_learning_is_neither_an_alert_nor_normal() -> None:
    scores = quiet()
    scores[-50] = np.nan
    decided = decide(family(scores), SETTINGS).iloc[-50]
    assert not decided["alert"]
    assert not decided["normal"]


def test_the_threshold_follows_the_number_of_tests_a_day_and_the_budget() -> None:
    """q B / m: 100 tests a day, five wanted alerts, q = 0.1 → p ≤ 1/200."""
    decided = decide(family(quiet()), SETTINGS)
    assert np.isclose(decided["threshold"].iloc[-1], np.log10(200))
    assert np.isclose(
        decide(family(quiet()), replace(SETTINGS, budget_per_day=0.5))["threshold"].iloc[-1], np.log10(2000)
    )


def test_the_threshold_of_a_day_does_not_know_that_day() -> None:
    scores = quiet(41)
    longer = np.concatenate([scores, np.full(900, 0.3)])
    days = np.concatenate([np.arange(4100) // 100, np.full(900, 40)])
    flooded = family(longer, day=days)
    usual = decide(family(scores), SETTINGS)["threshold"].iloc[-1]
    assert decide(flooded, SETTINGS)["threshold"].iloc[-1] == usual


def test_on_pure_chance_the_false_alerts_stay_near_q_times_the_budget() -> None:
    """Not a promise for real data: here the probabilities are exact."""
    rng = np.random.default_rng(3)
    decided = decide(family(-np.log10(rng.random(200 * 100))), SETTINGS)
    assert 0.25 < decided["alert"].sum() / 200 < 0.8


def test_a_flood_is_capped_at_the_budget_and_the_strongest_of_a_moment_come_first() -> None:
    scores = quiet()
    scores[-100:] = np.linspace(4.0, 9.0, 100)
    flooded = family(scores)
    flooded.tests.loc[flooded.tests.index[-100:], "timestamp"] = flooded.tests["timestamp"].iloc[-1]
    decided = decide(flooded, SETTINGS)
    assert decided["alert"].sum() == 5 * 7
    assert decided.loc[decided["alert"], "score"].min() > decided["score"].iloc[-100:-35].max()


def test_certain_rows_alert_whatever_the_statistics_and_the_cap() -> None:
    certain = np.zeros(4000, dtype=bool)
    certain[-30:] = True
    decided = decide(family(quiet(), certain=certain), SETTINGS)
    assert decided["alert"].sum() == 30
    assert not decided.loc[decided["alert"], "normal"].any()


def test_normal_needs_half_of_the_threshold_so_that_incidents_do_not_flicker() -> None:
    scores = quiet()
    scores[-3:] = [0.5, 1.9, 9.0]
    decided = decide(family(scores), SETTINGS).iloc[-3:]
    assert decided["normal"].tolist() == [True, False, False]
    assert decided["alert"].tolist() == [False, False, True]


def test_a_room_total_is_silent_where_one_of_its_products_alerts() -> None:
    at = pd.Timestamp("2026-01-01", tz="UTC")
    cells = pd.DataFrame({"room_id": [1, 2], "timestamp": [at, at], "alert": [True, False]})
    rooms = pd.DataFrame({"room_id": [1, 2], "timestamp": [at, at], "alert": [True, True]})
    assert without_explained(rooms, cells)["alert"].tolist() == [False, True]
