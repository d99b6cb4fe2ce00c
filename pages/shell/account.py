"""The account corner of the sidebar: who is signed in, language, theme, sign-out."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.i18n import LANGUAGES, Translator
from identity.service import THEMES, User
from pages.shell import navigation, session
from pages.shell.browser import here, send_browser_to
from pages.shell.guard import visitor
from pages.shell.provider import services
from pages.shell.text import plain


def show_account(user: User | None) -> None:
    if user is None:
        return
    t = Translator(user.language)
    with st.sidebar:
        st.page_link(navigation.ACCOUNT, label=plain(user.full_name), icon=":material/account_circle:")
        _kept_choice(t, "language", LANGUAGES, user.language, _change_language)
        _kept_choice(t, "theme", THEMES, user.theme, _change_theme)
        if st.button(t("shell.sign_out"), icon=":material/logout:", type="tertiary", key="sign_out"):
            _sign_out()


def _kept_choice(t: Translator, name: str, options: Sequence[str], kept: str, change: Callable[[str], None]) -> None:
    """One of a few, kept with the user; ``change`` gets what was kept until now."""
    st.segmented_control(
        t(f"shell.{name}"),
        options,
        default=kept,
        required=True,
        format_func=lambda option: t(f"shell.{name}_{option}"),
        key=f"{name}_{kept}",
        on_change=change,
        args=(kept,),
        label_visibility="collapsed",
    )


def _change_language(before: str) -> None:
    user = visitor()
    language = st.session_state[f"language_{before}"]
    if user is not None and language is not None:
        services().identity.set_language(user, language)


def _change_theme(before: str) -> None:
    """Keep it with the user and load the page anew: Streamlit looks at the theme when it starts."""
    user = visitor()
    theme = st.session_state[f"theme_{before}"]
    if user is not None and theme is not None:
        services().identity.set_theme(user, theme)
        send_browser_to(here())


def _sign_out() -> None:
    token = session.session_token()
    if token:
        services().identity.end_session(token)
    send_browser_to("/auth/leave")
    st.stop()
