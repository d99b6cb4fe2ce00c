"""Part of the account page: the second factor, set up, its recovery codes, taken away."""

import streamlit as st

from identity.second_factor import Enrolment
from pages.shell.attempt import attempted
from pages.shell.chosen_password import present_password
from pages.shell.guard import Page
from pages.shell.text import badge, muted, plain

BEGUN, CODES = "factor_begun", "recovery_codes"


def second_factor(page: Page) -> None:
    """What stands between somebody who knows the password and this account."""
    t = page.t
    state = page.services.identity.second_factor.state(page.user)
    st.header(t("factor.title"), anchor=False)
    if state.is_on:
        on = badge(t("factor.on"), "green", ":material/verified_user:")
        st.markdown(f"{on} {plain(t('factor.codes_left', count=state.recovery_codes_left))}")
    else:
        st.markdown(f"{badge(t('factor.off'), 'gray', ':material/remove_moderator:')} {plain(t('factor.told'))}")
    codes: list[str] | None = st.session_state.get(CODES)
    if codes:
        _show_codes(page, codes)
    elif state.is_on:
        _change(page)
    else:
        _set_up(page)


def _set_up(page: Page) -> None:
    t, service = page.t, page.services.identity.second_factor
    begun: Enrolment | None = st.session_state.get(BEGUN)
    if begun is None:
        made: list[Enrolment] = []
        with st.form("factor_set_up", clear_on_submit=True):
            given = present_password(t, "set_up")
            is_wanted = st.form_submit_button(t("factor.set_up"), icon=":material/add_moderator:")
        if is_wanted and attempted(page, lambda: made.append(service.begin(page.user, given))):
            st.session_state[BEGUN] = made[0]
            st.rerun()
        return
    st.markdown(t("factor.step_app"))
    st.image(begun.picture, caption=t("factor.picture"), width=240)
    st.code(" ".join(begun.secret[start : start + 4] for start in range(0, len(begun.secret), 4)), language=None)
    st.link_button(t("factor.open_app"), begun.link, icon=":material/phonelink_lock:")
    code, is_sent = _code_form(page, "confirm", t("factor.step_code"), t("factor.confirm"))
    got: list[list[str]] = []
    if is_sent and attempted(page, lambda: got.append(service.confirm(page.user, code))):
        del st.session_state[BEGUN]
        st.session_state[CODES] = got[0]
        st.rerun()


def _show_codes(page: Page, codes: list[str]) -> None:
    """Once, until the person says that they are written down."""
    t = page.t
    with st.container(border=True):
        st.markdown(f":material/warning: **{plain(t('factor.codes_title'))}**")
        muted(t("factor.codes_told"))
        st.code("\n".join(codes), language=None)
        if st.button(t("factor.codes_kept"), type="primary", key="codes_kept"):
            del st.session_state[CODES]
            st.rerun()


def _change(page: Page) -> None:
    """New recovery codes, or none of it any more; both ask for a code."""
    t, service = page.t, page.services.identity.second_factor
    with st.expander(t("factor.renew_codes"), icon=":material/password:"):
        code, is_sent = _code_form(page, "renew", t("factor.renew_told"), t("factor.renew_codes"))
        got: list[list[str]] = []
        if is_sent and attempted(page, lambda: got.append(service.renew_recovery_codes(page.user, code))):
            st.session_state[CODES] = got[0]
            st.rerun()
    with st.expander(t("factor.remove"), icon=":material/remove_moderator:"):
        with st.form("factor_remove", clear_on_submit=True):
            st.markdown(plain(t("factor.remove_told")))
            given = present_password(t, "remove")
            code, is_sent = _code(page, "remove"), st.form_submit_button(t("factor.remove"))
        if is_sent and attempted(page, lambda: service.remove(page.user, given, code)):
            st.rerun()


def _code_form(page: Page, name: str, told: str, button: str) -> tuple[str, bool]:
    with st.form(f"factor_{name}", clear_on_submit=True):
        st.markdown(plain(told))
        return _code(page, name), st.form_submit_button(button)


def _code(page: Page, name: str) -> str:
    return st.text_input(page.t("signin.code"), autocomplete="one-time-code", key=f"factor_code_{name}")
