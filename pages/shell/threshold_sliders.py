"""Sliders of the screen of thresholds; what they propose stands in the address, so a colleague opens the same."""

from math import isfinite

import streamlit as st

from pages.shell import reads
from pages.shell.guard import Page
from pages.shell.text import muted, plain
from pages.shell.threshold_filters import Chosen
from pipeline.detection.thresholds.settings import (
    BUDGET_RANGE,
    EXTRA_EVIDENCE_RANGE,
    GATE_RANGE,
    GATE_SHARE,
    SEGMENT_EVIDENCE_RANGE,
    FamilyRule,
)
from reports.thresholds import Proposal, Segment

BUDGET = "budget"
HIGHEST_GATE = 4.0  # times the check's own; beyond it hardly anything is left
STEP = 0.05
SAME = 1e-6  # a slider's steps do not meet a value exactly


def sliders(page: Page, chosen: Chosen) -> Proposal:
    """The controls, each at what the address proposes or else at what is in force."""
    rule, segment, evidence = None, chosen.segment, None
    with st.container(border=True):
        controls, budget_place = st.columns([3, 1], gap="large")
        with controls:
            if segment is None:
                rule = _rule(page, chosen)
            else:
                evidence = _segment(page, chosen, segment)
            _taught(page, chosen)
        with budget_place:
            budget = _budget(page, chosen)
    key = None if segment is None or evidence is None else segment.key
    return Proposal(chosen.check.metric_type, chosen.check.family, rule, key, evidence, budget)


def forget(chosen: Chosen) -> None:
    """Take the proposal out of the address."""
    for name in _names(chosen):
        st.query_params.pop(name, None)


def _rule(page: Page, chosen: Chosen) -> FamilyRule | None:
    """The check's rule as proposed; None where it is the one in force."""
    t, check = page.t, chosen.check
    rule = chosen.tuning.settings[check.metric_type].rule(check.family)
    is_on = _switch(page, f"{check.family}.on", rule.is_enabled)
    if check.is_fact:
        muted(t("tuning.fact"))
        wanted = FamilyRule(is_on, rule.extra_evidence, rule.effect_gate_ratio)
        return None if wanted == rule else wanted
    extra = _slider(
        f"{check.family}.extra", t("tuning.extra"), t("tuning.extra_help"), EXTRA_EVIDENCE_RANGE, rule.extra_evidence
    )
    own, before = check.gate_ratio, rule.effect_gate_ratio
    in_force = own if before is None else before
    lowest = max(GATE_RANGE[0], round(GATE_SHARE * own, 4))
    limits = (min(lowest, in_force), max(round(HIGHEST_GATE * own, 4), in_force))
    told = t("tuning.gate_help", own=t.percent(own))
    gate = _slider(f"{check.family}.gate", t("tuning.gate"), told, limits, in_force, step=own / 10, form="percent")
    wanted = FamilyRule(is_on, extra, before if gate == in_force else None if abs(gate - own) < own / 100 else gate)
    return None if wanted == rule else wanted


def _segment(page: Page, chosen: Chosen, segment: Segment) -> float | None:
    """The evidence that this part must bring beyond the check's; None where it is what is in force."""
    t = page.t
    in_force = chosen.tuning.settings[chosen.check.metric_type].segments.get(segment.key, 0.0)
    name = f"{chosen.check.family}.{segment.code}"
    extra = _slider(name, t("tuning.part_extra"), t("tuning.part_help"), SEGMENT_EVIDENCE_RANGE, in_force)
    return None if extra == in_force else extra


def _budget(page: Page, chosen: Chosen) -> float | None:
    t, in_force = page.t, chosen.tuning.budget_per_day
    key = f"tune_{chosen.hotel_id}_{BUDGET}"
    st.session_state[key] = _asked(BUDGET, BUDGET_RANGE, in_force)
    value = st.number_input(
        t("tuning.budget"), *BUDGET_RANGE, step=0.5, key=key, help=t("tuning.budget_help"), format="%.1f",
        on_change=_to_address, args=(BUDGET, key, in_force),
    )  # fmt: skip
    muted(t("tuning.budget_note"))
    return None if value == in_force else float(value)


def _taught(page: Page, chosen: Chosen) -> None:
    """What of the value in force came from verdicts."""
    t = page.t
    key = chosen.check.family if chosen.segment is None else chosen.segment.key
    for row in reads.learned_thresholds(page, chosen.hotel_id):
        if (row.metric_type, row.key) == (chosen.check.metric_type, key):
            because = t("quality.because", count=row.verdicts, confirmed=row.confirmed, false=row.false)
            learned = t("tuning.taught", shift=t.number(row.shift, 2), because=because)
            st.markdown(f":material/school: {plain(learned)}")


def _switch(page: Page, name: str, in_force: bool) -> bool:
    key = f"tune_{name}"
    st.session_state[key] = {"yes": True, "no": False}.get(st.query_params.get(name, ""), in_force)
    return st.toggle(page.t("tuning.switch"), key=key, on_change=_to_address, args=(name, key, in_force))


def _slider(
    name: str, label: str, told: str, limits: tuple[float, float], in_force: float, *, step: float = STEP,
    form: str = "localized",
) -> float:  # fmt: skip
    key = f"tune_{name}"
    st.session_state[key] = _asked(name, limits, in_force)
    value: float = st.slider(
        label, *limits, step=step, format=form, key=key, help=told, on_change=_to_address, args=(name, key, in_force)
    )
    return value


def _names(chosen: Chosen) -> list[str]:
    """What the address may hold of this proposal."""
    parts = ("on", "extra", "gate") if chosen.segment is None else (chosen.segment.code,)
    return [BUDGET, *(f"{chosen.check.family}.{part}" for part in parts)]


def _asked(name: str, limits: tuple[float, float], in_force: float) -> float:
    """The address's number within the limits; what is in force where there is none."""
    try:
        asked = float(st.query_params[name])
    except (KeyError, ValueError):
        return in_force
    return min(max(asked, limits[0]), limits[1]) if isfinite(asked) else in_force


def _to_address(name: str, key: str, in_force: bool | float) -> None:
    value = st.session_state[key]
    if abs(value - in_force) < SAME:
        st.query_params.pop(name, None)
    elif isinstance(value, bool):
        st.query_params[name] = "yes" if value else "no"
    else:
        st.query_params[name] = f"{value:.6g}"
