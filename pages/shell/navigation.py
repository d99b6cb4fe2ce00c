"""The navigation table: only pages that exist, grouped by what people come for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import Translator
from core.scope import Scope
from identity.service import User
from pages.shell.provider import services
from pages.shell.session import browser_language

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

OVERVIEW, FIRST_PATH = "pages/overview/overview.py", "overview"
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
REQUESTS = "pages/system/requests.py"
REDIS = "pages/system/redis.py"
MEMORY = "pages/system/memory.py"
QUERIES = "pages/system/queries.py"
PROFILER = "pages/system/profiler.py"
CACHE = "pages/system/cache.py"
CONFIGURATION = "pages/system/configuration.py"
LOGS = "pages/system/logs.py"
QUALITY = "pages/system/quality.py"
AUDIT = "pages/system/audit.py"
BACKUPS = "pages/system/backups.py"
ARCHIVE = "pages/system/archive.py"
PERFORMANCE = "pages/models/performance.py"
COMPARISON = "pages/models/comparison.py"
FEATURES = "pages/models/features.py"
MODEL_FILES = "pages/models/files.py"
THRESHOLDS = "pages/models/thresholds.py"
USERS = "pages/system/users.py"
ACCOUNT = "pages/account/account.py"
PASSWORD = "pages/account/password.py"  # noqa: S105 - the page where one is chosen


@dataclass(frozen=True)
class Entry:
    """One page: its file, title, icon and address. ``needs``: the permission that opens it.

    Without one it is for everybody who is signed in, and ``is_public`` for strangers too.
    """

    path: str
    title: str  # a catalog key
    icon: str
    url_path: str
    needs: str | None = None
    is_listed: bool = True  # others are reached from a page
    is_public: bool = False


TABLE: dict[str, tuple[Entry, ...]] = {  # by the catalog key of the group
    "shell.group_today": (
        Entry(OVERVIEW, "shell.overview", "speed", url_path=FIRST_PATH, needs="overview.read"),
        Entry(BOARD, "shell.alerts", "notifications", url_path="alerts", needs="alerts.read"),
        Entry(ALERT, "shell.alert", "notifications", url_path="alert", needs="alerts.read", is_listed=False),
        Entry(
            SILENCES, "shell.silences", "notifications_off", url_path="silences", needs="alerts.read", is_listed=False
        ),
        Entry(FORECASTS, "shell.forecasts", "online_prediction", url_path="forecasts", needs="metrics.read"),
    ),
    "shell.group_explore": (
        Entry(CONSUMPTION, "shell.consumption", "monitoring", url_path="consumption", needs="metrics.read"),
        Entry(ROOMS, "shell.rooms", "bedroom_parent", url_path="rooms", needs="metrics.read"),
        Entry(REFILLS, "refills.title", "timer", url_path="refills", needs="metrics.read"),
        Entry(STOCK, "stock.title", "inventory", url_path="stock", needs="metrics.read"),
        Entry(CUSTODY, "custody.title", "badge", url_path="custody", needs="metrics.read"),
    ),
    "shell.group_models": (
        Entry(PERFORMANCE, "shell.performance", "model_training", url_path="models", needs="models.read"),
        Entry(COMPARISON, "shell.comparison", "compare_arrows", url_path="comparison", needs="models.read"),
        Entry(FEATURES, "shell.features", "data_array", url_path="features", needs="models.read"),
        Entry(THRESHOLDS, "shell.thresholds", "tune", url_path="thresholds", needs="alerts.read"),
        Entry(MODEL_FILES, "shell.model_files", "folder_data", url_path="model-files", needs="models.read"),
    ),
    "shell.group_system": (
        Entry(JOBS, "shell.jobs", "schedule", url_path="jobs", needs="jobs.read"),
        Entry(REQUESTS, "requests.title", "network_check", url_path="requests", needs="requests.read"),
        Entry(REDIS, "redis.title", "memory", url_path="redis", needs="redis.read"),
        Entry(CACHE, "cache.title", "cached", url_path="cache", needs="cache.read"),
        Entry(MEMORY, "memory.title", "memory_alt", url_path="memory", needs="memory.read"),
        Entry(QUERIES, "queries.title", "database", url_path="queries", needs="queries.read"),
        Entry(PROFILER, "profiler.title", "local_fire_department", url_path="profiler", needs="profiler.read"),
        Entry(LOGS, "logs.title", "receipt_long", url_path="logs", needs="logs.read"),
        Entry(QUALITY, "shell.quality", "verified", url_path="quality", needs="jobs.read"),
        Entry(CONFIGURATION, "configuration.title", "settings", url_path="configuration", needs="config.read"),
        Entry(BACKUPS, "backups.title", "backup", url_path="backups", needs="backups.read"),
        Entry(ARCHIVE, "archive.title", "inventory_2", url_path="archive", needs="archive.read"),
        Entry(AUDIT, "audit.title", "policy", url_path="audit", needs="audit.read"),
        Entry(USERS, "users.title", "group", url_path="users", needs="users.write"),
        Entry(ACCOUNT, "account.title", "account_circle", url_path="account", is_listed=False),
        Entry(PASSWORD, "password.title", "key", url_path="password", is_listed=False, is_public=True),
    ),
}


def navigation(user: User | None) -> "StreamlitPage":
    """All pages are known to the router, so a shared address works before signing in; only allowed ones are listed."""
    t = Translator(user.language if user else browser_language())
    scope = services().identity.scope_of(user) if user is not None else None
    groups = {t(group): [_page(t, scope, entry) for entry in entries] for group, entries in TABLE.items()}
    return st.navigation(groups, position="sidebar" if user else "hidden", expanded=True)


def _page(t: Translator, scope: Scope | None, entry: Entry) -> "StreamlitPage":
    may_see = entry.needs is None or (scope is not None and scope.allows(entry.needs))  # the page asks again
    return st.Page(
        entry.path,
        title=t(entry.title),
        icon=f":material/{entry.icon}:",
        url_path=entry.url_path,
        default=entry.path == OVERVIEW,
        visibility="visible" if may_see and entry.is_listed else "hidden",
    )
