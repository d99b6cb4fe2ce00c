"""Parts of Models → Comparison: what the challenger would change, and asking for another comparison (C6)."""

from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import Translator
from pages.shell import model_reads
from pages.shell.alert_changes import listed
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pages.shell.session import browser_theme
from pages.shell.text import muted, plain
from pages.shell.threshold_words import with_cases
from reports.figures.alert_rates import RateLabels, rates_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from reports.model_comparisons import ComparisonRow, ModelComparison, Version

ALONE = "zscore"
MEASURES = ("verdict_precision", "verdict_recall", "planted_precision", "planted_recall")


def name_of(t: Translator, row: "ComparisonRow") -> str:
    """What was compared and when, for a list of comparisons."""
    kind = f"{t(f'metric.{row.metric_type}')} · {t(f'model_type.{row.model_type}')}"
    at = t.instant(row.compared_at or row.asked_at)
    return t("comparison.name", kind=kind, challenger=row.challenger_id, champion=champion_name(t, row), at=at)


def champion_name(t: Translator, row: "ComparisonRow") -> str:
    return t("comparison.alone") if row.champion_id is None else t("models.number", number=row.champion_id)


def verdict(page: Page, found: "ModelComparison") -> None:
    """The difference in one sentence, and how far it can be trusted."""
    t, row = page.t, found.row
    words = {
        "challenger": t("models.number", number=row.challenger_id), "champion": champion_name(t, row),
        "more": t.number(found.appear.total), "fewer": t.number(found.disappear.total), "same": t.number(found.stay),
        "days": found.days,
    }  # fmt: skip
    is_same = not found.appear.total and not found.disappear.total
    said = [t("comparison.same" if is_same else "comparison.differs", **words)]
    lost = found.disappear.confirmed
    if lost:
        said.append(t("comparison.loses", count=lost))
    (st.warning if lost else st.info)(plain(" ".join(said)), icon=":material/compare_arrows:")
    muted(t("comparison.new_days", count=found.new_days, days=found.days))


def figures(page: Page, found: "ModelComparison") -> None:
    """Both sides beside each other."""
    t, before, after = page.t, found.before, found.after
    shown = [("per_day", t.number(after.alerts_per_day, 1), t.number(before.alerts_per_day, 1), True)]
    judged = bool(max(before.judged, after.judged))
    shown += [
        (name, t.number(getattr(after, name)), t.number(getattr(before, name)), judged)
        for name in ("false_alarms", "missed")
    ]
    planted = bool(after.planted_recall.n)
    shown.append(("planted_missed", t.number(after.planted_missed), t.number(before.planted_missed), planted))
    with st.container(horizontal=True):
        for name, value, other, is_known in shown:
            st.metric(
                t(f"tuning.{name}"), value if is_known else t("quality.unknown"),
                t("comparison.champion_has", value=other) if is_known else None, delta_color="off", delta_arrow="off",
                border=True,
            )  # fmt: skip


def changes(page: Page, found: "ModelComparison") -> None:
    """The alerts that come and go, by day and one by one, and how right both sides are."""
    t = page.t
    listed(page, "disappear", found.disappear)
    listed(page, "appear", found.appear)
    title = t("comparison.chart", before=t.number(found.before.alerts), after=t.number(found.after.alerts))
    labels = RateLabels(t("comparison.champion"), t("comparison.challenger"), t("tuning.unit"))
    figure = rates_figure(found.daily, labels, t, browser_theme())
    st.markdown(f"**{plain(title)}**")
    st.plotly_chart(figure, theme=None, config=CONFIG, key="comparison_rates", alt=title)
    st.table(
        {
            t("tuning.measure"): [plain(t(f"threshold.{name}")) for name in MEASURES],
            t("comparison.champion"): [plain(with_cases(t, getattr(found.before, name))) for name in MEASURES],
            t("comparison.challenger"): [plain(with_cases(t, getattr(found.after, name))) for name in MEASURES],
        },
        border="horizontal",
        hide_index=True,
    )


def ask_for(page: Page, hotel_id: int) -> None:
    """Choose two versions of a kind, or one against the Z-Score alone, and have them compared."""
    t, versions = page.t, model_reads.comparable(page, hotel_id)
    if not versions or not page.scope.allows("jobs.run"):
        return
    known = {str(one.model_id): one for one in versions}
    with st.expander(t("comparison.ask"), icon=":material/compare_arrows:"):
        challenger = st.selectbox(
            t("comparison.challenger"), list(known), format_func=lambda key: _version(t, known[key]), key="challenger"
        )
        of_kind = [key for key, one in known.items() if one.kind == known[challenger].kind and key != challenger]
        champion = st.selectbox(
            t("comparison.champion"), [*of_kind, ALONE], key=f"champion_{challenger}",
            format_func=lambda key: t("comparison.alone") if key == ALONE else _version(t, known[key]),
        )  # fmt: skip
        muted(t("comparison.ask_help"))
        if st.button(t("comparison.compare"), type="primary", key="compare"):
            service, other = page.services.model_comparisons, None if champion == ALONE else int(champion)
            if attempted(page, lambda: service.request(page.scope, hotel_id, int(challenger), other)):
                st.query_params.pop("comparison", None)
                st.rerun()


def _version(t: Translator, one: "Version") -> str:
    kind = f"{t(f'metric.{one.metric_type}')} · {t(f'model_type.{one.model_type}')}"
    words = [t("comparison.version", kind=kind, number=one.model_id, learned=t.instant(one.trained_until))]
    words += [t("comparison.in_use")] if one.is_active else []
    words += [] if one.speaks else [t("comparison.silent")]
    return " · ".join(words)
