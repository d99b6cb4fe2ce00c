"""What comparing two models found, as the document that is kept, and read back (SPEC C6).

Thresholds are not in it (SPEC A9.3), nor names: rooms and people are named when somebody looks.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import pandas as pd

from pipeline.detection.thresholds.outcomes import Measured
from pipeline.detection.thresholds.replay import Comparison
from reports.threshold_preview import SHOWN_ALERTS, Side, changed, daily, side

KEPT = [
    "metric_type", "family", "alert_type", "entity_type", "entity_id", "room_id", "product_id", "staff_id", "days",
    "value", "expected", "score", "certain", "severity", "verdict", "is_hit",
]  # fmt: skip
MEASURES = ("check_precision", "verdict_precision", "verdict_recall", "planted_precision", "planted_recall")


def document(compared: Comparison, metric_type: str) -> dict[str, Any]:
    """The comparison as JSON; the first SHOWN_ALERTS of the alerts that appear and that disappear."""
    appear, disappear = changed(compared)
    days = daily(compared)
    return {
        "before": _side(compared.before, metric_type),
        "after": _side(compared.after, metric_type),
        "stay": len(compared.difference.stay.drop_duplicates("incident")),
        "daily": [
            [on.date().isoformat(), int(before), int(after)]
            for on, before, after in zip(days["observed_on"], days["before"], days["after"], strict=True)
        ],
        "appear": _changes(appear),
        "disappear": _changes(disappear),
    }  # fmt: skip


def side_of(found: Mapping[str, Any]) -> Side:
    """One side of a document."""
    measures = {name: Measured(**found[name]) for name in MEASURES}
    return Side(**{**found, **measures}, by_check={})


def daily_of(found: Mapping[str, Any]) -> pd.DataFrame:
    """observed_on, before, after of a document."""
    rows = [(date.fromisoformat(on), before, after) for on, before, after in found["daily"]]
    return pd.DataFrame(rows, columns=["observed_on", "before", "after"]).astype({"observed_on": "datetime64[s]"})


def changes_of(found: Mapping[str, Any]) -> pd.DataFrame:
    """The kept alerts of one kind as ``reports.threshold_preview.listed`` reads them."""
    rows = pd.DataFrame(found["rows"], columns=[*KEPT, "timestamp"])
    numbers = dict.fromkeys(("room_id", "product_id", "staff_id", "verdict", "is_hit"), "float64")
    instants = pd.to_datetime(rows["timestamp"], utc=True)
    return rows.astype(numbers).assign(timestamp=instants, needed_before=float("nan"), needed_after=float("nan"))


def _side(result: Any, metric_type: str) -> dict[str, Any]:
    found = asdict(side(result, (metric_type, "")))
    del found["by_check"]
    return found


def _changes(rows: pd.DataFrame) -> dict[str, Any]:
    shown = rows.head(SHOWN_ALERTS)
    instants = [at.isoformat() for at in shown["timestamp"]]
    records = shown[KEPT].astype(object).where(shown[KEPT].notna(), None).to_dict("records")
    return {
        "total": len(rows),
        "confirmed": int((rows["verdict"] == 1.0).sum()),
        "false": int((rows["verdict"] == 0.0).sum()),
        "rows": [{**record, "timestamp": at} for record, at in zip(records, instants, strict=True)],
    }
