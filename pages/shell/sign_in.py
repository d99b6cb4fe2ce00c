"""Sign-in: streamlit-authenticator's form over users in the database and a session cookie of our own."""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from pages.shell.browser import here, send_browser_to
from pages.shell.provider import services


class _Accounts:
    """Stands where the form expects its model: the password is checked by the identity service."""

    def __init__(self) -> None:
        self.refusal: AppError | None = None
        self.ticket: str | None = None

    def login(self, username: str, password: str, *_: Any, **__: Any) -> bool:
        identity = services().identity
        try:
            user = identity.check_password(username.strip(), password)
        except AppError as error:
            self.refusal = error
            return False
        self.ticket = identity.begin_session(user)
        return True


class _RouteCookie:
    """Stands where the form expects its cookie, which a script could read: ours is set by a route, HttpOnly."""

    def __init__(self, accounts: _Accounts, destination: str) -> None:
        self.accounts = accounts
        self.destination = destination

    def get_cookie(self) -> None:
        return None

    def set_cookie(self) -> None:
        query = urlencode({"ticket": self.accounts.ticket, "next": self.destination})
        send_browser_to(f"/auth/enter?{query}")


def show_sign_in(t: Translator) -> None:
    """The form alone; a correct password sends the browser to ``/auth/enter`` and back to the page it asked for."""
    from streamlit_authenticator import Authenticate  # 1.6 s of imports that signed-in sessions never pay

    accounts = _Accounts()
    form = Authenticate.__new__(Authenticate)
    form.attrs, form.path = {"login_sleep_time": 0}, None
    form.authentication_controller = accounts
    form.cookie_controller = _RouteCookie(accounts, here())
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        st.title(t("shell.product"))
        st.header(t("signin.welcome"), anchor=False)
        area = st.empty()
        with area.container():
            form.login(
                key="sign_in",
                fields={
                    "Form name": t("signin.title"),
                    "Username": t("signin.username"),
                    "Password": t("signin.password"),
                    "Login": t("signin.submit"),
                },
            )
        if accounts.ticket:
            area.info(t("signin.entering"), icon=":material/login:")
        elif accounts.refusal:
            st.error(t(accounts.refusal.message_id, **accounts.refusal.params), icon=":material/error:")
