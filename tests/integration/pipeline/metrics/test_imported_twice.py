"""A data set imported once, twice, or in two halves gives the same metric rows (P1, A7.2)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pandas as pd

from core.scope import SYSTEM
from db.queries.metrics import read_metrics
from db.session import Database
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from sources.imports.service import ImportService

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
FIRST, DAYS = date(2026, 3, 10), 30  # the clocks of Berlin change on the 29th
AT = datetime(2026, 4, 10, 10, 0, tzinfo=UTC)
PREMISES = {
    "rooms": "room_number;floor;room_type\n101;1;STD\n102;1;STD\n201;2;STD\n",
    "staff": "code;full_name\na;A\nb;B\n",
    "products": "code;name;group;cost;price\nP;Cola;G;1;3\nQ;Water;G;1;2\n",
}
HEADINGS = {
    "stays": "room;arrival_on;departure_on;adults",
    "movements": "product;movement_type;quantity;occurred_at",
    "visits": "room;visit_type;occurred_at;staff;product;consumed_quantity;refilled_quantity",
    "checks": "room;started_at;ended_at;staff",
    "custody": "staff;product;movement_type;quantity;occurred_at",
    "requests": "room;requested_at;completed_at",
    "scans": "room;scanned_at;staff;succeeded",
    "series": "metric;timestamp;value",
}
Day = dict[str, list[str]]


def records(seed: int = 5) -> list[Day]:
    """What happened on each day, as lines of the files."""
    random, days = Random(seed), []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        found: Day = {kind: [] for kind in HEADINGS}
        found["stays"].append(f"101;{day};{day + timedelta(days=1)};{random.randrange(1, 3)}")
        if number == 0:
            found["movements"] += [f"{product};devir;300;{day} 05:00" for product in "PQ"]
            found["visits"] += [f"{room};ilk_dolum;{day} 06:00;a;P;0;2" for room in (101, 102, 201)]
        for place, room in enumerate((101, 102, 201)):
            staff, hour, units = "ab"[place % 2], 9 + place, random.randrange(3)
            found["visits"].append(f"{room};yeniden_dolum;{day} {hour:02d}:10;{staff};P;{units};{max(units, 1)}")
            found["checks"].append(f"{room};{day} {hour:02d}:04;{day} {hour:02d}:10;{staff}")
            found["scans"].append(f"{room};{day} {hour:02d}:03;{staff};{'1' if random.random() < 0.9 else '0'}")
            found["requests"].append(f"{room};{day} 08:{random.randrange(10, 59)};{day} {hour:02d}:10")
        found["series"] += [f"nem;{day} {hour:02d}:00;{40 + random.randrange(20)}" for hour in range(4, 24)]
        found["movements"].append(f"P;cikis;{random.randrange(1, 9)};{day} 07:30")
        found["custody"] += [f"a;P;zimmet;5;{day} 07:30", f"a;P;kullanim;3;{day} 12:00"]
        if number % 7 == 3:
            found["custody"].append(f"b;Q;fire;1;{day} 13:00")
        days.append(found)
    return days


def import_days(database: Database, folder: Path, hotel_id: int, days: list[Day]) -> int:
    """Rows written by an import of these days' files, one a kind."""
    service, written = ImportService(database), 0
    for kind, heading in HEADINGS.items():
        path = folder / f"{kind}.csv"
        path.write_text("\n".join([heading, *(line for day in days for line in day[kind])]) + "\n")
        report = service.run(SYSTEM, hotel_id, kind, path)
        assert report.errors == [], (kind, report.errors)
        written += report.inserted + report.updated
    return written


def new_hotel(database: Database, folder: Path, code: str) -> int:
    service = ImportService(database)
    hotel_id = service.ensure_hotel(SYSTEM, code, code, time_zone="Europe/Berlin")
    for kind, content in PREMISES.items():
        path = folder / f"{kind}.csv"
        path.write_text(content)
        assert service.run(SYSTEM, hotel_id, kind, path).errors == []
    return hotel_id


def rows_of(database: Database, hotel_id: int) -> dict[str, pd.DataFrame]:
    """The metric rows with places instead of ids, which differ from hotel to hotel."""
    with database.reading() as connection:
        found = {name: read_metrics(connection, hotel_id, name, *EVER) for name in METRIC_TYPES}
    ids = ["entity_id", "visit_id", "room_id", "floor_id", "staff_id"]
    return {
        name: frame.assign(**{column: frame[column].rank(method="dense") for column in ids if column in frame}).drop(
            columns="visit_id", errors="ignore"
        )
        for name, frame in found.items()
    }


def test_once_twice_and_in_two_halves_are_the_same(database: Database, tmp_path: Path) -> None:
    metrics, days = MetricsService(database), records()
    once, twice, halves = (new_hotel(database, tmp_path, code) for code in ("ONCE", "TWICE", "HALVES"))
    import_days(database, tmp_path, once, days)
    metrics.collect(SYSTEM, once, AT)
    assert import_days(database, tmp_path, twice, days) > 0
    metrics.collect(SYSTEM, twice, AT)
    assert import_days(database, tmp_path, twice, days) == 0
    assert metrics.collect(SYSTEM, twice, AT).rows_out == 0
    import_days(database, tmp_path, halves, days[15:])
    metrics.collect(SYSTEM, halves, AT)
    import_days(database, tmp_path, halves, days[:18])  # the older half comes later, and three days once more
    metrics.collect(SYSTEM, halves, AT)
    whole, again, joined = (rows_of(database, hotel_id) for hotel_id in (once, twice, halves))
    for name in METRIC_TYPES:
        assert len(whole[name]) or name == "bosta_tuketim", name
        pd.testing.assert_frame_equal(again[name], whole[name], check_exact=True, obj=name)
        pd.testing.assert_frame_equal(joined[name], whole[name], check_exact=True, obj=name)
