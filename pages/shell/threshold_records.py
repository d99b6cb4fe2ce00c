"""Versions of thresholds: who, when, why, what changed, what taught them, and the way back (A2.5, A6.3, A6.5)."""

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import reads
from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.text import badge, muted, plain
from pages.shell.threshold_actions import MAY, defaults_button, roll_back_button
from pages.shell.threshold_filters import Chosen
from pages.shell.threshold_words import check_name, difference, measured, metric_name, reason

if TYPE_CHECKING:
    from pipeline.detection.thresholds.outcomes import Measured
    from pipeline.detection.thresholds.search import SearchTrace
    from reports.thresholds import Record

SHOWN = 20
SOURCES = {
    "manual": ":material/edit:",
    "search": ":material/search:",
    "verdicts": ":material/school:",
    "rollback": ":material/history:",
}


def history(page: Page, chosen: Chosen) -> None:
    """The versions of the chosen metric type and of the hotel's budget."""
    t = page.t
    records = reads.threshold_history(page, chosen.hotel_id, chosen.check.metric_type)
    st.header(t("tuning.history"), anchor=False)
    if not records:
        muted(t("threshold.no_versions"))
        return
    if len(records) > SHOWN:
        muted(t("tuning.newest", shown=SHOWN, total=len(records)))
    for record in records[:SHOWN]:
        with st.container(border=True):
            _record(page, chosen, record)
    if page.scope.allows(MAY):
        with st.container(horizontal=True):
            for metric_type in sorted({record.metric_type for record in records}, reverse=True):
                defaults_button(page, chosen.hotel_id, metric_type)


def _record(page: Page, chosen: Chosen, record: "Record") -> None:
    t = page.t
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap="xxsmall"):
            name = t("tuning.version", metric=metric_name(t, record.metric_type), version=record.version)
            source = badge(t(f"threshold.source.{record.source}"), "gray", SOURCES.get(record.source, ""))
            marks = [badge(t("tuning.active"), "green", ":material/check_circle:")] if record.is_active else []
            st.markdown(" ".join([f"**{plain(name)}**", *marks, source]))
            muted(t("tuning.by", at=t.instant(record.at), who=actor(t, record.by), reason=reason(t, record)))
            changed = [difference(t, one) for one in record.differences] or [t("tuning.no_difference")]
            st.markdown("\n".join(f"- {plain(one)}" for one in changed))
        if not record.is_active and page.scope.allows(MAY):
            roll_back_button(page, chosen.hotel_id, record)
    if record.search is not None:
        _search(page, record.search)


def _search(page: Page, trace: "SearchTrace") -> None:
    """How the automatic search came to a version, step by step."""
    t = page.t
    with st.expander(t("tuning.search_trace"), icon=":material/route:"):
        steps = trace.steps
        st.table(
            {
                t("tuning.step"): [t.number(number, 0) for number, _ in enumerate(steps)],
                t("tuning.check"): [
                    plain(t("threshold.search_begin") if one.family is None else check_name(t, one.family))
                    for one in steps
                ],
                t("tuning.extra"): [
                    "–" if one.family is None else t.number(one.extra_evidence.get(one.family, 0.0), 2) for one in steps
                ],
                t("tuning.alerts"): [t.number(one.incidents) for one in steps],
                t("quality.precision"): [plain(measured(t, one.precision)) for one in steps],
                t("quality.recall"): [plain(measured(t, one.recall)) for one in steps],
            },
            border="horizontal",
            hide_index=True,
        )
        if trace.checked_before is not None and trace.checked_after is not None:
            muted(_checked(page, trace.split_on, trace.checked_before, trace.checked_after))


def _checked(page: Page, split_on: str, before: "Measured", after: "Measured") -> str:
    t = page.t
    split = t.day(date.fromisoformat(split_on))
    return t("threshold.search_checked", split=split, before=measured(t, before), after=measured(t, after))
