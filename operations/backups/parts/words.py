"""Differences of parts in words, as pages and commands tell them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.i18n import Translator
from operations.backups.parts.shapes import ACTIONS, PARTS

Item = Mapping[str, Any]  # as ``Change.document`` writes it
NOTHING = "–"


def parts(t: Translator, names: Sequence[str]) -> str:
    """'thresholds, verdicts'"""
    return ", ".join(t(f"parts.part_{name}") for name in names)


def titles(t: Translator, *, undoing: bool = False) -> list[str]:
    told = ("before", "undoing") if undoing else ("then", "action")
    return [t(f"parts.{title}") for title in ("what", "now", *told, "hotel")]


def row(t: Translator, item: Item) -> tuple[str, str, str, str, str]:
    """What it is, what is now, what the backup says, what putting it back does, and of which hotel it is."""
    what, now, then = SAID[item["part"]](t, item["what"]) if item["what"] else (NOTHING, NOTHING, NOTHING)
    done = t(f"parts.action_{item['action']}")
    if item["reason"]:
        done = f"{done}: {t.sentence(item['reason']['id'], item['reason']['params'])}"
    named = t(f"parts.part_{item['part']}")
    return (f"{named}: {what}" if item["what"] else named, now, then, done, item["hotel"] or NOTHING)


def counts(t: Translator, found: Mapping[str, Mapping[str, int]]) -> tuple[list[str], dict[str, list[str]]]:
    """The parts that differ, and by kind of difference how many of each; kinds that there are none of are left out."""
    differing = [part for part in PARTS if any(found[part].values())]
    kinds = [action for action in ACTIONS if any(found[part][action] for part in differing)]
    columns = {kind: [found[part][kind] for part in differing] for kind in kinds}
    told = {
        t(f"parts.action_{kind}"): [t.number(number, 0) if number else NOTHING for number in numbers]
        for kind, numbers in columns.items()
    }
    return [t(f"parts.part_{part}") for part in differing], told


def _threshold(t: Translator, what: Item) -> tuple[str, str, str]:
    metric = t("parts.whole_hotel") if what["metric_type"] == "*" else t(f"metric.{what['metric_type']}")
    return metric, _version(t, what["now"]), _version(t, what["then"])


def _version(t: Translator, version: int) -> str:
    return t("parts.version", version=version) if version else t("parts.defaults")


def _verdict(t: Translator, what: Item) -> tuple[str, str, str]:
    raised = t.instant(datetime.fromisoformat(what["raised_at"]))
    about = f"{t('alert_type.' + what['alert_type'])}, {what['entity']}, {raised}"
    now, then = (t(f"verdict.{what[side]}") if what[side] else t("parts.not_judged") for side in ("now", "then"))
    return about, now, then


def _setting(t: Translator, what: Item) -> tuple[str, str, str]:
    return what["name"], what["now"] or t("parts.default"), what["then"] or t("parts.default")


SAID = {"thresholds": _threshold, "verdicts": _verdict, "configuration": _setting}
