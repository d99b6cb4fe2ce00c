"""Replay decides as detection did: the same alerts from stored candidates, and others under other settings (P-9)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

from core.scope import SYSTEM
from db.queries import candidates as candidate_queries
from db.queries import watermarks
from pipeline.alerts.service import AlertFilters
from pipeline.detection.anomaly import Anomaly
from pipeline.detection.thresholds.settings import HOTEL_WIDE, Change, FamilyRule, segment_key
from pipeline.metrics.service import MetricsService
from reports.configuration_effect import budget_effect
from tests.integration.pipeline.thresholds.conftest import UNTIL, Live

SPAN = (date(2026, 1, 20), date(2026, 3, 2))
KEY = ["metric_type", "alert_type", "entity_type", "entity_id", "timestamp"]


def keys(alerts: pd.DataFrame) -> set[tuple[Any, ...]]:
    return set(alerts[KEY].itertuples(index=False, name=None))


def test_replay_at_the_settings_in_force_gives_the_live_alerts(live: Live) -> None:
    """The same anomalies; and each live incident is a run of replayed alerts with its count and its end."""
    found = live.thresholds.replay(SYSTEM, [live.hotel], *SPAN)
    assert keys(found.alerts) == live.witness.keys()
    signatures = {_key(anomaly): anomaly.context_signature for anomaly in live.witness.told}
    told = {tuple(row[name] for name in KEY): row["context_signature"] for row in found.alerts.to_dict("records")}
    assert told == signatures
    incidents = live.witness.alerts.board(SYSTEM, AlertFilters(states=()), limit=500).rows
    assert len(incidents) >= 4
    for incident in incidents:
        mine = found.alerts[
            (found.alerts["alert_type"] == incident.alert_type) & (found.alerts["entity_id"] == incident.entity_id)
            & (found.alerts["timestamp"] > pd.Timestamp(incident.started_at))
            & (found.alerts["timestamp"] <= pd.Timestamp(incident.last_seen_at))
        ]  # fmt: skip
        assert mine["timestamp"].nunique() == incident.occurrence_count
        assert mine["timestamp"].max() == pd.Timestamp(incident.last_seen_at)
    everything = live.thresholds.compare(SYSTEM, [live.hotel], *SPAN, {})
    assert everything.difference.appear.empty
    assert everything.difference.disappear.empty
    assert len(everything.difference.stay) == len(found.alerts.drop_duplicates([*KEY[:4], "observed_on"]))


def _key(anomaly: Anomaly) -> tuple[Any, ...]:
    where = (anomaly.metric_type, anomaly.alert_type, anomaly.entity_type, anomaly.entity_id)
    return (*where, pd.Timestamp(anomaly.timestamp))


def test_other_settings_give_other_alerts(live: Live) -> None:
    """Negative control of the test above; a proposal is tried, not saved."""
    span = ([live.hotel], *SPAN)
    more = live.thresholds.compare(SYSTEM, *span, {HOTEL_WIDE: Change(budget_per_day=100.0)})
    assert len(more.difference.appear) > 0
    assert more.difference.disappear.empty
    strict = {"tuketim_miktar": Change(families={"cell": FamilyRule(extra_evidence=6.0)})}
    fewer = live.thresholds.compare(SYSTEM, *span, strict)
    assert set(fewer.difference.disappear["family"]) == {"cell"}
    assert live.thresholds.current(SYSTEM, live.hotel)["tuketim_miktar"].version == 0
    assert keys(live.thresholds.replay(SYSTEM, *span).alerts) == live.witness.keys()


def test_what_replay_announces_is_what_detection_then_does(live: Live) -> None:
    """Saved settings decide the next detection: replay said which alerts these are, segments included."""
    [cell, *_] = [a for a in live.witness.told if a.entity_type == "minibar_slot"]
    assert cell.product_id is not None
    segments = {segment_key("cell", product=cell.product_id): 3.0, segment_key("vacant", occupancy="vacant"): -0.5}
    change = Change(families={"room": FamilyRule(is_enabled=False)}, segments=segments)
    proposed = {"tuketim_miktar": change, HOTEL_WIDE: Change(budget_per_day=40.0)}
    announced = keys(live.thresholds.replay(SYSTEM, [live.hotel], *SPAN, proposed).alerts)
    for metric_type, wanted in proposed.items():
        live.thresholds.save(SYSTEM, live.hotel, metric_type, wanted, "trying")
    with live.database.transaction() as connection:
        for table in ("ml_scores", "ml_candidates", "ml_test_counts"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM pipeline_watermarks WHERE stage LIKE 'detect%'"))
    before = live.witness.keys()
    live.witness.told.clear()
    live.detection.detect(SYSTEM, live.hotel, UNTIL)
    assert live.witness.keys() == announced != before


def test_candidates_are_bounded_and_do_not_depend_on_how_often_detection_ran(live: Live) -> None:
    def stored() -> tuple[pd.DataFrame, pd.DataFrame]:
        with live.database.reading() as connection:
            found = candidate_queries.read_candidates(connection, live.hotel, SPAN)
            counts = candidate_queries.read_counts(connection, live.hotel, *SPAN)
        return found, counts

    in_steps, counts_in_steps = stored()
    assert (in_steps["is_certain"] | (in_steps["score"] > 1.0)).all()
    assert 0 < len(in_steps) < 0.1 * counts_in_steps["tests"].sum()
    with live.database.transaction() as connection:
        for table in ("ml_scores", "ml_candidates", "ml_test_counts"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM pipeline_watermarks WHERE stage LIKE 'detect%'"))
    live.detection.detect(SYSTEM, live.hotel, UNTIL)
    at_once, counts_at_once = stored()
    pd.testing.assert_frame_equal(in_steps, at_once, check_exact=True)
    pd.testing.assert_frame_equal(counts_in_steps, counts_at_once, check_exact=True)


def test_a_corrected_row_replaces_its_candidate(live: Live) -> None:
    with live.database.reading() as connection:
        before = candidate_queries.read_candidates(connection, live.hotel, SPAN)
    cell = before[before["family"] == "cell"].sort_values("score").iloc[-1]
    with live.database.transaction() as connection:
        connection.execute(
            text(
                "UPDATE ml_metrics SET metric_value = 0, collected_at = clock_timestamp() WHERE hotel_id = :hotel "
                "AND metric_type = 'tuketim_miktar' AND entity_id = :entity AND timestamp = :at"
            ),
            {"hotel": live.hotel, "entity": int(cell["entity_id"]), "at": cell["timestamp"].to_pydatetime()},
        )
    live.detection.detect(SYSTEM, live.hotel, UNTIL)
    with live.database.reading() as connection:
        after = candidate_queries.read_candidates(connection, live.hotel, SPAN)
    key = ["family", "entity_id", "timestamp"]
    gone = set(before[key].itertuples(index=False, name=None)) - set(after[key].itertuples(index=False, name=None))
    assert ("cell", cell["entity_id"], cell["timestamp"]) in gone
    assert {family for family, _, _ in gone} <= {"cell", "room"}
    assert len(gone) <= 2


def test_a_check_that_vanishes_takes_its_candidates_along(live: Live) -> None:
    """Also what was built on it: the room's total."""
    with live.database.reading() as connection:
        before = candidate_queries.read_candidates(connection, live.hotel, SPAN)
    pairs = before[before["family"].isin(["cell", "room"])].groupby(["room_id", "timestamp"])["family"].nunique()
    room, at = pairs[pairs == 2].index[-1]
    check = {"hotel": live.hotel, "room": int(room), "at": at.to_pydatetime()}
    with live.database.transaction() as connection:
        found = "SELECT id FROM visits WHERE hotel_id = :hotel AND room_id = :room AND occurred_at = :at"
        for table, column in (("visit_lines", "visit_id"), ("room_checks", "visit_id"), ("visits", "id")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} IN ({found})"), check)
        watermarks.reset(connection, live.hotel, "collect")
    MetricsService(live.database).collect(SYSTEM, live.hotel, UNTIL)
    with live.database.reading() as connection:
        after = candidate_queries.read_candidates(connection, live.hotel, SPAN)

    def of_check(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[(rows["room_id"] == room) & (rows["timestamp"] == at) & (rows["metric_type"] == "tuketim_miktar")]

    assert len(of_check(before)) >= 2
    assert of_check(after).empty
    assert len(after) > len(before) - 10


def test_a_false_alarm_is_counted_and_silences_its_situation_in_replay(live: Live) -> None:
    """A6.3, A6.4: verdicts are what precision is measured with."""
    nothing = live.thresholds.replay(SYSTEM, [live.hotel], *SPAN)
    assert (nothing.verdict_precision.value, nothing.verdict_precision.n) == (None, 0)
    assert nothing.planted_recall.n == 5
    assert nothing.planted_recall.value is not None
    board = live.witness.alerts.board(SYSTEM, AlertFilters(states=()), limit=500).rows
    for row, verdict in zip(board[:3], ("dogru", "yanlis_pozitif", "beklenen"), strict=True):
        live.witness.alerts.triage.judge(SYSTEM, [row.id], verdict)
    found = live.thresholds.replay(SYSTEM, [live.hotel], *SPAN)
    assert (found.verdict_precision.value, found.verdict_precision.n) == (0.5, 2)
    assert (found.verdict_recall.value, found.verdict_recall.n) == (1.0, 1)
    nothing_left = {name: Change(families={f: FamilyRule(is_enabled=False) for f in _families(live, name)})
                    for name in {row.metric_type for row in board[:3]}}  # fmt: skip
    silent = live.thresholds.replay(SYSTEM, [live.hotel], *SPAN, nothing_left)
    assert (silent.verdict_recall.value, silent.verdict_recall.n) == (0.0, 1)
    assert silent.verdict_precision.value is None


def _families(live: Live, metric_type: str) -> list[str]:
    with live.database.reading() as connection:
        counts = candidate_queries.read_counts(connection, live.hotel, *SPAN, metric_type)
    return [str(name) for name in counts["family"].unique()]


def test_a_read_history_is_kept_until_the_data_changes(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slider that moves reads candidates once; new scores and new verdicts are seen."""
    read: list[int] = []
    original = candidate_queries.read_candidates

    def counting(connection: Any, hotel_id: int, *rest: Any, **options: Any) -> pd.DataFrame:
        read.append(hotel_id)
        return original(connection, hotel_id, *rest, **options)

    monkeypatch.setattr(candidate_queries, "read_candidates", counting)
    for budget in (1.0, 2.0, 3.0):
        live.thresholds.replay(SYSTEM, [live.hotel], *SPAN, {HOTEL_WIDE: Change(budget_per_day=budget)})
    assert len(read) == 1
    row = live.witness.alerts.board(SYSTEM, AlertFilters(states=()), limit=1).rows[0]
    live.witness.alerts.triage.judge(SYSTEM, [row.id], "dogru")
    assert live.thresholds.replay(SYSTEM, [live.hotel], *SPAN).verdict_precision.n == 1
    assert len(read) == 2
    assert replace(live.thresholds).histories is live.thresholds.histories


def test_another_budget_of_the_installation_is_played_again_where_it_counts(live: Live) -> None:
    """Told before a budget is saved (C9): of the hotels that saved no budget of their own."""
    found = budget_effect(live.thresholds, SYSTEM, [live.hotel], 100.0, UNTIL)
    until = (UNTIL - timedelta(days=1)).date()
    span = (until - timedelta(days=found.days - 1), until)
    wanted = live.thresholds.compare(SYSTEM, [live.hotel], *span, {HOTEL_WIDE: Change(budget_per_day=100.0)})
    assert found.after - found.before == found.added - found.removed > 0
    assert (found.hotels, found.after, found.added) == (1, len(wanted.after.alerts), len(wanted.difference.appear))
    live.thresholds.save(SYSTEM, live.hotel, HOTEL_WIDE, Change(budget_per_day=3.0), "its own")
    assert budget_effect(live.thresholds, SYSTEM, [live.hotel], 100.0, UNTIL).hotels == 0
