"""The top of a page: its title, how fresh the data is, and what to do when they are stale."""

from datetime import datetime, timedelta

import streamlit as st

from core.i18n import Translator
from pages.shell import navigation
from pages.shell.text import muted

STALE_AFTER = timedelta(hours=2)  # collection runs every 15 minutes, detection every hour


def header(title: str, t: Translator, now: datetime, as_of: datetime | None) -> None:
    st.title(title, anchor=False)
    if as_of is None:
        muted(t("shell.no_data_yet"))
        return
    age = now - as_of
    muted(t("shell.as_of", at=_moment(t, as_of, now), ago=t.ago(max(age.total_seconds(), 1.0))))
    if age > STALE_AFTER:
        st.warning(t("shell.stale", at=t.instant(as_of)), icon=":material/history:")
        here = {name: value for name, value in st.query_params.to_dict().items() if name == "hotel"}
        st.page_link(navigation.QUALITY, label=t("shell.why_stale"), icon=":material/arrow_forward:", query_params=here)


def _moment(t: Translator, at: datetime, now: datetime) -> str:
    """The clock time of today's instants, with the day for older ones."""
    return t.clock_time(at) if now - at < timedelta(hours=12) else t.instant(at)
