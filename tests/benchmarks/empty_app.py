"""The reference of the screens: Streamlit with nothing in it but two pages and a choice, served as ours is.

``python empty_app.py PORT`` serves it; the same file is the script that Streamlit runs for each visit.
"""

import sys
from pathlib import Path

import streamlit as st
from streamlit import runtime

TITLES = {"first": "First", "second": "Second"}
DAYS = ("30", "7", "90")


def page(name: str) -> None:
    """A title and a choice that stands in the address."""
    st.title(TITLES[name])
    days = st.selectbox("Period", DAYS, key=f"days_{name}", on_change=to_address, args=(name,))
    st.markdown(days)


def to_address(name: str) -> None:
    st.query_params["days"] = st.session_state[f"days_{name}"]


def first() -> None:
    page("first")


def second() -> None:
    page("second")


def script() -> None:
    """What runs at every visit."""
    st.set_page_config(layout="wide")
    st.navigation(
        [
            st.Page(first, title=TITLES["first"], url_path="first", default=True),
            st.Page(second, title=TITLES["second"], url_path="second"),
        ]
    ).run()


def serve(port: int) -> None:
    import uvicorn
    from streamlit import App

    uvicorn.run(App(Path(__file__)), host="127.0.0.1", port=port, access_log=False, log_config=None)


if __name__ == "__main__":
    if runtime.exists():
        script()
    else:
        serve(int(sys.argv[1]))
