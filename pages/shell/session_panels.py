"""Part of the account page: where you are signed in, and the end of it."""

import streamlit as st

from identity.accounts import SessionRow
from pages.shell import session
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pages.shell.text import badge, muted, plain


def sessions(page: Page) -> None:
    """The sessions that last; each can be ended, and all others at once."""
    t, token = page.t, session.session_token() or ""
    accounts = page.services.accounts
    listed = accounts.sessions(page.user, token)
    st.header(t("sessions.title"), anchor=False)
    muted(t("sessions.told"))
    for row in listed:
        _one(page, row)
    others = [row for row in listed if not row.is_this]
    is_wanted = others and st.button(t("sessions.end_others"), key="end_others", icon=":material/devices_off:")
    if is_wanted and attempted(page, lambda: accounts.end_other_sessions(page.user, token)):
        st.rerun()


def _one(page: Page, row: SessionRow) -> None:
    t = page.t
    used = max((page.now - row.last_used_at).total_seconds(), 1.0)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap="xxsmall"):
            this = badge(t("sessions.this"), "green", ":material/check_circle:") if row.is_this else ""
            st.markdown(f":material/devices: **{plain(row.device or t('sessions.unknown_device'))}** {this}")
            muted(t("sessions.facts", address=row.address or "–", since=t.instant(row.created_at), used=t.ago(used)))
        is_wanted = not row.is_this and st.button(t("sessions.end"), key=f"end_session_{row.id}")
        if is_wanted and attempted(page, lambda: page.services.accounts.end_session(page.user, row.id)):
            st.rerun()
