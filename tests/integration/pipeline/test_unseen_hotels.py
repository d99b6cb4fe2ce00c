"""What must hold in any hotel, on hotels that detection's authors have not made (SPEC A2.6, A7.2, P6, P11)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries.frames import copy_out
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.contract import Context
from pipeline.detection.detectors import JUDGES
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.passes import Pipeline
from tests.benchmarks.other_hotel.generate import Records, generate
from tests.benchmarks.other_hotel.install import import_files, metric_rows, until
from tests.benchmarks.other_hotel.shape import Shape

SMALL = Shape(seed=4, rooms=12, days=26, events=0.06)
LONG = replace(SMALL, days=42)  # custody wants a month before it speaks
HOUSED = Shape(seed=5, rooms=40, days=30, events=0.3)  # with the files of stays and visits alone
QUIET = replace(SMALL, events=0.0)
TYPES = ("stok_seviye", "tuketim_miktar", "dolum_sure", "zimmet_kullanim")
ACCUSATIONS = ("bosta_tuketim_var", "bosta_tuketim_artis")
TABLES = {
    "metrics": "SELECT metric_type, entity_type, entity_id, interval_start, timestamp, metric_value, exposure, "
    "extra_data->>'occupancy' AS occupancy FROM ml_metrics",
    "scores": "SELECT metric_type, entity_id, timestamp, expected, lower, upper, score, observations FROM ml_scores",
    "alerts": "SELECT alert_type, entity_type, entity_id, started_at, last_seen_at, metric_value, occurrence_count, "
    "closed_at FROM ml_alerts",
}


@cache
def records(shape: Shape) -> Records:
    return generate(shape)


def installed(database: Database, made: Records, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return import_files(database, made, folder)


def pipeline_of(database: Database, folder: Path, at: datetime) -> Pipeline:
    settings = Settings(home=folder / "home", models_dir=folder / "models")
    clock = FixedClock(at)
    return Pipeline(database, settings, clock, AlertService(database, clock))


def watched(database: Database, made: Records, folder: Path) -> int:
    """The hotel after its files were imported, collected and judged once."""
    hotel_id = installed(database, made, folder)
    watch(database, hotel_id, folder, until(made.shape))
    return hotel_id


def watch(database: Database, hotel_id: int, folder: Path, at: datetime) -> None:
    """The four types that have been there from the beginning; forecasts would take longer than all of them."""
    pipeline = pipeline_of(database, folder, at)
    pipeline.metrics.collect(SYSTEM, hotel_id, at, metric_types=TYPES)
    pipeline.detection.detect(SYSTEM, hotel_id, at)


def read(database: Database, table: str) -> pd.DataFrame:
    with database.reading() as connection:
        frame = copy_out(connection, TABLES[table], {})
    return frame.sort_values(list(frame.columns[:4]), ignore_index=True)


def part(made: Records, kind: str, keep: pd.Series) -> Records:
    """The records with only some rows of one file."""
    return replace(made, files={**made.files, kind: made.files[kind][keep].reset_index(drop=True)})


def before(made: Records, on: date) -> Records:
    """The records as the files of that day's morning would have them: bookings lie ahead, everything else behind."""
    morning = pd.Timestamp(on)
    times = {"movements": "occurred_at", "visits": "occurred_at", "checks": "started_at", "custody": "occurred_at"}
    for kind, column in times.items():
        made = part(made, kind, made.files[kind][column] < morning)
    return made


def test_a_data_set_imported_twice_gives_what_it_gives_once(database: Database, tmp_path: Path) -> None:
    """A7.2: the same files again write nothing; metrics, scores and alerts stay as they are."""
    made = records(SMALL)
    hotel_id = watched(database, made, tmp_path / "first")
    once = {table: read(database, table) for table in TABLES}
    assert len(once["alerts"]) > 0
    assert watched(database, made, tmp_path / "second") == hotel_id
    for table, frame in once.items():
        pd.testing.assert_frame_equal(read(database, table), frame)


def test_a_history_that_comes_in_two_parts_ends_as_one(database: Database, tmp_path: Path) -> None:
    """A7.1, A7.2, P6: watched half-way and again at the end, the hotel has the metrics and scores of one run."""
    made = records(SMALL)
    middle = SMALL.first_on + timedelta(days=17)
    half = before(made, middle)
    hotel_id = installed(database, half, tmp_path / "half")
    at = pd.Timestamp(middle).tz_localize(SMALL.time_zone).tz_convert("UTC").to_pydatetime()
    watch(database, hotel_id, tmp_path / "half", at)
    watched(database, made, tmp_path / "whole")
    parts = {table: read(database, table) for table in TABLES}
    with database.transaction() as connection:
        connection.exec_driver_sql("TRUNCATE ml_metrics, ml_scores, ml_alerts, pipeline_watermarks CASCADE")
    watch(database, hotel_id, tmp_path / "again", until(SMALL))
    for table, frame in parts.items():
        pd.testing.assert_frame_equal(frame, read(database, table), obj=table)


@pytest.mark.parametrize("first_on", [date(2026, 3, 2), date(2026, 10, 5)])
def test_the_weekend_of_a_clock_change_has_all_its_days_and_no_alerts_of_its_own(
    database: Database, tmp_path: Path, first_on: date
) -> None:
    """P1: days of 23 and 25 hours are days; nothing is counted twice and nobody is accused of them."""
    shape = replace(QUIET, first_on=first_on, days=32, time_zone="Europe/Berlin")
    watched(database, records(shape), tmp_path)
    metrics = read(database, "metrics")
    assert not metrics.duplicated(["metric_type", "entity_id", "timestamp"]).any()
    assert (metrics["interval_start"] <= metrics["timestamp"]).all()  # times rounded to minutes: lasted none
    days = metrics[metrics["metric_type"] == "zimmet_kullanim"].groupby("entity_id").size()
    assert days.max() == shape.days
    change = pd.Timestamp(first_on) + pd.Timedelta(days=27 if first_on.month == 3 else 20)
    near = [change.tz_localize("UTC") - pd.Timedelta(days=1), change.tz_localize("UTC") + pd.Timedelta(days=2)]
    hourly = metrics[(metrics["metric_type"] == "stok_seviye") & metrics["timestamp"].between(*near)]
    gaps = hourly.groupby("entity_id")["timestamp"].diff().dropna()
    assert set(gaps) == {pd.Timedelta(hours=1)}


def test_a_hotel_that_consumes_nothing_raises_nothing_about_consumption(database: Database, tmp_path: Path) -> None:
    """A2.2: nothing is expected where nothing was ever taken, so a zero is no news."""
    made = records(replace(QUIET, thirst=0.0))
    assert made.files["visits"]["consumed_quantity"].sum() == 0
    watched(database, made, tmp_path)
    metrics, alerts = read(database, "metrics"), read(database, "alerts")
    assert (metrics["metric_type"] == "tuketim_miktar").sum() > 1000
    assert alerts[alerts["entity_type"] != "product"].empty


def test_two_days_of_data_teach_nothing_and_accuse_nobody(database: Database, tmp_path: Path) -> None:
    """A2.2, DETECTION 7: cold start is a state; rows have no score yet and nothing is raised."""
    watched(database, records(replace(QUIET, days=2)), tmp_path)
    scores = read(database, "scores")
    assert len(scores) > 0
    assert scores.loc[scores["metric_type"] == "tuketim_miktar", "score"].isna().all()
    assert read(database, "alerts").empty


def test_a_leap_day_is_a_day(database: Database, tmp_path: Path) -> None:
    """P1: 29 February has its rows, in every metric type that has days."""
    shape = replace(QUIET, first_on=date(2024, 2, 20), days=15)
    watched(database, records(shape), tmp_path)
    metrics = read(database, "metrics")
    local = (metrics["timestamp"] - pd.Timedelta(microseconds=1)).dt.tz_convert(shape.time_zone)
    leap = metrics[local.dt.date == date(2024, 2, 29)]
    assert set(leap["metric_type"]) == set(TYPES)


def test_no_score_knows_what_came_after_it(database: Database, tmp_path: Path) -> None:
    """P6, DETECTION 2: scores of a history that ends earlier equal the whole history's, exactly, of every type."""
    hotel_id = installed(database, records(LONG), tmp_path)
    pipeline_of(database, tmp_path, until(LONG)).metrics.collect(SYSTEM, hotel_id, until(LONG), metric_types=TYPES)
    end, judged = until(LONG) - timedelta(days=9, hours=11), set()
    for name, rows in metric_rows(database, hotel_id).items():
        metric = METRIC_TYPES[name]
        context = Context(LONG.time_zone, metric.alert_type, 30, metric.effect_gate_ratio, hotel_id)
        if rows.empty or not JUDGES[name].detect(rows, context).scores["score"].notna().any():
            continue
        whole = JUDGES[name].detect(rows, context).scores
        early = JUDGES[name].detect(rows[rows["timestamp"] <= end], context).scores
        pd.testing.assert_frame_equal(_sorted(early), _sorted(whole[whole["timestamp"] <= end]), obj=name)
        judged.add(name)
    assert judged == set(TYPES)


def _sorted(scores: pd.DataFrame) -> pd.DataFrame:
    columns = ["entity_id", "timestamp", "expected", "lower", "upper", "score"]
    return scores[columns].sort_values(columns[:2], ignore_index=True)


def consumption(database: Database) -> pd.DataFrame:
    metrics = read(database, "metrics")
    return metrics[metrics["metric_type"] == "tuketim_miktar"]


def housed(*left_out: str) -> Records:
    made = records(HOUSED)
    kept = {"rooms", "staff", "products", "par_levels", "stays", "visits"} - set(left_out)
    return replace(made, files={kind: frame for kind, frame in made.files.items() if kind in kept})


def test_after_the_file_of_stays_ends_nobody_is_accused(database: Database, tmp_path: Path) -> None:
    """A2.6: the file of stays ends weeks before the visits do; rooms become "unknown", not vacant."""
    end = HOUSED.first_on + timedelta(days=18)
    made = housed()
    made = part(made, "stays", made.files["stays"]["arrival_on"] < end)
    watched(database, made, tmp_path)
    rows, alerts = consumption(database), read(database, "alerts")
    late = rows[rows["timestamp"] >= pd.Timestamp(end + timedelta(days=8), tz="UTC")]
    assert len(late) > 1000
    assert set(late["occupancy"]) <= {"unknown", "occupied", "vacated"}
    assert (late["occupancy"] == "unknown").mean() > 0.9
    accused = alerts[alerts["alert_type"].isin(ACCUSATIONS) & (alerts["last_seen_at"] >= pd.Timestamp(end, tz="UTC"))]
    assert accused.empty


def test_without_any_stays_every_room_is_unknown_and_nobody_is_accused(database: Database, tmp_path: Path) -> None:
    """A2.6: visits alone say what was consumed, not who was there."""
    watched(database, housed("stays"), tmp_path)
    assert set(consumption(database)["occupancy"]) == {"unknown"}
    assert consumption(database)["exposure"].isna().all()
    assert not read(database, "alerts")["alert_type"].isin(ACCUSATIONS).any()


def test_with_its_stays_the_same_hotel_tells_of_the_theft_in_a_vacant_room(database: Database, tmp_path: Path) -> None:
    """A2.6, the control of the two tests above: where stays are known the alert exists."""
    watched(database, housed(), tmp_path)
    assert "vacant" in set(consumption(database)["occupancy"])
    assert read(database, "alerts")["alert_type"].isin(ACCUSATIONS).any()
