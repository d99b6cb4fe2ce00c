"""What the proposed thresholds would have done: to read, to miss, which alerts come and go, how good they are."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.alert_changes import listed
from pages.shell.folding import when_open
from pages.shell.guard import Page
from pages.shell.session import browser_theme
from pages.shell.text import muted, plain
from pages.shell.threshold_filters import Chosen
from pages.shell.threshold_words import with_cases
from reports.figures.alert_rates import RateLabels, rates_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from reports.threshold_preview import Preview

MEASURES = {"tuning.check_precision": "check_precision"} | {
    f"threshold.{name}": name for name in ("verdict_precision", "verdict_recall", "planted_precision", "planted_recall")
}
OF_VERDICTS = ("false_alarms", "missed")


def results(page: Page, chosen: Chosen, found: "Preview", is_changed: bool) -> None:
    figures(page, chosen, found, is_changed)
    cost(page, found, is_changed)
    if is_changed:
        listed(page, "disappear", found.disappear)
        listed(page, "appear", found.appear)
    chart(page, found, is_changed)
    quality(page, found, is_changed)


def figures(page: Page, chosen: Chosen, found: "Preview", is_changed: bool) -> None:
    """What there is to read and what is missed, each beside what is in force."""
    t, after, before = page.t, found.after, found.before
    check = (chosen.check.metric_type, chosen.check.family)
    unknown = t("quality.unknown")
    shown = [
        ("per_day", t.number(after.alerts_per_day, 1), t.number(before.alerts_per_day, 1)),
        ("of_check", t.number(after.by_check.get(check, 0)), t.number(before.by_check.get(check, 0))),
        ("false_alarms", t.number(after.false_alarms), t.number(before.false_alarms)),
        ("missed", t.number(after.missed), t.number(before.missed)),
    ]
    if after.planted_recall.n:
        shown.append(("planted_missed", t.number(after.planted_missed), t.number(before.planted_missed)))
    with st.container(horizontal=True):
        for name, value, now in shown:
            is_known = bool(found.judged) or name not in OF_VERDICTS
            st.metric(
                t(f"tuning.{name}"),
                value if is_known else unknown,
                t("tuning.now", value=now) if is_changed and is_known else None,
                delta_color="off", delta_arrow="off", border=True, help=t(f"tuning.{name}_help"),
            )  # fmt: skip


def cost(page: Page, found: "Preview", is_changed: bool) -> None:
    """Reading against missing, in the hotel's own terms."""
    t, more = page.t, found.more_per_week
    if not is_changed:
        muted(t("tuning.unchanged", days=found.days))
        return
    direction = "same" if t.number(abs(more), 1) == "0" else "more" if more > 0 else "fewer"
    said = [t(f"tuning.cost_{direction}", alerts=t.number(abs(more), 1))]
    lost = found.disappear
    if lost.confirmed:
        said.append(t("tuning.cost_missed", count=lost.confirmed))
    elif lost.total:
        said.append(t("tuning.cost_nothing_missed" if found.judged else "tuning.cost_unknown"))
    icon = ":material/warning:" if lost.confirmed else ":material/balance:"
    (st.warning if lost.confirmed else st.info)(plain(" ".join(said)), icon=icon)


def chart(page: Page, found: "Preview", is_changed: bool) -> None:
    """Alerts by day, before and after, and the same as a table."""
    t = page.t
    counts = {"before": t.number(found.before.alerts), "after": t.number(found.after.alerts)}
    title = t("tuning.chart_changed" if is_changed else "tuning.chart", days=found.days, **counts)
    labels = RateLabels(t("tuning.in_force"), t("tuning.proposed"), t("tuning.unit"))
    figure = rates_figure(found.daily, labels, t, browser_theme())
    st.markdown(f"**{plain(title)}**")
    st.plotly_chart(figure, theme=None, config=CONFIG, key="threshold_rates", alt=title)
    when_open(t("board.chart_table"), "threshold_rates_table", lambda: _rates_table(page, found, title))


def _rates_table(page: Page, found: "Preview", title: str) -> None:
    t = page.t
    st.dataframe(
        found.daily, hide_index=True, alt=title,
        column_config={
            "observed_on": st.column_config.DateColumn(t("tuning.day"), format="YYYY-MM-DD"),
            "before": t("tuning.in_force"), "after": t("tuning.proposed"),
        },
    )  # fmt: skip


def quality(page: Page, found: "Preview", is_changed: bool) -> None:
    """How right the check's alerts are, and the whole hotel's on verdicts and on planted anomalies (A6.4)."""
    t = page.t
    st.header(t("tuning.quality"), anchor=False)
    muted(t("tuning.quality_help"))
    sides = {"in_force": found.before, "proposed": found.after} if is_changed else {"in_force": found.before}
    table = {t("tuning.measure"): [plain(t(name)) for name in MEASURES]}
    for name, side in sides.items():
        table[t(f"tuning.{name}")] = [plain(with_cases(t, getattr(side, one))) for one in MEASURES.values()]
    st.table(table, border="horizontal", hide_index=True)
