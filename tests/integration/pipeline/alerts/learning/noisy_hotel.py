"""A hotel whose detector is right about strong evidence and noisy about weak evidence: stored candidates and labels."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, insert

from db.models.ml import PlantedAnomaly
from db.queries import candidates as candidate_queries
from tests.integration.builders import BuiltHotel

FALSE_A_DAY, TRUE_A_DAY = 5.0, 2.5
WEAK, STRONG = 0.4, 5.0  # mean evidence beyond the threshold, −log10 units; simulated hotels have such scores
BASE = 2.5  # somewhat above any threshold of so few tests
FAMILIES = {
    "tuketim_miktar": ("room", "tuketim_anomali", "room_id", "test=room;occupancy=occupied"),
    "dolum_sure": ("refill", "dolum_gecikme", "staff_id", "test=refill"),
}


def add_noise(connection: Connection, hotel: BuiltHotel, first: datetime, days: int, seed: int) -> None:
    """Candidates and numbers of tests of ``days`` days; what is true is planted as well."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for day in range(days):
        at = first + timedelta(days=day) - timedelta(hours=2)
        for is_true, rate in ((False, FALSE_A_DAY), (True, TRUE_A_DAY)):
            for _ in range(int(rng.poisson(rate))):
                rows.append(_candidate(rng, hotel, at, is_true))
                if is_true:
                    connection.execute(insert(PlantedAnomaly), _label(hotel, rows[-1]))
    found = pd.DataFrame(rows).drop_duplicates(["metric_type", "family", "entity_id", "timestamp"])
    dates = [pd.Timestamp(first.date()) + pd.Timedelta(days=day) for day in range(-30, days)]
    for metric_type, (family, *_) in FAMILIES.items():
        mine = found[found["metric_type"] == metric_type].drop(columns="metric_type")
        candidate_queries.replace_candidates(connection, hotel.hotel_id, metric_type, mine, mine.iloc[:0])
        counts = pd.DataFrame({"observed_on": dates, "tests": 30}).assign(
            family=family, share=0.5, effect_gate_ratio=0.4, is_banded=False
        )
        candidate_queries.replace_counts(
            connection, hotel.hotel_id, metric_type, counts, (dates[0].date(), dates[-1].date())
        )


def _candidate(rng: np.random.Generator, hotel: BuiltHotel, at: datetime, is_true: bool) -> dict[str, Any]:
    metric_type = "dolum_sure" if rng.random() < 0.15 else "tuketim_miktar"
    family, alert_type, own, signature = FAMILIES[metric_type]
    ids = hotel.rooms if own == "room_id" else hotel.staff
    entity = int(rng.choice(ids))
    excess = float(rng.uniform(4.0, 12.0) if is_true else rng.uniform(2.0, 5.0))
    places = {name: entity if name == own else np.nan for name in ("room_id", "product_id", "staff_id")}
    return {
        "metric_type": metric_type, "family": family, "alert_type": alert_type, "entity_id": entity,
        "entity_type": "room" if own == "room_id" else "staff", "observed_on": pd.Timestamp(at.date()),
        "interval_start": at - timedelta(hours=20), "timestamp": at, "value": 1.0 + excess, "expected": 1.0,
        "lower": 0.0, "upper": 2.5, "deviation_ratio": excess, "effect": excess, "is_certain": False,
        "score": BASE + float(rng.exponential(STRONG if is_true else WEAK)), "context_signature": signature, **places,
    }  # fmt: skip


def _label(hotel: BuiltHotel, row: dict[str, Any]) -> dict[str, Any]:
    known = {name: row[name] for name in ("room_id", "staff_id") if row[name] == row[name]}
    return {
        "hotel_id": hotel.hotel_id, "anomaly_type": "planted", "metric_type": row["metric_type"],
        "entity_type": row["entity_type"], "started_at": row["interval_start"], "ended_at": row["timestamp"], **known,
    }  # fmt: skip
