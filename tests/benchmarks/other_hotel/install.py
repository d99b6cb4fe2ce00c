"""The other hotel in an installation: its files through the import, its history through the pipeline's stages."""

import pickle
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sqlalchemy import text

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries.frames import copy_out
from db.queries.metrics import read_consumption, read_metrics
from db.queries.scores import visit_staff
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.detectors import JUDGES
from pipeline.metrics.service import MetricsService
from pipeline.passes import Pipeline
from sources.imports.service import ImportService
from tests.benchmarks.other_hotel.generate import Records, generate
from tests.benchmarks.other_hotel.shape import Shape
from tests.benchmarks.servers import fresh_database

BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
CODES = {"room": "number", "product": "code", "staff": "code", "floor": "number"}
TABLES = {"room": "rooms", "product": "products", "staff": "staff", "floor": "floors"}


@dataclass(frozen=True)
class Observed:
    """What detection may see (``rows`` by metric type), the codes behind the ids, and the truth it may not see."""

    shape: Shape
    hotel_id: int
    rows: dict[str, pd.DataFrame]
    codes: dict[str, dict[int, str]]
    truth: pd.DataFrame
    benign: pd.DataFrame


def import_files(database: Database, records: Records, folder: Path, code: str = "OTHER") -> int:
    """The hotel's id after all its files were imported as ``manage.py import`` does; a refusal is an error."""
    service = ImportService(database)
    hotel_id = service.ensure_hotel(SYSTEM, code, "The other hotel", records.shape.time_zone)
    for kind, path in records.write(folder).items():
        report = service.run(SYSTEM, hotel_id, kind, path)
        if report.state != "imported":
            raise ValueError(f"{kind}: {report.state}, {report.errors[:3]}")
    return hotel_id


def until(shape: Shape) -> datetime:
    """Midnight after the hotel's last day, in UTC."""
    last = pd.Timestamp(shape.first_on) + pd.Timedelta(days=shape.days)
    at: datetime = last.tz_localize(shape.time_zone).tz_convert("UTC").to_pydatetime()
    return at


def codes_of(database: Database, hotel_id: int) -> dict[str, dict[int, str]]:
    """Id → code of rooms, products, people and floors."""
    with database.reading() as connection:
        return {
            name: {
                int(row.id): str(row.code)
                for row in connection.execute(
                    text(f"SELECT id, {CODES[name]} AS code FROM {table} WHERE hotel_id = :hotel"), {"hotel": hotel_id}
                )
            }
            for name, table in TABLES.items()
        }


def metric_rows(database: Database, hotel_id: int) -> dict[str, pd.DataFrame]:
    """What each judge reads, over the whole history."""
    found = {}
    with database.reading() as connection:
        for name in JUDGES:
            if name == "tuketim_miktar":
                rows = read_consumption(connection, hotel_id, BEGINNING, END)
                staff = visit_staff(connection, hotel_id, BEGINNING, END)
                found[name] = rows.merge(staff, on="visit_id", how="left")
            else:
                found[name] = read_metrics(connection, hotel_id, name, BEGINNING, END)
    return found


def observe(shape: Shape, cache: Path | None = None) -> Observed:
    """The collected metric rows of a hotel; kept in ``cache`` so that detection alone can be tried again and again."""
    name = f"{shape.seed}-{shape.rooms}-{shape.days}-{shape.first_on}-{shape.thirst}-{shape.events}.pickle"
    if cache is not None and (cache / name).exists():
        kept: Observed = pickle.loads((cache / name).read_bytes())  # noqa: S301 - our own file
        return kept
    records = generate(shape)
    with fresh_database() as database, TemporaryDirectory() as folder:
        hotel_id = import_files(database, records, Path(folder))
        MetricsService(database).collect(SYSTEM, hotel_id, until(shape))
        rows, codes = metric_rows(database, hotel_id), codes_of(database, hotel_id)
    seen = Observed(shape, hotel_id, rows, codes, records.truth, records.benign)
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / name).write_bytes(pickle.dumps(seen))
    return seen


ALERTS = "SELECT * FROM ml_alerts WHERE hotel_id = %(hotel_id)s ORDER BY id"


def live_alerts(shape: Shape) -> tuple[Observed, pd.DataFrame]:
    """The whole pipeline over the history, as a new installation does it, and the alerts it leaves."""
    records = generate(shape)
    with fresh_database() as database, TemporaryDirectory() as folder:
        hotel_id = import_files(database, records, Path(folder))
        settings = Settings(home=Path(folder) / "home", models_dir=Path(folder) / "models")
        clock = FixedClock(until(shape))
        pipeline = Pipeline(database, settings, clock, AlertService(database, clock))
        first = pd.Timestamp(shape.first_on).tz_localize(shape.time_zone).tz_convert("UTC").to_pydatetime()
        pipeline.first_pass(SYSTEM, hotel_id, first + timedelta(hours=1), until(shape))
        with database.reading() as connection:
            alerts = copy_out(connection, ALERTS, {"hotel_id": hotel_id})
        rows, codes = metric_rows(database, hotel_id), codes_of(database, hotel_id)
    return Observed(shape, hotel_id, rows, codes, records.truth, records.benign), alerts
