"""Door 1: the frame around every page: navigation by audience, account, language."""

import streamlit as st

from core.settings import ROOT
from pages.shell.account import show_account
from pages.shell.guard import arrive
from pages.shell.navigation import navigation
from pages.shell.page_runs import PageRun

with PageRun() as run:
    # A file of our own: Streamlit would fetch a material icon for the tab from another site.
    st.set_page_config(page_icon=ROOT / "pages" / "shell" / "favicon.svg", layout="wide")
    user = arrive()
    page = navigation(user)
    run.knows(page.url_path, user)
    show_account(user)
    page.run()
