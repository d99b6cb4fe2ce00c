"""Thresholds in words: checks, segments, differences between versions, and measures with their interval."""

from typing import TYPE_CHECKING

from core.i18n import Translator
from pages.shell.quality_words import share
from pages.shell.sentences import amount, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.detection.thresholds.outcomes import Measured
    from reports.threshold_history import Difference, Record, Segment
    from reports.threshold_preview import ShownAlert

EVERYTHING = "*"  # the metric type of what holds for the whole hotel


def metric_name(t: Translator, metric_type: str) -> str:
    return t("tuning.whole_hotel") if metric_type == EVERYTHING else t(f"metric.{metric_type}")


def check_name(t: Translator, family: str) -> str:
    """What a family of tests looks at; a metric type's only family has no name of its own."""
    own, of_metric = f"check.{family}", f"metric.{family}"
    named = t(own)
    return named if named != own else t(of_metric) if t(of_metric) != of_metric else family


def segment_name(t: Translator, segment: "Segment | None") -> str:
    if segment is None:
        return t("tuning.everywhere")
    return places(t, segment.places)


def places(t: Translator, named: "Iterable[tuple[str, str]]") -> str:
    """Dimensions of a segment with what people call them: \"floor 3, occupied room\"."""
    return ", ".join(
        t(f"quality.dimension_{name}", name=t(f"quality.occupancy_{place}") if name == "occupancy" else place)
        for name, place in named
    )


def difference(t: Translator, one: "Difference") -> str:
    """One value that changes: which, from what, to what."""
    where = check_name(t, one.family) if one.family else ""
    if one.segment is not None:
        where = t("tuning.part", check=where, segment=segment_name(t, one.segment))
    if one.what == "switch":
        return t("tuning.switched_on" if one.after else "tuning.switched_off", check=where)
    values = {"before": _value(t, one.what, one.before), "after": _value(t, one.what, one.after)}
    return t(f"tuning.changed_{one.what}", check=where, **values)


def _value(t: Translator, what: str, value: float | None) -> str:
    if value is None:
        return t("tuning.own_gate")
    return t.percent(value, 1 if value < 0.1 else 0) if what in ("gate", "discovery") else t.number(value, 2)


def measured(t: Translator, one: "Measured") -> str:
    """A share with its 95 % interval, or that there is nothing to measure it with."""
    return share(t, one.value, None if one.low is None or one.high is None else (one.low, one.high))


def with_cases(t: Translator, one: "Measured") -> str:
    return t("tuning.with_cases", value=measured(t, one), cases=t.number(one.n))


def told(t: Translator, alert: "ShownAlert") -> str:
    """The sentence of the alert that was raised; else what, where, how much, against what."""
    if alert.message_id is not None:
        return sentence(t, alert.message_id, alert.message_params)
    named = {"room": alert.room, "product": alert.product, "staff": alert.staff, "floor": alert.floor}
    places = [t(f"tuning.at_{kind}", name=name) for kind, name in named.items() if name is not None]
    what = t(f"alert_type.{alert.alert_type}")
    what = t("tuning.what_where", what=what, where=" · ".join(places)) if places else what
    return t("tuning.alert", what=what, value=amount(t, alert.value), expected=amount(t, alert.expected))


def evidence(t: Translator, alert: "ShownAlert") -> str:
    if alert.is_certain:
        return t("tuning.certain")
    before, after = t.number(alert.needed_before, 2), t.number(alert.needed_after, 2)
    needed = before if before == after else t("tuning.from_to", before=before, after=after)
    return t("tuning.evidence_of", score=t.number(alert.score, 2), needed=needed)


def truth(t: Translator, alert: "ShownAlert") -> str:
    """What is known about an alert: a person's verdict, else whether it was planted."""
    if alert.is_right is not None:
        return t("tuning.right" if alert.is_right else "tuning.false_alarm")
    if alert.is_planted is None:
        return t("tuning.not_judged")
    return t("tuning.planted" if alert.is_planted else "tuning.not_planted")


def reason(t: Translator, record: "Record") -> str:
    """Why a version was saved: what somebody wrote, or what the machine went by."""
    if record.search is not None:
        found, target = record.search, t.percent(record.search.target)
        return t(f"threshold.search_{found.outcome}", cases=found.cases, needed=found.needed, target=target)
    if record.taught is not None:
        counted = {"count": record.taught.count, "confirmed": record.taught.confirmed, "false": record.taught.false}
        return t("quality.because", **counted)
    return t(record.reason) if record.source == "verdicts" else record.reason
