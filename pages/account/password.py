"""Choose a password: where the link of an invitation or a reset leads, without being signed in (A9.1)."""

import streamlit as st

from pages.shell.chosen_password import choose_password
from pages.shell.guard import open_public_page


def show() -> None:
    anyone = open_public_page()
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        st.title(anyone.t("password.title"), anchor=False)
        choose_password(anyone, st.query_params.get("link", ""))


if __name__ == "__main__":
    show()
