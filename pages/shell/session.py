"""Who is using this browser: the session cookie, checked against the session's row on every rerun."""

from datetime import datetime, timedelta
from secrets import token_hex

import streamlit as st

from core.request_context import begin_request
from identity.known_browsers import LIFETIME
from reports.figures.palette import ThemeName

COOKIE, BROWSER = "barometer_session", "barometer_browser"
SESSION_SECONDS, BROWSER_SECONDS = 14 * 24 * 3600, int(LIFETIME.total_seconds())
NOTED, LIVE_RUN = "use_noted_at", "is_live_run"
NOTE_EVERY = timedelta(minutes=1)


def cookie_name(is_secure: bool, name: str = COOKIE) -> str:
    """Behind TLS with the prefix that no other host and no unencrypted page can set (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{name}" if is_secure else name


def session_token() -> str | None:
    """The cookie of the connection's handshake; it is only a claim until the row confirms it."""
    return _cookie(COOKIE)


def browser_cards() -> str | None:
    """Who has signed in before in this browser; only a claim until the account confirms it."""
    return _cookie(BROWSER)


def _cookie(name: str) -> str | None:
    is_secure = (st.context.headers.get("Origin") or "").startswith("https:")
    return st.context.cookies.get(cookie_name(is_secure, name))


def is_used(now: datetime) -> bool:
    """Whether a person caused this run of the page, and that was not noted within the last minute."""
    if st.session_state.pop(LIVE_RUN, False):
        return False
    noted: datetime | None = st.session_state.get(NOTED)
    if noted is not None and now - noted < NOTE_EVERY:
        return False
    st.session_state[NOTED] = now
    return True


def run_by_itself() -> None:
    """The next run is a live part's doing: a page that only lies open is not in use."""
    st.session_state[LIVE_RUN] = True


def address() -> str:
    """Where the connection comes from; Streamlit gives none for this machine itself."""
    return st.context.ip_address or "localhost"


def begin_visit() -> None:
    """A run of a page is a request: logs, the audit log and error messages name its id and where it comes from."""
    begin_request(address(), token_hex(6))  # short enough to be read out on the telephone


def browser_language() -> str:
    """``tr`` or ``en`` for visitors who have not signed in."""
    return language_of(st.context.locale or st.context.headers.get("Accept-Language"))


def language_of(wanted: str | None) -> str:
    """``tr`` or ``en`` by a browser's locale or its Accept-Language."""
    return "tr" if not wanted or wanted.startswith(("tr", "TR")) else "en"


def browser_theme() -> ThemeName:
    return "dark" if st.context.theme.get("type") == "dark" else "light"


def safe_path(path: str | None) -> str:
    """The path to go to after signing in; anything that could leave this origin becomes ``/``."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return path


def is_phone() -> bool:
    """Whether the browser calls itself mobile; the layout then gives the detail a page of its own."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")
