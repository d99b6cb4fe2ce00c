"""The first call of every page: who is here, may they be here, and in which language."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from core.request_context import current_request, fail_request, identify_request
from core.scope import Scope
from identity.service import User
from pages.shell import navigation, session, watch
from pages.shell.provider import services
from pages.shell.sign_in import show_sign_in
from services import Services

ADMITTED = "admitted"  # of the session: who is at work goes on when memory is short, new visits wait


@dataclass(frozen=True)
class Page:
    """What a page works with: the signed-in user, what they may see, the services and the text."""

    user: User
    scope: Scope
    services: Services
    t: Translator
    now: datetime
    names_hotels: bool = False  # rows of several hotels say whose they are


@dataclass(frozen=True)
class Anyone:
    """What a page for strangers works with."""

    services: Services
    t: Translator


def visitor() -> User | None:
    """The signed-in user of this browser, read from the session's row on every rerun; None for anyone else."""
    if current_request().request_id is None:  # a callback, which comes before the run
        session.begin_visit()
    token = session.session_token()
    user = services().identity.session_user(token) if token else None
    if user is not None:
        identify_request(user.username, user.role)
    return user


def arrive() -> User | None:
    """The visitor at the beginning of a run: their session is noted as in use, their open page looked after."""
    user, token = visitor(), session.session_token()
    watch.note_page(token if user else None)
    if user is not None and token is not None and session.is_used(services().clock.now()):
        services().identity.note_use(token)
    return user


def open_public_page() -> Anyone:
    """A page for people who are not signed in."""
    return Anyone(services(), Translator(session.browser_language(), "UTC"))


def open_page(permission: str | None) -> Page:
    """Show the sign-in form or the refusal instead of the page where the visitor may not see it.

    Without a ``permission`` it is for everybody who is signed in.
    """
    user = visitor()
    if user is None:
        show_sign_in(Translator(session.browser_language()))
        st.stop()
    scope = services().identity.scope_of(user)
    t = Translator(user.language, "UTC")
    if services().memory_watch.refuses and ADMITTED not in st.session_state and not scope.allows("memory.read"):
        fail_request("memory_short", 503)
        st.warning(t("error.memory_short"), icon=":material/hourglass:")
        st.stop()
    st.session_state[ADMITTED] = True
    if permission is not None and not scope.allows(permission):
        services().audit.note_denial(AppError("forbidden", 403, params={"permission": permission}, is_denial=True))
        if services().identity.must_add_second_factor(user):
            _ask_for_second_factor(t)
        else:
            _refuse(t)
        st.stop()
    return Page(user, scope, services(), t, services().clock.now())


def _refuse(t: Translator) -> None:
    fail_request("forbidden", 403)
    st.title(t("shell.forbidden_title"), anchor=False)
    st.info(t("shell.forbidden_text"), icon=":material/lock:")


def _ask_for_second_factor(t: Translator) -> None:
    st.title(t("factor.needed_title"), anchor=False)
    st.info(t("factor.needed_text"), icon=":material/lock_person:")
    st.page_link(navigation.ACCOUNT, label=t("account.title"), icon=":material/arrow_forward:")
