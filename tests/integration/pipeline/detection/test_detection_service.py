"""Detection on a real database: scores, hand-over, re-scoring, no rows left behind (SPEC A1, A2, P6)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.queries import scores as score_queries
from db.queries import versions
from db.session import Database
from pipeline.detection.anomaly import DetectionResult
from pipeline.detection.service import DetectionService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from sources.simulation.anomalies import NEGATIVE_CUSTODY, TENFOLD_ENTRY, VACANT_THEFT, PlantPlan
from sources.simulation.service import SimulationService

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
PLAN = PlantPlan({}, ((VACANT_THEFT, 21), (TENFOLD_ENTRY, 30), (NEGATIVE_CUSTODY, 31)))


@dataclass
class Collector:
    """An alert sink that keeps what it is told."""

    results: list[DetectionResult] = field(default_factory=list)
    fails: bool = False

    def apply(self, connection: Any, result: DetectionResult) -> int:
        if self.fails:
            raise AppError("no_sink")
        self.results.append(result)
        return len(result.anomalies)


@pytest.fixture
def hotel(database: Database) -> int:
    """Fifty rooms, 38 days, three planted anomalies, collected."""
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 50, 38, seed=5, until=UNTIL, plant=PLAN)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    return hotel_id


def service(database: Database, tmp_path: Path, sink: Collector) -> DetectionService:
    settings = Settings(home=tmp_path / "home", models_dir=tmp_path / "models")
    return DetectionService(database, ModelManager(database, settings), settings, sink)


def stored(database: Database, hotel_id: int, metric_type: str = "tuketim_miktar") -> pd.DataFrame:
    with database.reading() as connection:
        return score_queries.read_scores(connection, hotel_id, metric_type, BEGINNING, UNTIL)


def counted(database: Database, query: str) -> int:
    with database.reading() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_every_metric_row_gets_one_score_and_a_second_run_writes_nothing(
    database: Database, hotel: int, tmp_path: Path
) -> None:
    sink = Collector()
    first = service(database, tmp_path, sink).detect(SYSTEM, hotel, UNTIL)
    assert counted(database, "SELECT count(*) FROM ml_scores") == counted(database, "SELECT count(*) FROM ml_metrics")
    assert first.rows_out == first.rows_in > 0
    told = len(sink.results)
    again = service(database, tmp_path, sink).detect(SYSTEM, hotel, UNTIL)
    assert (again.rows_in, again.rows_out, len(sink.results)) == (0, 0, told)
    with database.reading() as connection:
        assert versions.current(connection, [hotel])[hotel, "scores"] >= 1


def test_planted_theft_entry_and_custody_are_found_in_order_of_time(
    database: Database, hotel: int, tmp_path: Path
) -> None:
    """A2.6, A2.4, A1.6: the vacant room, the product, and the negative balance at once."""
    sink = Collector()
    service(database, tmp_path, sink).detect(SYSTEM, hotel, UNTIL)
    found = [anomaly for result in sink.results for anomaly in result.anomalies]
    with database.reading() as connection:
        labels = score_queries.planted_anomalies(connection, hotel).set_index("anomaly_type")
    thefts = [a for a in found if a.alert_type == "bosta_tuketim_var"]
    assert [a.room_id for a in thefts] == [labels.loc[VACANT_THEFT, "room_id"]]
    assert [reason.message_id for reason in thefts[0].reasons][1] == "reason.vacant"
    entries = [
        a for a in found if a.entity_type == "minibar_slot" and a.product_id == labels.loc[TENFOLD_ENTRY, "product_id"]
    ]
    assert labels.loc[TENFOLD_ENTRY, "room_id"] in [a.room_id for a in entries]
    negative = [a for a in found if a.alert_type == "zimmet_tutarsizlik"]
    assert {(a.staff_id, a.severity) for a in negative} == {(labels.loc[NEGATIVE_CUSTODY, "staff_id"], "kritik")}
    for metric_type in {result.metric_type for result in sink.results}:
        days = [result.at for result in sink.results if result.metric_type == metric_type]
        assert days == sorted(days)
    assert sum(result.metric_type == "tuketim_miktar" for result in sink.results) > 30


def test_scores_do_not_depend_on_how_often_detection_ran(database: Database, hotel: int, tmp_path: Path) -> None:
    """Principle 2: once over everything, or in steps as a live installation does: the same scores and anomalies."""
    steps, once = Collector(), Collector()
    for days in (9, 6, 3, 2, 1, 0):
        service(database, tmp_path, steps).detect(SYSTEM, hotel, UNTIL - timedelta(days=days, hours=3 * days))
    by_steps = {
        name: stored(database, hotel, name).drop(columns="scored_at") for name in ("tuketim_miktar", "stok_seviye")
    }
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM ml_scores"))
        connection.execute(text("DELETE FROM pipeline_watermarks WHERE stage LIKE 'detect%'"))
    service(database, tmp_path, once).detect(SYSTEM, hotel, UNTIL)
    for name, scores in by_steps.items():
        pd.testing.assert_frame_equal(scores, stored(database, hotel, name).drop(columns="scored_at"), check_exact=True)
    told = [sorted(repr(a) for r in sink.results for a in r.anomalies) for sink in (steps, once)]
    assert told[0] == told[1]
    assert len(told[0]) >= 3


def test_nothing_after_the_instant_is_read(database: Database, hotel: int, tmp_path: Path) -> None:
    at = UNTIL - timedelta(days=5)
    service(database, tmp_path, Collector()).detect(SYSTEM, hotel, at)
    assert stored(database, hotel)["timestamp"].max() <= pd.Timestamp(at)


def test_a_corrected_row_is_scored_again(database: Database, hotel: int, tmp_path: Path) -> None:
    """Principle 3: late and corrected rows."""
    sink = Collector()
    detection = service(database, tmp_path, sink)
    detection.detect(SYSTEM, hotel, UNTIL)
    before = stored(database, hotel)
    row = before[before["score"].notna()].iloc[-5]
    with database.transaction() as connection:
        connection.execute(
            text(
                "UPDATE ml_metrics SET metric_value = 25, collected_at = clock_timestamp() WHERE hotel_id = :hotel "
                "AND metric_type = 'tuketim_miktar' AND entity_id = :entity AND timestamp = :at"
            ),
            {"hotel": hotel, "entity": int(row["entity_id"]), "at": row["timestamp"].to_pydatetime()},
        )
    sink.results.clear()
    report = detection.detect(SYSTEM, hotel, UNTIL)
    assert (report.rows_in, report.rows_out) == (1, 1)
    assert any(a.value == 25 for result in sink.results for a in result.anomalies)
    after = stored(database, hotel).merge(before, on=["entity_id", "timestamp"], suffixes=("", "_before"))
    changed = after[after["score"].fillna(-1) != after["score_before"].fillna(-1)]
    assert changed["entity_id"].tolist() == [row["entity_id"]]
    np.testing.assert_array_equal(changed["expected"], changed["expected_before"])


def test_a_failing_sink_leaves_no_score_behind(database: Database, hotel: int, tmp_path: Path) -> None:
    """Scores and alerts are one transaction."""
    broken = Collector(fails=True)
    with pytest.raises(AppError, match="no_sink"):
        service(database, tmp_path, broken).detect(SYSTEM, hotel, UNTIL)
    assert counted(database, "SELECT count(*) FROM ml_scores") == 0
    sink = Collector()
    service(database, tmp_path, sink).detect(SYSTEM, hotel, UNTIL)
    assert sink.results


def test_detection_wants_the_permission_and_the_hotel(database: Database, tmp_path: Path) -> None:
    detection = service(database, tmp_path, Collector())
    with pytest.raises(AppError, match="forbidden"):
        detection.detect(Scope("ayse", frozenset({"alerts.read"}), frozenset({1})), 1, UNTIL)
    with pytest.raises(AppError, match="not_found"):
        detection.detect(Scope("cem", frozenset({"jobs.run"}), frozenset({2})), 1, UNTIL)
