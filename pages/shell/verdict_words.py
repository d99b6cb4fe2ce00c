"""What a verdict did and will do, in sentences made of what is stored (A6.2, A6.3)."""

from datetime import datetime
from typing import TYPE_CHECKING

from core.i18n import Translator
from pages.shell.threshold_words import check_name, places
from pipeline.alerts.service import AlertRow

if TYPE_CHECKING:
    from pipeline.alerts.learning.effects import LearnedThreshold, Silencing, VerdictEffect


def effects(t: Translator, alert: AlertRow, found: "VerdictEffect", now: datetime) -> list[str]:
    """One sentence for each thing that happened or will happen; none before anybody judged anything like it."""
    lines = []
    if found.verdict is None and found.withdrawn_at is not None:
        lines.append(t("effect.withdrawn", at=t.instant(found.withdrawn_at)))
    if found.silencing is not None:
        lines += _silencing(t, alert, found.silencing)
    if found.is_left_out:
        lines.append(_left_out(t, alert, found))
    if found.teaches:
        lines.append(_taught(t, found))
    elif found.verdict == "test":
        lines.append(t("effect.test"))
    elif found.verdict == "beklenen":
        lines.append(t("effect.no_threshold"))
    elif found.verdict is not None:
        lines.append(t("effect.no_statistics"))
    return lines + [threshold(t, one) for one in found.thresholds]


def _silencing(t: Translator, alert: AlertRow, one: "Silencing") -> list[str]:
    names = (alert.room and t("tuning.at_room", name=alert.room), alert.product, alert.staff, alert.own_series)
    place = next((name for name in names if name), alert.floor or alert.hotel_name)
    what = t("effect.situation", what=t(f"alert_type.{alert.alert_type}"), place=place)
    hidden = [t("effect.hidden", count=one.hidden)] if one.hidden else []
    if one.is_over:
        return [t("effect.silence_over", what=what, until=t.instant(one.until_at)), *hidden]
    lines = [t("effect.silent", what=what, until=t.instant(one.until_at)), *hidden]
    if one.expected is not None and one.silent_to is not None and one.raised_from is not None:
        sizes = {"expected": one.expected, "sure": one.silent_to, "always": one.raised_from}
        lines.insert(1, t("effect.size_above" if one.is_rise else "effect.size_below", **sizes))
    return lines


def _left_out(t: Translator, alert: AlertRow, found: "VerdictEffect") -> str:
    span = {"start": t.instant(alert.started_at), "end": t.instant(alert.last_seen_at)}
    if found.trained_at is None:
        return t("effect.left_out_next", **span)
    return t("effect.left_out", at=t.instant(found.trained_at), **span)


def _taught(t: Translator, found: "VerdictEffect") -> str:
    if found.learned_at is None:
        return t("effect.counts_tonight")
    at = t.instant(found.learned_at)
    return t("effect.counted", at=at) if found.thresholds else t("effect.counted_unchanged", at=at)


def threshold(t: Translator, one: "LearnedThreshold") -> str:
    """\"Because of your 14 verdicts on … the limit went from … to …\"."""
    check, where = check_name(t, one.family), places(t, one.places.items())
    what = t("tuning.part", check=check, segment=where) if where else check
    because = {"count": one.verdicts, "confirmed": one.confirmed, "false": one.false, "what": what}
    before, now = t.number(one.before, 1), t.number(one.shift, 1)
    if before == now:
        return t("effect.limit_stays", now=now, at=t.instant(one.learned_at), **because)
    return t("effect.limit", before=before, now=now, at=t.instant(one.learned_at), **because)
