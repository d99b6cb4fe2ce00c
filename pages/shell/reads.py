"""The only cached reads: each is keyed by data version, scope and filters, and bounded in time and number.

The version is bumped in the writer's own transaction, so a page that reads the version first shows fresh data at
once and nobody clears caches. Errors are not cached and not swallowed: they reach the page.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.scope import Scope
from pages.shell.guard import Page
from pages.shell.provider import services
from pipeline.alerts.service import AlertDetail, AlertFilters, AlertPage, AlertRow
from reports.overview import OverviewFigures

if TYPE_CHECKING:
    from operations.model_files.service import Activation, ModelFiles, Preview
    from operations.quality.service import Kpi, TrainingRow
    from pipeline.alerts.evaluation.service import EvaluationRow
    from pipeline.alerts.learning.service import LearnedThreshold
    from pipeline.alerts.service import SuppressionRow
    from sources.hotels import HotelRow

TTL_SECONDS = 300
Key = tuple[Any, ...]
Ids = tuple[int, ...]


def version(page: Page, *topics: str) -> Key:
    """The data versions of some topics over the visitor's hotels; cheap, read on every rerun."""
    found = page.services.overview.versions(page.scope)
    return tuple(sorted((hotel, topic, number) for (hotel, topic), number in found.items() if topic in topics))


def _scope(page: Page) -> Key:
    scope = page.scope
    return (None if scope.hotels is None else tuple(sorted(scope.hotels)), tuple(sorted(scope.permissions)))


def hotels(page: Page) -> "list[HotelRow]":
    """Few rows, read as they are: a new hotel shows at once."""
    return page.services.hotels.listed(page.scope)


def figures(page: Page, hotel_ids: Ids) -> OverviewFigures:
    key = (*version(page, "sources", "metrics", "scores"), _hour(page.now))
    return _figures(key, _scope(page), page.scope, hotel_ids, page.now)


def running_low(page: Page, hotel_ids: Ids) -> list[Any]:
    key = (*version(page, "sources", "metrics"), _hour(page.now))
    return _running_low(key, _scope(page), page.scope, hotel_ids, page.now)


def alert_counts(page: Page, hotel_ids: Ids) -> dict[str, int]:
    return _alert_counts(version(page, "alerts"), _scope(page), page.scope, hotel_ids)


def alert_types(page: Page) -> list[str]:
    return _alert_types(version(page, "alerts"), _scope(page), page.scope)


def alerts(page: Page, filters: AlertFilters, limit: int, offset: int = 0) -> AlertPage:
    return _alerts(version(page, "alerts"), _scope(page), page.scope, filters, limit, offset)


def alert_detail(page: Page, alert_id: int) -> AlertDetail:
    key = version(page, "alerts", "scores", "metrics")
    return _alert_detail(key, _scope(page), page.scope, alert_id)


def quality(page: Page, hotel_id: int) -> "list[Kpi]":
    """Ages grow while nothing happens: the figures are read again every five minutes."""
    key = (*version(page, "sources", "metrics", "features", "alerts", "models"), _minutes(page.now))
    return _quality(key, _scope(page), page.scope, hotel_id, page.now)


def evaluations(page: Page, hotel_id: int) -> "list[EvaluationRow]":
    return _evaluations(version(page, "evaluations", "settings"), _scope(page), page.scope, hotel_id)


def learned_thresholds(page: Page, hotel_id: int) -> "list[LearnedThreshold]":
    return _learned_thresholds(version(page, "settings"), _scope(page), page.scope, hotel_id)


def suppressions(page: Page, hotel_id: int) -> "list[SuppressionRow]":
    return _suppressions((*version(page, "alerts"), _hour(page.now)), _scope(page), page.scope, hotel_id)


def trainings(page: Page, hotel_id: int) -> "list[TrainingRow]":
    return _trainings(version(page, "models"), _scope(page), page.scope, hotel_id)


def model_files(page: Page, hotel_id: int) -> "ModelFiles":
    """Loads are counted all day: read again every five minutes, and at once when a version or a setting changed."""
    return _model_files((*version(page, "models"), _minutes(page.now)), _scope(page), page.scope, hotel_id)


def model_history(page: Page, hotel_id: int) -> "list[Activation]":
    return _model_history(version(page, "models"), _scope(page), page.scope, hotel_id)


def model_cleanup(page: Page, hotel_id: int) -> "Preview":
    return _model_cleanup((*version(page, "models"), _minutes(page.now)), _scope(page), page.scope, hotel_id)


def _minutes(now: datetime) -> str:
    return now.strftime("%Y-%m-%d %H ") + str(now.minute // 5)


def _hour(now: datetime) -> str:
    """Figures "of yesterday" turn with the hotel's day, whose midnight is at a full or half hour somewhere."""
    return now.strftime("%Y-%m-%d %H ") + ("0" if now.minute < 30 else "30")


@st.cache_data(ttl=TTL_SECONDS, max_entries=200, show_spinner=False)
def _figures(key: Key, scope: Key, _scope: Scope, hotel_ids: Ids, _at: datetime) -> OverviewFigures:
    return services().overview.figures(_scope, list(hotel_ids), _at)


@st.cache_data(ttl=TTL_SECONDS, max_entries=200, show_spinner=False)
def _running_low(key: Key, scope: Key, _scope: Scope, hotel_ids: Ids, _at: datetime) -> list[Any]:
    return services().overview.running_low(_scope, list(hotel_ids), _at)


@st.cache_data(ttl=TTL_SECONDS, max_entries=200, show_spinner=False)
def _alert_counts(key: Key, scope: Key, _scope: Scope, hotel_ids: Ids) -> dict[str, int]:
    return services().alerts.counts(_scope, hotel_ids)


@st.cache_data(ttl=TTL_SECONDS, max_entries=200, show_spinner=False)
def _alert_types(key: Key, scope: Key, _scope: Scope) -> list[str]:
    return services().alerts.alert_types(_scope)


@st.cache_data(ttl=TTL_SECONDS, max_entries=500, show_spinner=False)
def _alerts(key: Key, scope: Key, _scope: Scope, filters: AlertFilters, limit: int, offset: int) -> AlertPage:
    return services().alerts.board(_scope, filters, limit, offset=offset)


@st.cache_data(ttl=TTL_SECONDS, max_entries=200, show_spinner=False)
def _alert_detail(key: Key, scope: Key, _scope: Scope, alert_id: int) -> AlertDetail:
    return services().alerts.detail(_scope, alert_id)


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _quality(key: Key, scope: Key, _scope: Scope, hotel_id: int, _at: datetime) -> "list[Kpi]":
    return services().quality.kpis(_scope, hotel_id, _at)


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _evaluations(key: Key, scope: Key, _scope: Scope, hotel_id: int) -> "list[EvaluationRow]":
    return services().evaluations.latest(_scope, [hotel_id])


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _learned_thresholds(key: Key, scope: Key, _scope: Scope, hotel_id: int) -> "list[LearnedThreshold]":
    return services().learning.learned(_scope, hotel_id)


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _suppressions(key: Key, scope: Key, _scope: Scope, hotel_id: int) -> "list[SuppressionRow]":
    return services().alerts.suppressions(_scope, [hotel_id])


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _trainings(key: Key, scope: Key, _scope: Scope, hotel_id: int) -> "list[TrainingRow]":
    return services().quality.trainings(_scope, hotel_id)


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _model_files(key: Key, scope: Key, _scope: Scope, hotel_id: int) -> "ModelFiles":
    return services().model_files.files(_scope, hotel_id)


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _model_history(key: Key, scope: Key, _scope: Scope, hotel_id: int) -> "list[Activation]":
    return services().model_files.history(_scope, hotel_id)


@st.cache_data(ttl=TTL_SECONDS, max_entries=100, show_spinner=False)
def _model_cleanup(key: Key, scope: Key, _scope: Scope, hotel_id: int) -> "Preview":
    return services().model_files.preview(_scope, hotel_id)


def worst_open(page: Page, hotel_ids: Ids, limit: int) -> list[AlertRow]:
    """The most severe open alerts."""
    return alerts(page, AlertFilters(hotel_ids=hotel_ids), limit).rows
