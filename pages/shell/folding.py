"""Parts of a page that are made when somebody opens them."""

from collections.abc import Callable

import streamlit as st


def when_open(label: str, key: str, show: Callable[[], None]) -> None:
    """An expander that costs nothing while it is closed: neither the table nor its rows are made."""
    place = st.expander(label, icon=":material/table:", key=key, on_change="rerun")
    if place.open:
        with place:
            show()
