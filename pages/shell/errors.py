"""What people see when something fails: a sentence in their language and a reference they can quote."""

from secrets import token_hex

import streamlit as st

from core.errors import AppError
from core.i18n import Translator
from core.logs import logger
from pages.shell.session import browser_language

log = logger(__name__)


def show_error(error: Exception) -> bool:
    """Handler of ``st.App``: every exception of a page run ends here; True means that it has been shown."""
    reference = token_hex(4)
    t = Translator(st.session_state.get("language") or browser_language())
    if isinstance(error, AppError):
        log.warning("page_refused", reference=reference, error=str(error))
        text = t(error.message_id, **error.params)
    else:
        log.error("page_failed", reference=reference, exc_info=error)
        text = t("shell.failed")
    st.error(f"{text}\n\n:small[{t('shell.reference', reference=reference)}]", icon=":material/error:")
    return True
