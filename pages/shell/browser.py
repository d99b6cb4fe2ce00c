"""Sends the browser to an address outside the Streamlit pages, such as the sign-in routes of ``asgi.py``."""

from urllib.parse import urlencode, urlparse

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

from pages.shell.session import safe_path


def here() -> str:
    """The page and its filters that the visitor asked for, as a path of this origin."""
    path = urlparse(st.context.url or "/").path or "/"
    query = urlencode({name: st.query_params.get_all(name) for name in st.query_params}, doseq=True)
    return safe_path(f"{path}?{query}" if query else path)


def send_browser_to(address: str) -> None:
    """Navigate the whole window to a path of this origin.

    This is the message that ``st.login`` and ``st.logout`` send. Streamlit offers no public call for it:
    ``st.switch_page`` stays inside the app and a link waits for a click.
    """
    context = get_script_run_ctx()
    if context is not None:
        message = ForwardMsg()
        message.auth_redirect.url = address
        context.enqueue(message)
