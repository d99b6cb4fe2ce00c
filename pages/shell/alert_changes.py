"""Past alerts that other thresholds or another model would raise, or would not: as a table."""

from math import isnan
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.guard import Page
from pages.shell.session import is_phone
from pages.shell.text import badge, muted, plain, severity_badge
from pages.shell.threshold_words import evidence, told, truth

if TYPE_CHECKING:
    from reports.threshold_preview import Listed, ShownAlert

COLOURS = {"right": "green", "false_alarm": "red"}


def listed(page: Page, kind: str, found: "Listed") -> None:
    """Past alerts that come or go; how many there are in all is said where not all are shown."""
    t = page.t
    st.header(t(f"tuning.{kind}", alerts=found.total), anchor=False)
    if not found.alerts:
        muted(t(f"tuning.nothing_{kind}s"))
        return
    known = t("tuning.of_these", confirmed=found.confirmed, false=found.false)
    shown = t("tuning.shown", shown=len(found.alerts), total=found.total) if found.total > len(found.alerts) else ""
    muted(" ".join([known, shown] if shown else [known]))
    st.table(_rows(page, found.alerts), border="horizontal", hide_index=True)


def _rows(page: Page, alerts: "tuple[ShownAlert, ...]") -> dict[str, list[str]]:
    """On a phone the moment and what is known stand under the sentence."""
    t = page.t
    severity = {t("tuning.severity"): [severity_badge(t, one.severity) for one in alerts]}
    if is_phone():
        said = [f"{_linked(page, one)}  \n:small[{plain(_when(page, one))}] {_truth(page, one)}" for one in alerts]
        return severity | {t("tuning.alert_column"): said}
    return severity | {
        t("tuning.alert_column"): [_linked(page, one) for one in alerts],
        t("tuning.when"): [plain(_when(page, one)) for one in alerts],
        t("tuning.known"): [_truth(page, one) for one in alerts],
        **({} if isnan(alerts[0].needed_after) else _evidence(page, alerts)),
    }


def _evidence(page: Page, alerts: "tuple[ShownAlert, ...]") -> dict[str, list[str]]:
    """What each alert has and needs, where thresholds are what changes."""
    return {page.t("tuning.evidence"): [plain(evidence(page.t, one)) for one in alerts]}


def _linked(page: Page, alert: "ShownAlert") -> str:
    said = plain(told(page.t, alert))
    return said if alert.alert_id is None else f"{said} [{plain(page.t('board.open'))}](alert?alert={alert.alert_id})"


def _when(page: Page, alert: "ShownAlert") -> str:
    at = page.t.instant(alert.at)
    return at if alert.days == 1 else page.t("tuning.on_days", at=at, days=alert.days)


def _truth(page: Page, alert: "ShownAlert") -> str:
    said = truth(page.t, alert)
    if alert.is_right is None:
        return f":gray[{plain(said)}]"
    return badge(said, COLOURS["right" if alert.is_right else "false_alarm"], ":material/gavel:")
