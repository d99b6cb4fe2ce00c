"""Live parts: a small fragment asks for the data version and reruns the page when it changed."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.shell import session
from pages.shell.page_runs import fragment

POLL_SECONDS = 15


def rerun_when_changed(shown: Any, read: Callable[[], Any]) -> None:
    """Poll ``read`` while the page is open; the page was drawn with the version ``shown``."""

    def watch() -> None:
        if read() != shown:
            session.run_by_itself()
            st.rerun(scope="app")

    fragment(watch, run_every=POLL_SECONDS)()
