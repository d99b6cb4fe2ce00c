"""The navigation table: only pages that exist, grouped by what people come for."""

from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import Translator
from pages.shell.guard import visitor
from pages.shell.provider import services
from pages.shell.session import browser_language

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

OVERVIEW = "pages/overview/overview.py"
BOARD = "pages/alerts/board.py"
ALERT = "pages/alerts/alert.py"
JOBS = "pages/system/jobs.py"
QUALITY = "pages/system/quality.py"
MODEL_FILES = "pages/models/files.py"


def navigation() -> "StreamlitPage":
    """All pages are known to the router, so a shared address works before signing in; only allowed ones are listed."""
    user = visitor()
    t = Translator(user.language if user else browser_language())
    today = [
        st.Page(OVERVIEW, title=t("shell.overview"), icon=":material/speed:", url_path="overview", default=True),
        st.Page(BOARD, title=t("shell.alerts"), icon=":material/notifications:", url_path="alerts"),
        st.Page(ALERT, title=t("shell.alert"), icon=":material/notifications:", url_path="alert", visibility="hidden"),
    ]
    scope = services().identity.scope_of(user) if user is not None else None
    may_see_jobs = scope is not None and scope.allows("jobs.read")
    model_files = st.Page(
        MODEL_FILES,
        title=t("shell.model_files"),
        icon=":material/folder_data:",
        url_path="model-files",
        visibility="visible" if scope is not None and scope.allows("models.read") else "hidden",
    )
    jobs = st.Page(
        JOBS,
        title=t("shell.jobs"),
        icon=":material/schedule:",
        url_path="jobs",
        visibility="visible" if may_see_jobs else "hidden",
    )
    quality = st.Page(
        QUALITY,
        title=t("shell.quality"),
        icon=":material/verified:",
        url_path="quality",
        visibility="visible" if may_see_jobs else "hidden",
    )
    return st.navigation(
        {
            t("shell.group_today"): today,
            t("shell.group_models"): [model_files],
            t("shell.group_system"): [jobs, quality],
        },
        position="sidebar" if user else "hidden",
    )
