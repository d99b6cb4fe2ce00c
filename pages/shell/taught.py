"""What verdicts have taught: thresholds of segments, and situations that stay silent until a day (A6.3)."""

import streamlit as st

from pages.shell import reads
from pages.shell.guard import Page
from pages.shell.quality_words import metric
from pages.shell.text import muted, plain
from pages.shell.verdict_words import threshold


def learned(page: Page, hotel_id: int) -> None:
    t, rows = page.t, reads.learned_thresholds(page, hotel_id)
    st.subheader(t("quality.learned"), anchor=False)
    if not rows:
        muted(t("quality.nothing_learned"))
    for row in rows:
        st.markdown(f"- **{plain(metric(t, row.metric_type))}** {plain(threshold(t, row))}")


def suppressions(page: Page, hotel_id: int) -> None:
    """What verdicts keep silent now; the verdict can be taken back here."""
    t, rows = page.t, reads.suppressions(page, hotel_id)
    st.subheader(t("quality.silenced"), anchor=False)
    if not rows:
        muted(t("quality.nothing_silenced"))
    for row in rows:
        place = row.room or row.product or row.staff or row.hotel_name
        what = t("quality.silenced_row", what=t(f"alert_type.{row.alert_type}"), place=place, until=row.until_at)
        why = t("quality.silenced_why", verdict=t(f"verdict.{row.verdict}"), who=row.verdict_by, count=row.hidden)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{plain(what)}  \n:small[:gray[{plain(why)}]]")
            if page.scope.allows("alerts.triage") and st.button(t("quality.take_back"), key=f"lift_{row.alert_id}"):
                page.services.alerts.triage.withdraw_verdict(page.scope, [row.alert_id])
                st.rerun()
