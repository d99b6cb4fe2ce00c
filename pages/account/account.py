"""Your account: password, second factor, and where you are signed in (A9.1)."""

import streamlit as st

from pages.shell.account_panels import password, profile
from pages.shell.console import in_local_time
from pages.shell.factor_panels import second_factor
from pages.shell.guard import open_page
from pages.shell.session_panels import sessions


def show() -> None:
    page = in_local_time(open_page(None))
    st.title(page.t("account.title"), anchor=False)
    profile(page)
    password(page)
    second_factor(page)
    sessions(page)


if __name__ == "__main__":
    show()
