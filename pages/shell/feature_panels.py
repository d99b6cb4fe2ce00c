"""Parts of Models → Features: soundness against the goals, what counts, what drifted, what says the same (P3, P9)."""

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shell.guard import Page
from pages.shell.quality_words import STATES, share
from pages.shell.session import browser_theme, is_phone
from pages.shell.text import badge, muted, plain
from reports.figures.features import correlation_figure, importance_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.model_features.service import Chosen, FeatureView

REASONS = ("constant", "weak", "like")


def figures(page: Page, found: "FeatureView") -> None:
    """Nulls, doubles, coverage and age against their goals."""
    t, quality = page.t, found.quality
    unmet = quality.unmet()
    coverage, nulls = share(t, quality.coverage_ratio), share(t, quality.null_ratio)
    age = t("quality.unknown") if quality.age is None else t.ago(quality.age.total_seconds())
    shown = [
        ("rows", t.number(quality.rows), t("features.of_entities", count=quality.entities)),
        ("nulls", nulls, _goal(page, "null_ratio" in unmet, t("features.goal_nulls"))),
        ("duplicates", t.number(quality.duplicates), _goal(page, "duplicates" in unmet, t("quality.goal_none"))),
        ("coverage", coverage, _goal(page, "coverage_ratio" in unmet, t("features.goal_coverage"))),
        ("newest", age, ""),
        ("drifted", t.number(len(quality.drifted)), t("features.drifted_of", count=len(quality.columns))),
    ]
    with st.container(horizontal=True):
        for name, value, told in shown:
            st.metric(t(f"features.{name}"), value, told or None, delta_color="off", delta_arrow="off", border=True)


def importance(page: Page, chosen: "Chosen | None") -> None:
    """How much each column moves the forest's score on recent days."""
    t = page.t
    st.header(t("features.importance"), anchor=False)
    if chosen is None:
        st.info(t("features.no_forest"), icon=":material/forest:")
        return
    if not chosen.importance:
        st.info(t("features.importance_waits"), icon=":material/hourglass_empty:")
        return
    first = max(chosen.importance, key=chosen.importance.__getitem__)
    title = t("features.importance_title", first=first, share=t.percent(chosen.importance[first]))
    figure = importance_figure(dict(chosen.importance), t("features.share"), t, browser_theme())
    st.markdown(f"**{plain(title)}**")
    st.plotly_chart(figure, theme=None, config=CONFIG, key="importance", alt=title)
    muted(t("features.importance_note", version=chosen.model_id, rows=chosen.importance_rows))


def columns(page: Page, found: "FeatureView") -> None:
    """Every stored feature: missing, drifted, how much it counts, or why it was left out."""
    t, chosen = page.t, found.chosen
    st.header(t("features.all"), anchor=False)
    muted(t("features.drift_help"))
    rows = found.quality.columns.to_dict("records")
    shares = (chosen.importance or {}) if chosen else {}
    removed = chosen.removed if chosen else {}
    numbers = {
        t("features.nulls"): [share(t, row["null_ratio"]) for row in rows],
        t("features.minimum"): [_number(page, row["minimum"]) for row in rows],
        t("features.maximum"): [_number(page, row["maximum"]) for row in rows],
        t("features.distinct"): [t.number(row["distinct"]) for row in rows],
    }
    names = [f"`{row['feature']}`" for row in rows]
    counts = [_share(page, row["feature"], shares, removed) for row in rows]
    drifts = {t("features.drift"): [_drift(page, row) for row in rows]}
    if is_phone():
        told = [f"{name}  \n:small[{count}]" for name, count in zip(names, counts, strict=True)]
        st.table({t("features.feature"): told, **drifts}, border="horizontal", hide_index=True)
        return
    st.table(
        {t("features.feature"): names, **numbers, **drifts, t("features.share"): counts},
        border="horizontal",
        hide_index=True,
    )


def alike(page: Page, found: "FeatureView") -> None:
    """Which features say the same: pairs in words, all of them as a matrix."""
    t, quality = page.t, found.quality
    if quality.correlation.empty:
        return
    st.header(t("features.alike"), anchor=False)
    pairs = [
        t("features.pair", one=one, other=other, correlation=t.number(value, 2))
        for one, other, value in quality.alike[:8]
    ]
    st.markdown("\n".join(f"- {plain(pair)}" for pair in pairs) if pairs else plain(t("features.none_alike")))
    title = t("features.correlation")
    with st.expander(title, icon=":material/grid_on:"):
        figure = correlation_figure(quality.correlation, t, browser_theme())
        st.plotly_chart(figure, theme=None, config=CONFIG, key="correlation", alt=title)


def trials(page: Page, chosen: "Chosen | None") -> None:
    """What the search tried before it chose, and what each combination reached."""
    if chosen is None or not chosen.trials:
        return
    t, best = page.t, max(one.pr_auc for one in chosen.trials)
    with st.expander(t("features.trials"), icon=":material/science:"):
        if chosen.chosen_at is not None:
            muted(t("features.trials_help", at=t.instant(chosen.chosen_at)))
        st.table(
            {
                t("quality.model"): [plain(t(f"model_type.{one.model_type}")) for one in chosen.trials],
                t("features.columns"): [plain(t("features.column_set", name=one.columns, count=one.count))
                                        for one in chosen.trials],
                t("features.parameters"): [plain(", ".join(f"{key} {value}" for key, value in one.parameters.items()))
                                           for one in chosen.trials],
                t("quality.pr_auc"): [_reached(page, one.pr_auc, best) for one in chosen.trials],
            },
            border="horizontal",
            hide_index=True,
        )  # fmt: skip


def _goal(page: Page, is_missed: bool, goal: str) -> str:
    return f"{goal} · {page.t('quality.state_missed' if is_missed else 'quality.state_met')}"


def _drift(page: Page, row: Mapping[Any, Any]) -> str:
    """The index; an icon and a word where it is more than chance."""
    t, value = page.t, float(row["drift"])
    if isnan(value):
        return f":gray[{plain(t('features.not_judged'))}]"
    if not row["is_drifted"]:
        return t.number(value, 2)
    return badge(t("features.has_drifted", index=t.number(value, 2)), "orange", STATES["missed"][1])


def _share(page: Page, feature: str, shares: Mapping[str, float], removed: Mapping[str, str]) -> str:
    t = page.t
    if feature in shares:
        return t.percent(shares[feature], 1)
    if feature in removed:
        why, _, other = removed[feature].partition(" ")
        told = t(f"features.removed_{why}", other=other) if why in REASONS else removed[feature]
        return f":gray[{plain(t('features.left_out', why=told))}]"
    return "–"


def _reached(page: Page, value: float, best: float) -> str:
    said = page.t.number(value, 3)
    return badge(said, "green", ":material/check_circle:") if value == best else said


def _number(page: Page, value: float) -> str:
    return "–" if isnan(value) else page.t.number(value, 2)
