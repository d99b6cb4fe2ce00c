"""Open pages of a session that ended close within a second, wherever it was ended (A9.1).

A page that lies open asks for nothing, so it would show what it shows until the next click. One task of the process
asks the database, in one statement for all open pages, which of their sessions still last, and runs the others anew:
their guard then shows the sign-in form.
"""

import asyncio
from dataclasses import dataclass, field
from threading import Lock

from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

from core.logs import logger
from pages.shell.provider import services

POLL_SECONDS = 0.5
log = logger(__name__)


@dataclass
class OpenPages:
    """Which session each open page was drawn for, by Streamlit's own id of the page."""

    tokens: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def note(self, page_id: str, token: str | None) -> None:
        with self.lock:
            self.tokens.pop(page_id, None)
            if token is not None:
                self.tokens[page_id] = token

    def known(self) -> dict[str, str]:
        with self.lock:
            return dict(self.tokens)


OPEN = OpenPages()


def note_page(token: str | None) -> None:
    """Called in each run of a page, with the session that it is drawn for; None for the sign-in form."""
    context = get_script_run_ctx()
    if context is not None:
        OPEN.note(context.session_id, token)


async def watch_sessions() -> None:
    """Look after the open pages until the process stops."""
    while True:
        await asyncio.sleep(POLL_SECONDS)
        if not Runtime.exists():
            continue
        look = asyncio.create_task(run_ended_anew(Runtime.instance()))
        await asyncio.wait({look})  # a task of its own, which holds whatever goes wrong: this one must outlive it
        if (error := look.exception()) is not None:  # the database is away; pages say so themselves
            log.warning("sessions_not_checked", error=str(error), exc_info=error)


async def run_ended_anew(runtime: Runtime) -> None:
    """Forget pages that were closed; draw those anew whose session ended."""
    open_pages = OPEN.known()
    shown = {page_id: app for page_id in open_pages if (app := runtime.get_app_session(page_id)) is not None}
    for page_id in open_pages.keys() - shown.keys():
        if runtime._session_mgr.get_session_info(page_id) is None:  # closed; a phone that sleeps comes back
            OPEN.note(page_id, None)
    if not shown:
        return
    tokens = {open_pages[page_id] for page_id in shown}
    lasting = await asyncio.to_thread(services().identity.lasting_sessions, tokens)
    for page_id, app in shown.items():
        if open_pages[page_id] not in lasting:
            app.request_rerun(app._client_state)  # as Streamlit itself does when a file changed
            OPEN.note(page_id, None)
