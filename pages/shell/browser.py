"""Sends the browser to an address outside the Streamlit pages, such as the sign-in routes of ``asgi.py``."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx


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
