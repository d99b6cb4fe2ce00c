"""Small made-up histories of the daily metric types for the tests of their detectors."""

import numpy as np
import pandas as pd

START = pd.Timestamp("2025-12-31T21:00Z")  # a midnight in Istanbul


def _days(entities: int, days: int, **columns: np.ndarray) -> pd.DataFrame:
    """One row an entity and day, days first; columns are (days × entities)."""
    day, entity = np.repeat(np.arange(days), entities), np.tile(np.arange(entities), days)
    began = START + pd.to_timedelta(day, unit="D")
    frame = pd.DataFrame({"entity_id": entity + 1, "interval_start": began, "timestamp": began + pd.Timedelta(days=1)})
    return frame.assign(exposure=np.nan).assign(**{name: part.ravel() for name, part in columns.items()})


def requests(entities: int = 4, days: int = 60, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return _days(entities, days, metric_value=rng.poisson(2.0, (days, entities)).astype(float))


def write_offs(entities: int = 4, days: int = 60, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = (days, entities)
    return _days(entities, days, metric_value=(rng.random(size) < 0.05) * 1.0, exposure=np.full(size, 80.0))


def scans(entities: int = 4, days: int = 60, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    looks = rng.integers(40, 80, (days, entities))
    return _days(entities, days, metric_value=rng.binomial(looks, 0.97).astype(float), exposure=looks.astype(float))


def scan_results(entities: int = 4, days: int = 60, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tries = rng.integers(40, 80, (days, entities))
    failed = rng.binomial(tries, 0.02)
    share = 1.0 - failed / tries
    return _days(entities, days, metric_value=share, exposure=tries.astype(float), failed=failed)


def vacant(days: int = 60, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rooms = (rng.random((days, 1)) < 0.03).astype(np.int64)
    return _days(1, days, metric_value=rooms * 2.0, exposure=np.full((days, 1), 8.0), rooms=rooms)


def occupancy(days: int = 80, seed: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    share = (0.75 + rng.normal(0, 0.04, (days, 1))).clip(0, 1)
    return _days(1, days, metric_value=share, exposure=np.full((days, 1), 100.0), occupied_rooms=share * 100)


def answers(floors: int = 3, days: int = 60, seed: int = 7) -> pd.DataFrame:
    """Four answers a floor and day, log-normal around an hour."""
    rng = np.random.default_rng(seed)
    count = floors * days * 4
    day, floor = np.repeat(np.arange(days), floors * 4), np.tile(np.repeat(np.arange(floors), 4), days)
    minutes = (60.0 * np.exp(rng.normal(0, 0.4, count))).round()
    asked = START + pd.to_timedelta(day, unit="D") + pd.to_timedelta(9 * 60 + rng.permutation(count) % 400, unit="min")
    return pd.DataFrame(
        {
            "entity_id": np.arange(count) % 40 + 1, "interval_start": asked, "floor_id": floor + 1, "staff_id": 1,
            "timestamp": asked + pd.to_timedelta(minutes, unit="min"), "metric_value": minutes, "exposure": np.nan,
        }
    )  # fmt: skip


def revenue(entities: int = 4, days: int = 70, seed: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    units = rng.poisson(12, (days, entities))
    return _days(entities, days, metric_value=units * 3.5, units=units, exposure=np.full((days, entities), 100.0))


def rooms(entities: int = 20, days: int = 60, seed: int = 9) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    units = rng.poisson(0.6, (days, entities))
    return _days(entities, days, metric_value=units * 3.5, units=units)


def run_out(entities: int = 3, days: int = 70, seed: int = 10) -> pd.DataFrame:
    """Between 22 and 9 days of stock, delivered every fortnight."""
    left = 22.0 - np.arange(days) % 14
    size = (days, entities)
    return _days(entities, days, metric_value=np.broadcast_to(left[:, None], size) + 0.1 * np.arange(entities),
                 level=np.full(size, 40.0), daily_outflow=np.full(size, 2.0))  # fmt: skip


ROWS = {
    "talep_yogunluk": requests, "zimmet_fire": write_offs, "qr_okutma_siklik": scans,
    "qr_okutma_performans": scan_results, "bosta_tuketim": vacant, "doluluk_oran": occupancy,
    "talep_yanit_sure": answers, "gelir_urun": revenue, "gelir_oda": rooms, "stok_bitis_tahmini": run_out,
}  # fmt: skip
