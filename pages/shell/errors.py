"""What people see when something fails: a sentence in their language and a reference they can quote."""

from secrets import token_hex

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from core.logs import logger
from core.request_context import current_request, end_request
from pages.shell.provider import services
from pages.shell.session import browser_language

PASSING = 503  # what failed may work in a moment

log = logger(__name__)


def show_error(error: Exception) -> bool:
    """Handler of ``st.App``: every exception of a page run ends here; True means that it has been shown."""
    try:
        _show(error, current_request().request_id or token_hex(6))
    finally:
        end_request()
    return True


def _show(error: Exception, reference: str) -> None:
    t = Translator(st.session_state.get("language") or browser_language())
    told = t("shell.reference", reference=reference)
    if not isinstance(error, AppError):
        log.error("page_failed", reference=reference, exc_info=error)
        st.error(f"{t('shell.failed')}\n\n:small[{told}]", icon=":material/error:")
        return
    log.warning("page_refused", reference=reference, error=str(error))
    if error.is_denial:
        services().audit.note_denial(error)
    text = t(error.message_id, **error.params)
    if error.http_status == PASSING:
        passing(t, text, told)
    else:
        st.error(f"{text}\n\n:small[{told}]", icon=":material/error:")


def passing(t: Translator, text: str, told: str) -> None:
    """The database is away or at work: nothing is lost, and there is one thing to do."""
    with st.container(border=True):
        st.markdown(f":material/hourglass_top: **{t('shell.passing_title')}**")
        st.markdown(f"{text} {t('shell.passing_text')}\n\n:small[{told}]")
        st.button(t("shell.try_again"), icon=":material/refresh:", key="try_again")  # the click runs the page anew
