"""Sign-in: streamlit-authenticator's form over users in the database, the second factor, a session cookie of ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from identity.service import User
from pages.shell.browser import here, send_browser_to
from pages.shell.forgotten import FORGOTTEN, forgotten_button, forgotten_password
from pages.shell.oidc_routes import BEGIN, REFUSED, TOLD
from pages.shell.provider import services
from pages.shell.session import browser_cards

HALFWAY = "password_was_right"
HALFWAY_TIME = timedelta(minutes=5)


class _Accounts:
    """Stands where the form expects its model: the password is checked by the identity service."""

    def __init__(self) -> None:
        self.refusal: AppError | None = None
        self.ticket: str | None = None

    def login(self, username: str, password: str, *_: Any, **__: Any) -> bool:
        identity, address = services().identity, st.context.ip_address
        try:
            user = identity.check_password(username.strip(), password, address, browser_cards())
            if user.has_second_factor:
                st.session_state[HALFWAY] = Halfway(user, services().clock.now())
            else:
                self.ticket = identity.begin_session(user)
        except AppError as error:
            self.refusal = error
        return self.ticket is not None

    def second_step(self, user: User, code: str) -> None:
        try:
            self.ticket = services().identity.begin_session(user, code, st.context.ip_address)
        except AppError as error:
            self.refusal = error


@dataclass(frozen=True)
class Halfway:
    """Whose password was right, and when; kept in the server's memory of this window only."""

    user: User
    at: datetime


class _RouteCookie:
    """Stands where the form expects its cookie, which a script could read: ours is set by a route, HttpOnly."""

    def __init__(self, accounts: _Accounts, destination: str) -> None:
        self.accounts = accounts
        self.destination = destination

    def get_cookie(self) -> None:
        return None

    def set_cookie(self) -> None:
        if self.accounts.ticket:
            enter_with(self.accounts.ticket, self.destination)


def enter_with(ticket: str, destination: str) -> None:
    """Send the browser to the route that sets the session's cookie, and on to a path of this origin."""
    send_browser_to(f"/auth/enter?{urlencode({'ticket': ticket, 'next': destination})}")


def show_sign_in(t: Translator) -> None:
    """The form alone; what is right sends the browser to ``/auth/enter`` and back to the page it asked for."""
    accounts = _Accounts()
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        st.title(t("shell.product"), anchor=False)
        st.header(t("signin.welcome"), anchor=False)
        area = st.empty()
        with area.container():
            halfway = _halfway()
            if st.session_state.get(FORGOTTEN):
                forgotten_password(t)
                return
            if halfway is None:
                _password_form(t, accounts)
                halfway = _halfway()
                if halfway is not None:
                    st.rerun()
            else:
                _code_form(t, accounts, halfway.user)
        if accounts.ticket:
            area.info(t("signin.entering"), icon=":material/login:")
        elif accounts.refusal:
            st.error(t(accounts.refusal.message_id, **accounts.refusal.params), icon=":material/error:")
        if not accounts.ticket and halfway is None:
            forgotten_button(t)
        if not accounts.ticket and not accounts.refusal and halfway is None and services().oidc.is_on:
            _provider(t)


def _provider(t: Translator) -> None:
    """The other way in, and why it was closed the last time."""
    if st.button(t("signin.provider"), icon=":material/key:", width="stretch", key="provider"):
        destination = "/" if REFUSED in st.query_params else here()
        send_browser_to(f"{BEGIN}?{urlencode({'next': destination})}")
    code = st.query_params.get(REFUSED)
    if code in TOLD:
        st.error(t(f"error.{code}"), icon=":material/error:")


def _halfway() -> Halfway | None:
    """Who gave the right password within the last minutes."""
    found: Halfway | None = st.session_state.get(HALFWAY)
    return found if found is not None and services().clock.now() - found.at < HALFWAY_TIME else None


def _code_form(t: Translator, accounts: _Accounts, user: User) -> None:
    with st.form("second_factor"):
        st.subheader(t("signin.second_step"), anchor=False)
        st.markdown(t("signin.code_told"))
        code = st.text_input(t("signin.code"), autocomplete="one-time-code", key="sign_in_code")
        is_sent = st.form_submit_button(t("signin.submit"))
    if st.button(t("signin.other_account"), type="tertiary", key="other_account"):
        del st.session_state[HALFWAY]
        st.rerun()
    if is_sent:
        accounts.second_step(user, code)
    if accounts.ticket:
        enter_with(accounts.ticket, here())


def _password_form(t: Translator, accounts: _Accounts) -> None:
    from streamlit_authenticator import Authenticate  # 1.6 s of imports that signed-in sessions never pay

    form = Authenticate.__new__(Authenticate)
    form.attrs, form.path = {"login_sleep_time": 0}, None
    form.authentication_controller = accounts
    form.cookie_controller = _RouteCookie(accounts, here())
    form.login(
        key="sign_in",
        fields={
            "Form name": t("signin.title"),
            "Username": t("signin.username"),
            "Password": t("signin.password"),
            "Login": t("signin.submit"),
        },
    )
