"""The plan of one statement on the page Queries: its steps, advice, tried indexes, and what changed since."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import query_words as words
from pages.shell.attempt import attempted
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.guard import Page
from pages.shell.query_panels import advised, missing_told
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.queries.service import Explained
    from operations.queries.trial import Trials

ASKED = "explained"  # of the session: the statement whose plan is shown


def explain(page: Page) -> None:
    """A statement in, its plan out; nothing is executed."""
    t = page.t
    with st.form("explain"):
        text = st.text_area(t("queries.statement"), key="explained_text", height=140, help=plain(t("queries.allowed")))
        is_sent = st.form_submit_button(t("queries.explain"), type="primary", icon=":material/account_tree:")
    muted(t("queries.not_executed"))
    if is_sent:
        st.session_state[ASKED] = text
    asked: str | None = st.session_state.get(ASKED)
    found: list[Explained] = []
    if asked is not None and not attempted(
        page, lambda: found.append(page.services.queries.explain(page.scope, asked))
    ):
        del st.session_state[ASKED]
    for one in found:
        _plan(page, one)
        if page.scope.allows("queries.keep"):
            _keep(page, asked or "")


def _plan(page: Page, found: "Explained") -> None:
    t = page.t
    sheet = words.steps_sheet(t, found.steps)
    st.subheader(sheet.name, anchor=False)
    _since_kept(page, found)
    share = st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0, color="auto-inverse")
    step, condition = (st.column_config.TextColumn(width=width) for width in (250, 300))
    config = {t("queries.share"): share, t("queries.step"): step, t("queries.condition"): condition}
    show_sheet(sheet, "table_plan", config=config)
    advised(page, found.advice, t("queries.no_advice"))
    _tried(page, found.trials)
    downloads(page, [sheet], "plan", None)


def _since_kept(page: Page, found: "Explained") -> None:
    """Where a plan of the same statement was kept, whether this is still the same one."""
    t = page.t
    known = page.services.queries.plans.since_kept(page.scope, found)
    if known is None:
        return
    kept, comparison = known
    show = st.success if comparison.is_same else st.warning
    icon = ":material/check_circle:" if comparison.is_same else ":material/difference:"
    told = t("queries.since_same" if comparison.is_same else "queries.since_changed", at=kept.head.made_at)
    changes = [words.change(t, one) for one in comparison.changes if one.code != "same"]
    show(plain(" ".join([told, *changes])), icon=icon)


def _tried(page: Page, trials: "Trials") -> None:
    """What the indexes of the advice would change, or what it takes to try them."""
    t = page.t
    for one in trials.items:
        icon = ":material/speed:" if one.is_used else ":material/do_not_disturb_on:"
        st.info(plain(words.trial(t, one)), icon=icon)
    if trials.missing is not None:
        missing_told(page, trials.missing, is_optional=True)


def _keep(page: Page, text: str) -> None:
    t = page.t
    if st.button(t("queries.keep"), key="keep_plan", icon=":material/bookmark_add:") and attempted(
        page, lambda: page.services.queries.plans.keep(page.scope, text)
    ):
        st.success(plain(t("queries.kept")), icon=":material/bookmark_added:")
