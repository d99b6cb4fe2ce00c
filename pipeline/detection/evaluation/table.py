"""The evaluation as a Markdown table, for the terminal and for docs."""

from collections.abc import Sequence

from pipeline.detection.evaluation.measures import EvaluationReport

UNKNOWN = "not measurable yet"
HEAD = ("detector", "planted", "incidents", "PR-AUC", "precision", "recall", "alerts / 1,000 room-days")


def _with_interval(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:.2f}" if interval is None else f"{value:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def as_markdown(reports: Sequence[EvaluationReport]) -> str:
    """One row a detector, then the recall of the first one by planted type; intervals are 95 % bootstrap."""
    lines = [_row(HEAD), "|" + "---|" * len(HEAD)]
    for report in reports:
        rate = report.alerts_per_1000_room_days
        lines.append(
            _row(
                [
                    report.name,
                    str(report.planted),
                    str(report.incidents),
                    _with_interval(report.pr_auc, report.pr_auc_interval),
                    _with_interval(report.precision, report.precision_interval),
                    _with_interval(report.recall, None),
                    UNKNOWN if rate is None else f"{rate:.1f}",
                ]
            )
        )
    if reports and reports[0].by_type:
        lines += ["", _row(("planted type", "planted", "found", "recall")), "|---|---|---|---|"]
        lines += [
            _row([kind.anomaly_type, str(kind.planted), str(kind.found), _with_interval(kind.recall, None)])
            for kind in reports[0].by_type
        ]
    return "\n".join(lines)
