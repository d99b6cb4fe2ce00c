"""A person's command from a page: what refuses it is told beside the button, in their language."""

from collections.abc import Callable

import streamlit as st

from core.errors import AppError
from core.logs import logger
from pages.shell.guard import Page

log = logger(__name__)


def attempted(page: Page, command: Callable[[], object]) -> bool:
    """Run it; True when it was done, else the reason is on the screen and everything stands as before."""
    try:
        command()
    except AppError as error:
        log.warning("command_refused", actor=page.scope.actor, error=str(error))
        st.error(page.t(error.message_id, **error.params), icon=":material/error:")
        return False
    return True
