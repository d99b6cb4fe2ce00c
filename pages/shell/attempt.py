"""A person's command from a page: what refuses it is told beside the button, in their language."""

from collections.abc import Callable

import streamlit as st

from core.errors import AppError
from core.logs import logger
from pages.shell.guard import Page, visitor
from pages.shell.sentences import sentence

log = logger(__name__)


def attempted(page: Page, command: Callable[[], object]) -> bool:
    """Run it; True when it was done, else the reason is on the screen and everything stands as before."""
    error = refused(page, command)
    refusal(page, error)
    return error is None


def refused(page: Page, command: Callable[[], object]) -> AppError | None:
    """Run it for whom the page was drawn, as they are now; what refused it, None when it was done."""
    if visitor() != page.user:  # signed out, or another role or other hotels, while the page or its dialog was open
        st.rerun()
        return AppError("unauthenticated", 401)  # in a callback Streamlit runs the page anew by itself
    try:
        command()
    except AppError as error:
        log.warning("command_refused", actor=page.scope.actor, error=str(error))
        page.services.audit.note_denial(error)
        return error
    return None


def refusal(page: Page, error: AppError | None) -> None:
    """Why nothing was changed."""
    if error is not None:
        st.error(sentence(page.t, error.message_id, error.params), icon=":material/error:")
