"""Fields of passwords, and the form of a one-time link: whose account it is, the new password twice."""

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from identity.passwords import MIN_LENGTH
from pages.shell import navigation
from pages.shell.guard import Anyone
from pages.shell.text import muted, plain

CHOSEN = "password_chosen_for"


def choose_password(anyone: Anyone, link: str) -> None:
    """The form, or why the link is worth nothing, or that it is done."""
    t = anyone.t
    if st.session_state.get(CHOSEN) == link:
        st.success(t("password.chosen"), icon=":material/check_circle:")
        _to_sign_in(anyone)
        return
    try:
        invited = anyone.services.accounts.invited(link)
    except AppError as error:
        st.error(t(error.message_id, **error.params), icon=":material/link_off:")
        _to_sign_in(anyone)
        return
    st.markdown(plain(t(f"password.told_{invited.kind}", username=invited.user.username)))
    with st.form("choose_password"):
        new, again = new_password_fields(t)
        is_sent = st.form_submit_button(t("password.save"), type="primary")
    if is_sent:
        _choose(anyone, link, new, again)


def new_password_fields(t: Translator) -> tuple[str, str]:
    """The new password, twice, and the rule."""
    new = st.text_input(t("password.new"), type="password", autocomplete="new-password", key="new_password")
    again = st.text_input(t("password.again"), type="password", autocomplete="new-password", key="new_again")
    muted(t("password.rule", length=MIN_LENGTH))
    return new, again


def present_password(t: Translator, name: str) -> str:
    """The one that the account has now; ``name``: what it is asked for."""
    return st.text_input(
        t("password.present"), type="password", autocomplete="current-password", key=f"present_password_{name}"
    )


def same_twice(new: str, again: str) -> None:
    """A password that was mistyped would lock its user out."""
    if new != again:
        raise AppError("passwords_differ")


def _choose(anyone: Anyone, link: str, new: str, again: str) -> None:
    try:
        same_twice(new, again)
        anyone.services.accounts.use_link(link, new)
    except AppError as error:
        st.error(anyone.t(error.message_id, **error.params), icon=":material/error:")
    else:
        st.session_state[CHOSEN] = link
        st.rerun()


def _to_sign_in(anyone: Anyone) -> None:
    st.page_link(navigation.OVERVIEW, label=anyone.t("password.to_sign_in"), icon=":material/login:")
