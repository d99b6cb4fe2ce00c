"""A past made of candidates with verdicts: right alerts have more evidence than wrong ones, in two families."""

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-01-01", tz="UTC")
DAYS = 60
TYPE = "tuketim_miktar"


def candidate(family: str, day: int, entity: int, score: float, **columns: object) -> dict[str, object]:
    at = START + pd.Timedelta(days=day, hours=12, minutes=entity % 600)
    return {
        "metric_type": TYPE, "family": family, "alert_type": f"{family}_type", "entity_type": "room",
        "entity_id": entity, "room_id": float(entity), "product_id": np.nan, "staff_id": np.nan,
        "observed_on": at.normalize().tz_localize(None), "interval_start": at - pd.Timedelta(hours=20), "timestamp": at,
        "value": 9.0, "expected": 1.0, "lower": 0.0, "upper": 3.0, "deviation_ratio": 8.0, "effect": 8.0,
        "score": score, "is_certain": False, "context_signature": f"test={family}", **columns,
    }  # fmt: skip


def past(seed: int = 1, wrong: float = 2.8, right: float = 5.0, days: int = DAYS) -> pd.DataFrame:
    """One candidate a day and family: of ``cell`` every second one is wrong, ``shift`` is always right."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(days):
        is_wrong = day % 2 == 0
        middle = wrong if is_wrong else right
        rows.append(candidate("cell", day, 1000 + day, round(float(middle + rng.uniform(-0.2, 0.2)), 6)))
        rows.append(candidate("shift", day, 2000 + day, round(float(right + rng.uniform(-0.2, 0.2)), 6)))
    return pd.DataFrame(rows)


def counts(candidates: pd.DataFrame, tests: int = 100, share: float = 0.5) -> pd.DataFrame:
    """Every family makes ``tests`` tests a day, from four weeks before the first candidate on."""
    since = candidates["observed_on"].min() - pd.Timedelta(days=28)
    days = pd.date_range(since, candidates["observed_on"].max(), unit="s")
    frames = [
        pd.DataFrame({"metric_type": TYPE, "family": family, "observed_on": days, "tests": tests, "share": share})
        for family in candidates["family"].unique()
    ]
    return pd.concat(frames, ignore_index=True).assign(effect_gate_ratio=0.4, is_banded=False)


def verdicts(candidates: pd.DataFrame) -> pd.DataFrame:
    """Somebody judged every one: right is what has an evidence above 4."""
    return pd.DataFrame(
        {
            "metric_type": candidates["metric_type"], "alert_type": candidates["alert_type"],
            "entity_type": candidates["entity_type"], "entity_id": candidates["entity_id"],
            "context_signature": candidates["context_signature"],
            "started_at": candidates["interval_start"], "last_seen_at": candidates["timestamp"],
            "verdict": np.where(candidates["score"] > 4.0, "dogru", "yanlis_pozitif"),
            "verdict_at": candidates["timestamp"] + pd.Timedelta(hours=1),
        }
    )  # fmt: skip


def labels(candidates: pd.DataFrame) -> pd.DataFrame:
    """Planted anomalies under every candidate given."""
    return pd.DataFrame(
        {
            "id": np.arange(len(candidates)), "anomaly_type": "planted", "metric_type": TYPE, "entity_type": "room",
            "room_id": candidates["room_id"].to_numpy(), "product_id": np.nan, "staff_id": np.nan,
            "started_at": candidates["interval_start"].to_numpy(), "ended_at": candidates["timestamp"].to_numpy(),
        }
    ).astype({"started_at": "datetime64[us, UTC]", "ended_at": "datetime64[us, UTC]"})  # fmt: skip
