"""Dialogs that ask before something is done: what was asked is kept until it is answered or dismissed."""

from collections.abc import Callable

import streamlit as st

ASKED = "asked"


def ask(what: str, of: int | str) -> None:
    """Open the dialog ``what`` about a row in this run and those after it."""
    st.session_state[ASKED] = (what, of)


def asked(what: str, of: int | str) -> bool:
    return bool(st.session_state.get(ASKED) == (what, of))


def asking(title: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Decorator of a dialog; dismissed, it is asked no more."""
    return st.dialog(title, on_dismiss=_forget)


def done() -> None:
    """It was done: close the dialog and draw the page anew."""
    _forget()
    st.rerun()


def _forget() -> None:
    st.session_state.pop(ASKED, None)
