"""``manage.py thresholds``: see, change, replay, search and roll back what an alert needs (SPEC A2.5, A6.5)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.permission import stands_for
from commands.terminal import console, one_hotel, opened, shown_progress
from core.errors import AppError
from core.i18n import Translator
from core.scope import SYSTEM

if TYPE_CHECKING:
    from pipeline.detection.thresholds.outcomes import Measured
    from pipeline.detection.thresholds.replay import Comparison, ReplayResult
    from pipeline.detection.thresholds.search import SearchTrace
    from pipeline.detection.thresholds.settings import Change, DetectionSettings

SHOWN_ALERTS = 20
Names = dict[str, dict[int, str]]  # of rooms, products, staff and floors, by the column that holds their id
QUALITY = ("verdict_precision", "verdict_recall", "planted_precision", "planted_recall")
thresholds_app = typer.Typer(no_args_is_help=True, help="What an alert needs: evidence, effect, budget.")

Hotel = Annotated[str | None, typer.Option("--hotel", help="Code of the hotel; needed where there are several.")]
Metric = Annotated[str | None, typer.Option("--metric", help="A metric type, such as tuketim_miktar.")]
Family = Annotated[str | None, typer.Option("--family", help="A family of tests, such as cell.")]
Extra = Annotated[float | None, typer.Option(help="Evidence beyond the budget's threshold, in powers of ten.")]
Gate = Annotated[float | None, typer.Option(help="Smallest effect, as a ratio (0.4 is 40 %).")]
Enable = Annotated[bool | None, typer.Option("--enable/--disable", help="Switch the family on or off.")]
Budget = Annotated[float | None, typer.Option(help="Alerts a day that the hotel wants to read, about.")]
Reason = Annotated[str, typer.Option(prompt=True, help="Why; kept with the version.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]


@thresholds_app.command()
@stands_for("alerts.read")
def show(hotel: Hotel = None, metric: Metric = None) -> None:
    """The thresholds in force."""
    with opened() as (services, t):
        found = one_hotel(services, hotel)
        current = services.thresholds.current(SYSTEM, found.id)
        shared = current.pop("*")
        budget = t.number(shared.budget_per_day)
        console.print(t("threshold.budget", hotel=found.code, budget=budget, version=shared.version))
        for name, settings in current.items():
            if metric in (None, name):
                _print_settings(t, settings)


@thresholds_app.command("set")
@stands_for("thresholds.write")
def change(
    hotel: Hotel = None, metric: Metric = None, family: Family = None, extra_evidence: Extra = None,
    gate: Gate = None, enable: Enable = None, budget: Budget = None, reason: Reason = "",
) -> None:  # fmt: skip
    """Save a new version: a family's values (with --metric and --family), the hotel's budget, or both."""
    with opened() as (services, t):
        thresholds = services.thresholds
        found = one_hotel(services, hotel)
        changes = _changes(
            thresholds.current(SYSTEM, found.id), metric, family, budget, _values(extra_evidence, gate, enable)
        )
        for name, wanted in changes.items():
            saved = thresholds.save(SYSTEM, found.id, name, wanted, reason, by="command line")
            console.print(t("threshold.saved", metric=_metric_name(t, name), version=saved.version))


@thresholds_app.command()
@stands_for("alerts.read")
def replay(
    since: Day, until: Day, hotel: Hotel = None, metric: Metric = None, family: Family = None,
    extra_evidence: Extra = None, gate: Gate = None, enable: Enable = None, budget: Budget = None,
) -> None:  # fmt: skip
    """The alerts of a period under the thresholds in force, or what other values would change."""
    with opened() as (services, t):
        thresholds = services.thresholds
        found = one_hotel(services, hotel)
        values = _values(extra_evidence, gate, enable)
        span = (since.date(), until.date())
        if not values and budget is None:
            _print_result(t, found.code, span, thresholds.replay(SYSTEM, [found.id], *span))
            return
        proposed = _changes(thresholds.current(SYSTEM, found.id), metric, family, budget, values)
        compared = thresholds.compare(SYSTEM, [found.id], *span, proposed)
        _print_result(t, found.code, span, compared.before)
        _print_difference(t, compared, thresholds.names(SYSTEM, found.id))
        _print_result(t, found.code, span, compared.after)


@thresholds_app.command()
@stands_for("thresholds.write")
def search(
    metric: Annotated[str, typer.Option("--metric")], hotel: Hotel = None,
    target: Annotated[float | None, typer.Option(help="Precision to reach; ML_ACCURACY_THRESHOLD when empty.")] = None,
) -> None:  # fmt: skip
    """Search the least extra evidence with which alerts are right often enough, and save it."""
    with opened() as (services, t):
        found = one_hotel(services, hotel)
        with shown_progress(t) as progress:
            trace = services.thresholds.search(SYSTEM, found.id, metric, target, progress)
        _print_trace(t, trace)
        if trace.saved_version is not None:
            console.print(t("threshold.saved", metric=_metric_name(t, metric), version=trace.saved_version))


@thresholds_app.command()
@stands_for("alerts.read")
def history(hotel: Hotel = None, metric: Metric = None) -> None:
    """Every version with its reason, newest first."""
    with opened() as (services, t):
        versions = services.thresholds.history(SYSTEM, one_hotel(services, hotel).id, metric)
        if not versions:
            console.print(t("threshold.no_versions"))
        for version in versions:
            console.print(
                t(
                    "threshold.version", at=version.created_at, metric=_metric_name(t, version.settings.metric_type),
                    version=version.settings.version, source=t(f"threshold.source.{version.source}"),
                    by=version.created_by, reason=version.reason,
                    active=t("threshold.active") if version.is_active else "",
                )
            )  # fmt: skip


@thresholds_app.command()
@stands_for("thresholds.write")
def rollback(
    version: Annotated[int, typer.Option(help="The version to go back to; 0 for the defaults.")],
    metric: Annotated[str, typer.Option("--metric", help="A metric type; * for the budget.")],
    hotel: Hotel = None, reason: Reason = "",
) -> None:  # fmt: skip
    """Save a new version that says what an older one said."""
    with opened() as (services, t):
        found = one_hotel(services, hotel)
        saved = services.thresholds.rollback(SYSTEM, found.id, metric, version, reason, by="command line")
        console.print(t("threshold.saved", metric=_metric_name(t, metric), version=saved.version))


def _values(extra_evidence: float | None, gate: float | None, enable: bool | None) -> dict[str, Any]:
    values = {"extra_evidence": extra_evidence, "effect_gate_ratio": gate, "is_enabled": enable}
    return {name: value for name, value in values.items() if value is not None}


def _changes(
    current: "dict[str, DetectionSettings]", metric: str | None, family: str | None, budget: float | None,
    values: dict[str, Any],
) -> "dict[str, Change]":  # fmt: skip
    """What to save, by metric type; raises ``threshold_nothing_to_change`` and ``unknown_metric_type``."""
    from pipeline.detection.thresholds.settings import Change

    changes = {} if budget is None else {"*": Change(budget_per_day=budget)}
    if metric is not None and family is not None and values:
        if metric not in current:
            raise AppError("unknown_metric_type", params={"metric_type": metric, "known": ", ".join(current)})
        changes[metric] = Change(families={family: replace(current[metric].rule(family), **values)})
    if not changes or (values and len(changes) == (budget is not None)):
        raise AppError("threshold_nothing_to_change")
    return changes


def _metric_name(t: Translator, metric_type: str) -> str:
    return metric_type if metric_type == "*" else t(f"metric.{metric_type}")


def _print_settings(t: Translator, settings: "DetectionSettings") -> None:
    console.print(t("threshold.metric", metric=_metric_name(t, settings.metric_type), version=settings.version))
    for name, rule in settings.families.items():
        gate = t("threshold.own_gate") if rule.effect_gate_ratio is None else t.percent(rule.effect_gate_ratio)
        state = t("threshold.on" if rule.is_enabled else "threshold.off")
        evidence = t.number(rule.extra_evidence, 2)
        console.print(t("threshold.family", family=name, state=state, evidence=evidence, gate=gate))
    for key, extra in settings.segments.items():
        console.print(t("threshold.segment", segment=key, evidence=t.number(extra, 2)))


def _print_result(t: Translator, hotel: str, span: tuple[date, date], result: "ReplayResult") -> None:
    rate = t.number(result.incidents_per_day or 0.0, 1)
    since, until = (t.day(on) for on in span)
    console.print(t("threshold.replayed", hotel=hotel, since=since, until=until, incidents=result.incidents, rate=rate))
    for name in QUALITY:
        console.print("  " + _measured(t, t(f"threshold.{name}"), getattr(result, name)))


def _measured(t: Translator, what: str, measured: "Measured") -> str:
    if measured.value is None or measured.low is None or measured.high is None:
        return t("threshold.not_measurable", what=what, cases=measured.n)
    value, low, high = (t.percent(ratio) for ratio in (measured.value, measured.low, measured.high))
    return t("threshold.measured", what=what, value=value, low=low, high=high, cases=measured.n)


def _print_difference(t: Translator, compared: "Comparison", names: Names) -> None:
    difference = compared.difference
    appear, disappear = difference.appear, difference.disappear
    console.print(t("threshold.difference", appear=len(appear), disappear=len(disappear), stay=len(difference.stay)))
    _print_alerts(t, names, "threshold.appears", appear.head(SHOWN_ALERTS).to_dict("records"))
    _print_alerts(t, names, "threshold.disappears", disappear.head(SHOWN_ALERTS).to_dict("records"))


def _print_alerts(t: Translator, names: Names, key: str, rows: "Iterable[dict[Any, Any]]") -> None:
    for row in rows:
        places = [known[int(row[column])] for column, known in names.items() if row.get(column) in known]
        if row["entity_type"] == "floor":
            places = [t("threshold.floor", floor=names["floor_id"].get(int(row["entity_id"]), row["entity_id"]))]
        console.print(
            t(
                key, day=t.day(row["observed_on"].date()), alert_type=t(f"alert_type.{row['alert_type']}"),
                entity=" · ".join(places) or "–",
                value=t.number(row["value"], 1), expected=t.number(row["expected"], 1),
                score=t.number(row["score"], 2), needed=t.number(row["threshold"], 2),
            )
        )  # fmt: skip


def _print_trace(t: Translator, trace: "SearchTrace") -> None:
    for number, step in enumerate(trace.steps):
        name = t("threshold.search_begin") if step.family is None else step.family
        evidence = step.extra_evidence.get(step.family or "", 0.0)
        console.print(
            t(
                "threshold.search_step", number=number, family=name, evidence=t.number(evidence, 2),
                incidents=step.incidents, precision=_value(t, step.precision), recall=_value(t, step.recall),
            )
        )  # fmt: skip
    if trace.checked_before is not None and trace.checked_after is not None:
        before, after = _value(t, trace.checked_before), _value(t, trace.checked_after)
        console.print(t("threshold.search_checked", split=trace.split_on, before=before, after=after))
    target = t.percent(trace.target)
    console.print(t(f"threshold.search_{trace.outcome}", cases=trace.cases, needed=trace.needed, target=target))


def _value(t: Translator, measured: "Measured") -> str:
    if measured.value is None or measured.low is None or measured.high is None:
        return "–"
    return f"{t.percent(measured.value)} ({t.percent(measured.low)}–{t.percent(measured.high)})"
