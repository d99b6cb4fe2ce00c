"""The alerts as a table: sorted, downloaded, ticked; and which alert is open, which stands in the address."""

from typing import Any

import streamlit as st

from pages.shell.bulk import bulk
from pages.shell.filters import asked_number
from pages.shell.guard import Page
from pages.shell.sentences import deviation, sentence
from pipeline.alerts.service import AlertFilters, AlertRow


def table(page: Page, found: list[AlertRow], wanted: AlertFilters, total: int) -> None:
    """The same alerts to sort, download and tick: one that is ticked opens below, several are acted on together."""
    t = page.t
    columns: dict[str, list[Any]] = {
        t("board.severity"): [t(f"severity.{alert.severity}") for alert in found],
        t("board.message"): [sentence(t, alert.message_id, alert.message_params) for alert in found],
        t("board.value"): [rounded(alert.metric_value) for alert in found],
        t("board.expected"): [rounded(alert.expected) for alert in found],
        t("board.deviation"): [
            deviation(t, alert.metric_value, alert.expected, alert.deviation_ratio) for alert in found
        ],
        t("board.started"): [t.instant(alert.started_at) for alert in found],
        t("board.last_seen"): [t.instant(alert.last_seen_at) for alert in found],
        t("triage.owner"): [alert.assigned_to or "" for alert in found],
        t("board.verdict"): [t(f"board.verdict_{alert.verdict}") if alert.verdict else "" for alert in found],
    }
    above = st.container()
    picked = st.dataframe(
        columns, hide_index=True, alt=t("board.title"), selection_mode="multi-row", key="table",
        on_select=lambda: open_ticked(found),
    )  # fmt: skip
    ticked = [found[row] for row in picked.selection.rows if row < len(found)]
    with above:
        bulk(page, ticked, wanted, total)


def open_ticked(found: list[AlertRow]) -> None:
    """The one row that was ticked just now; afterwards people may step on to others while it stays ticked."""
    rows = st.session_state["table"].selection.rows
    if len(rows) == 1 and rows[0] < len(found):
        choose(found[rows[0]].id)


def rounded(value: float | None) -> float | None:
    """As people compare figures; the detail has more digits."""
    return None if value is None else round(value, 1)


def choose(alert_id: int) -> None:
    st.query_params["alert"] = str(alert_id)


def chosen() -> int | None:
    return asked_number("alert")
