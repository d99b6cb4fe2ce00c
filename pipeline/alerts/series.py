"""The series behind an alert: which span to show, which of its points were anomalies, and how many can be seen."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

MAX_POINTS = 2_000
AFTER = timedelta(days=3)  # how it went on


def window(started_at: datetime, last_seen_at: datetime, now: datetime, span: timedelta) -> tuple[datetime, datetime]:
    """``span`` of history before the incident, and a few days after it, up to the present."""
    return started_at - span, max(min(last_seen_at + AFTER, now), last_seen_at)


def marked(series: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """``series`` with ``severity`` (of the incident, None for normal points) and ``is_anomaly``.

    ``episodes``: started_at, last_seen_at, severity. An anomaly is a point within an incident that lies outside its
    band, or the one the incident was last seen at (sums have no band).
    """
    severity = np.full(len(series), None, dtype=object)
    at = series["timestamp"]
    outside = (series["value"] > series["upper"]) | (series["value"] < series["lower"])
    for episode in episodes.itertuples():
        within = (at > episode.started_at) & (at <= episode.last_seen_at)
        hit = within & (outside | (at == at[within].max()))
        severity[hit.to_numpy()] = episode.severity
    marks = pd.Series(severity, index=series.index, dtype=object)
    return series.assign(severity=marks, is_anomaly=marks.notna())


def thinned(series: pd.DataFrame) -> pd.DataFrame:
    """At most ``MAX_POINTS`` rows, evenly spaced, every anomaly kept while they fit."""
    if len(series) <= MAX_POINTS:
        return series
    special = np.flatnonzero(series["is_anomaly"].to_numpy())[-MAX_POINTS // 2 :]
    even = np.linspace(0, len(series) - 1, MAX_POINTS - special.size).astype(int)
    return series.iloc[np.union1d(special, even)].reset_index(drop=True)
