"""The navigation table: only pages that exist, grouped by what people come for."""

from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.i18n import Translator
from core.scope import Scope
from identity.service import User
from pages.shell.provider import services
from pages.shell.session import browser_language

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

OVERVIEW = "pages/overview/overview.py"
BOARD = "pages/alerts/board.py"
ALERT = "pages/alerts/alert.py"
SILENCES = "pages/alerts/silences.py"
FORECASTS = "pages/forecasts/forecasts.py"
CONSUMPTION = "pages/exploration/consumption.py"
ROOMS = "pages/exploration/rooms.py"
STOCK = "pages/exploration/stock.py"
CUSTODY = "pages/exploration/custody.py"
REFILLS = "pages/exploration/refills.py"
JOBS = "pages/system/jobs.py"
QUALITY = "pages/system/quality.py"
PERFORMANCE = "pages/models/performance.py"
COMPARISON = "pages/models/comparison.py"
FEATURES = "pages/models/features.py"
MODEL_FILES = "pages/models/files.py"
THRESHOLDS = "pages/models/thresholds.py"


def _today(t: Translator, scope: Scope | None) -> "list[StreamlitPage]":
    return [
        st.Page(OVERVIEW, title=t("shell.overview"), icon=":material/speed:", url_path="overview", default=True),
        st.Page(BOARD, title=t("shell.alerts"), icon=":material/notifications:", url_path="alerts"),
        st.Page(ALERT, title=t("shell.alert"), icon=":material/notifications:", url_path="alert", visibility="hidden"),
        st.Page(
            SILENCES,
            title=t("shell.silences"),
            icon=":material/notifications_off:",
            url_path="silences",
            visibility="hidden",
        ),
        st.Page(
            FORECASTS,
            title=t("shell.forecasts"),
            icon=":material/online_prediction:",
            url_path="forecasts",
            visibility="visible" if scope is not None and scope.allows("metrics.read") else "hidden",
        ),
    ]


def _explore(t: Translator, scope: Scope | None) -> "list[StreamlitPage]":
    visibility: Literal["visible", "hidden"] = (
        "visible" if scope is not None and scope.allows("metrics.read") else "hidden"
    )
    consumption = st.Page(
        CONSUMPTION,
        title=t("shell.consumption"),
        icon=":material/monitoring:",
        url_path="consumption",
        visibility=visibility,
    )
    rooms = st.Page(
        ROOMS,
        title=t("shell.rooms"),
        icon=":material/bedroom_parent:",
        url_path="rooms",
        visibility=visibility,
    )
    refills = st.Page(
        REFILLS, title=t("refills.title"), icon=":material/timer:", url_path="refills", visibility=visibility
    )
    stock = st.Page(STOCK, title=t("stock.title"), icon=":material/inventory:", url_path="stock", visibility=visibility)
    custody = st.Page(
        CUSTODY, title=t("custody.title"), icon=":material/badge:", url_path="custody", visibility=visibility
    )
    return [consumption, rooms, refills, stock, custody]


def navigation(user: User | None) -> "StreamlitPage":
    """All pages are known to the router, so a shared address works before signing in; only allowed ones are listed."""
    t = Translator(user.language if user else browser_language())
    scope = services().identity.scope_of(user) if user is not None else None
    may_see_jobs = scope is not None and scope.allows("jobs.read")
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
            t("shell.group_today"): _today(t, scope),
            t("shell.group_explore"): _explore(t, scope),
            t("shell.group_models"): _models(t, scope),
            t("shell.group_system"): [jobs, quality],
        },
        position="sidebar" if user else "hidden",
        expanded=True,
    )


def _models(t: Translator, scope: Scope | None) -> "list[StreamlitPage]":
    may_read = scope is not None and scope.allows("models.read")
    visibility: Literal["visible", "hidden"] = "visible" if may_read else "hidden"
    thresholds = st.Page(
        THRESHOLDS,
        title=t("shell.thresholds"),
        icon=":material/tune:",
        url_path="thresholds",
        visibility="visible" if scope is not None and scope.allows("alerts.read") else "hidden",
    )
    performance = st.Page(
        PERFORMANCE,
        title=t("shell.performance"),
        icon=":material/model_training:",
        url_path="models",
        visibility=visibility,
    )
    comparison = st.Page(
        COMPARISON,
        title=t("shell.comparison"),
        icon=":material/compare_arrows:",
        url_path="comparison",
        visibility=visibility,
    )
    features = st.Page(
        FEATURES, title=t("shell.features"), icon=":material/data_array:", url_path="features", visibility=visibility
    )
    model_files = st.Page(
        MODEL_FILES,
        title=t("shell.model_files"),
        icon=":material/folder_data:",
        url_path="model-files",
        visibility=visibility,
    )
    return [performance, comparison, features, thresholds, model_files]
