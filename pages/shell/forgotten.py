"""On the sign-in page: who forgot their password asks for a link by mail (A9.1)."""

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from pages.shell.provider import services

FORGOTTEN = "forgot_password"


def forgotten_button(t: Translator) -> None:
    """Only where mails can be sent; elsewhere an administrator makes the link."""
    if services().resets.is_on:
        st.button(t("signin.forgotten"), type="tertiary", key="forgotten", on_click=_remember)


def forgotten_password(t: Translator) -> None:
    """The form, and the one answer to everybody."""
    with st.form("forgotten_password"):
        st.subheader(t("signin.forgotten_title"), anchor=False)
        st.markdown(t("signin.forgotten_told"))
        username = st.text_input(t("signin.username"), max_chars=64, key="forgotten_name", autocomplete="username")
        is_sent = st.form_submit_button(t("signin.forgotten_send"), type="primary")
    if is_sent and username.strip():
        try:
            services().resets.ask(username, st.context.ip_address)
            st.success(t("signin.forgotten_sent"), icon=":material/mark_email_unread:")
        except AppError as error:
            st.error(t(error.message_id, **error.params), icon=":material/error:")
    st.button(t("signin.forgotten_back"), type="tertiary", key="forgotten_back", on_click=_forget)


def _remember() -> None:
    st.session_state[FORGOTTEN] = True


def _forget() -> None:
    st.session_state.pop(FORGOTTEN, None)
