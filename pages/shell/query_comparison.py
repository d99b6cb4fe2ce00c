"""Two kept plans beside each other on the page Queries, with what differs marked and told."""

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from operations.queries.comparison import MARKS
from pages.shell import query_words as words
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.filters import ALL, choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.text import muted, plain, sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operations.queries.comparison import Comparison
    from operations.queries.kept_plans import KeptPlan, PlanHead

WIDE, SHORT = 300, 60
COLOURS = ["red", "orange", "violet", "yellow", "yellow", "green"]


def comparison(page: Page) -> None:
    """Two plans are chosen, the newest two unless the address says otherwise."""
    t, plans = page.t, page.services.queries.plans
    muted(t("queries.plans_told"))
    found: Sequence[PlanHead] = plans.listed(page.scope)
    if len(found) < 2:
        st.info(plain(t("queries.too_few_plans", count=len(found))), icon=":material/bookmarks:")
        return
    with filter_row(t("shell.filters")):
        found = _of_statement(page, found)
        if len(found) > 1:
            before = _chosen(page, "before", [found[1], found[0], *found[2:]])
            after = _chosen(page, "after", [one for one in found if one.id != before.id])
    if len(found) < 2:
        st.info(plain(t("queries.only_one_plan")), icon=":material/bookmarks:")
        return
    one, other, difference = plans.comparison(page.scope, before.id, after.id)
    _told(page, difference)
    left, right = st.columns(2)
    with left:
        _side(page, "before", one, difference)
    with right:
        _side(page, "after", other, difference)


def _of_statement(page: Page, found: "Sequence[PlanHead]") -> "Sequence[PlanHead]":
    """Of the newest statement with two plans, unless another one is chosen, or all: two ways to write the same."""
    t = page.t
    texts = {one.fingerprint: one.text[:SHORT] for one in found}
    counts = Counter(one.fingerprint for one in found)
    twice = [one for one in texts if counts[one] > 1]
    options = [*twice, ALL, *(one for one in texts if one not in twice)]
    chosen = choose_one(
        "statement", options, t("queries.statement"), lambda one: t("shell.all") if one == ALL else texts[one], WIDE
    )
    return found if chosen == ALL else [one for one in found if one.fingerprint == chosen]


def _chosen(page: Page, name: str, found: "Sequence[PlanHead]") -> "PlanHead":
    t = page.t
    known = {str(one.id): one for one in found}
    chosen = choose_one(
        name, list(known), t(f"queries.plan_{name}"),
        lambda one: t("queries.plan_of", at=known[one].made_at, text=known[one].text[:SHORT]), WIDE,
    )  # fmt: skip
    return known[chosen]


def _told(page: Page, difference: "Comparison") -> None:
    """The changes as one list, in the order of the steps."""
    icons = {
        "same": ":material/check_circle:",
        "cheaper": ":material/trending_down:",
        "dearer": ":material/trending_up:",
    }
    told = [
        f"- {icons.get(change.code, ':material/difference:')} {plain(words.change(page.t, change))}"
        for change in difference.changes
    ]
    st.markdown("\n".join(told))


def _side(page: Page, name: str, kept: "KeptPlan", difference: "Comparison") -> None:
    t = page.t
    st.subheader(t(f"queries.plan_{name}"), anchor=False)
    muted(
        t("queries.plan_kept_by", at=kept.head.made_at, actor=kept.head.actor, cost=t.number(kept.head.total_cost, 2))
    )
    sql(kept.head.text)
    sheet = words.side_sheet(t, name, difference.pairs)
    marks = st.column_config.MultiselectColumn(
        options=[t(f"queries.mark_{mark}") for mark in (*MARKS, "same")], color=COLOURS, width="medium"
    )
    show_sheet(sheet, f"table_plan_{name}", config={t("queries.marks"): marks})
    downloads(page, [sheet], f"plan-{name}", None)
