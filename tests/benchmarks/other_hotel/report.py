"""Detection on other hotels as text: one row a detector, then what was found, what was missed and what was false."""

import math

import pandas as pd

from tests.benchmarks.other_hotel.judging import Judgement


def _figure(value: float | None, interval: tuple[float, float] | None = None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.2f}" if interval is None else f"{value:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def table(judgements: list[Judgement]) -> str:
    """The detectors side by side; intervals are 95 % bootstrap over entities and incidents."""
    head = ["detector", "events", "incidents", "PR-AUC", "precision", "recall", "incidents / 1,000 room-days"]
    rows = [
        [
            one.name,
            str(one.planted),
            str(one.incidents),
            _figure(one.pr_auc, one.pr_auc_interval),
            _figure(one.precision, one.precision_interval),
            _figure(one.recall),
            f"{one.per_1000_room_days:.2f}",
        ]
        for one in judgements
    ]
    lines = [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]
    return "\n".join(lines)


def events(judgement: Judgement) -> str:
    """Recall and delay by kind of event."""
    lines = [_line(["event", "planted", "found", "recall", "median days"]), "|" + "---|" * 5]
    for row in judgement.by_event.itertuples(index=False):
        delay = _figure(row.median_delay_days)
        lines.append(_line([str(row.event), str(row.planted), str(row.found), _figure(row.recall), delay]))
    return "\n".join(lines)


def families(alerting: pd.DataFrame, wrong: pd.DataFrame) -> str:
    """Incidents by family of test: how many, and how many of them were false and what was odd there."""
    lines = [_line(["metric", "family", "alerts", "false incidents", "honest oddity behind them"]), "|" + "---|" * 5]
    for (metric, family), mine in alerting.groupby(["metric_type", "family"]):
        false = wrong[(wrong["metric_type"] == metric) & (wrong["family"] == family)]
        counted = false["oddity"].replace("", "none known").value_counts()
        why = ", ".join(f"{kind} {count}" for kind, count in counted.items())
        lines.append(_line([str(metric), str(family), str(len(mine)), str(len(false)), why]))
    return "\n".join(lines)
