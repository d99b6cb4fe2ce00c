"""The only cached reads: each is keyed by data version, scope and filters, and bounded in time and number.

The version is bumped in the writer's own transaction, so a page that reads the version first shows fresh data at
once and nobody clears caches. Errors are not cached and not swallowed: they reach the page.

``what`` names a read and its filters; ``call`` reads it when nothing is kept under key, scope and ``what``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from pages.shell.guard import Page
from pipeline.alerts.service import AlertDetail, AlertFilters, AlertPage, AlertRow
from reports.overview import OverviewFigures

if TYPE_CHECKING:
    from operations.quality.service import Kpi
    from operations.sources.service import SourceQuality
    from pipeline.alerts.learning.service import LearnedThreshold
    from pipeline.alerts.service import AlertGroup, AlertPlace, SuppressionRow
    from pipeline.alerts.silences.service import SilenceRow
    from pipeline.metrics.archive.service import DaySeries, Entity, Wanted
    from reports.consumption import Consumption, ConsumptionFilters, Places
    from reports.custody import Custody
    from reports.forecast_rows import Methods
    from reports.forecasts import Basis, Comparison, Orders, Outcomes, ProductDays, RunOuts
    from reports.refill_times import RefillFilters, RefillPlaces, RefillTimes
    from reports.room_use import RoomDays, Rooms
    from reports.stock import Place, ProductStock, Stock, StockFilters
    from reports.thresholds import Preview as ThresholdPreview
    from reports.thresholds import Proposal, Record, Tuning
    from sources.hotels import HotelRow

TTL_SECONDS = 300
Key = tuple[Any, ...]
Ids = tuple[int, ...]
Result = TypeVar("Result")


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
    key = (*version(page, "sources", "metrics", "scores"), hour(page.now))
    call = page.services.overview.figures
    return cached(page, key, ("figures", hotel_ids), lambda: call(page.scope, list(hotel_ids), page.now))


def as_of(page: Page, hotel_ids: Ids) -> datetime | None:
    """The figures' own, for pages that show nothing else of them."""
    key, call = (*version(page, "sources", "metrics", "scores"), hour(page.now)), page.services.overview.as_of
    return cached(page, key, ("as_of", hotel_ids), lambda: call(page.scope, list(hotel_ids)))


def running_low(page: Page, hotel_ids: Ids) -> list[Any]:
    key = (*version(page, "sources", "metrics", "forecasts"), hour(page.now))
    call = page.services.overview.running_low
    return cached(page, key, ("running_low", hotel_ids), lambda: call(page.scope, list(hotel_ids), page.now))


def alert_counts(page: Page, hotel_ids: Ids) -> dict[str, int]:
    what = ("alert_counts", hotel_ids)
    return cached(page, alert_key(page), what, lambda: page.services.alerts.counts(page.scope, hotel_ids))


def alert_types(page: Page) -> list[str]:
    return cached(page, alert_key(page), ("alert_types",), lambda: page.services.alerts.alert_types(page.scope))


def alerts(page: Page, filters: AlertFilters, limit: int, offset: int = 0) -> AlertPage:
    call = page.services.alerts.board
    what = ("alerts", filters, limit, offset)
    return cached(page, alert_key(page), what, lambda: call(page.scope, filters, limit, offset=offset))


def alert_place(page: Page, filters: AlertFilters, alert_id: int | None) -> "AlertPlace":
    call = page.services.alerts.place
    what = ("alert_place", filters, alert_id)
    return cached(page, alert_key(page), what, lambda: call(page.scope, filters, alert_id))


def alert_groups(page: Page, filters: AlertFilters) -> "list[AlertGroup]":
    call = page.services.alerts.groups
    return cached(page, alert_key(page), ("alert_groups", filters), lambda: call(page.scope, filters))


def worst_open(page: Page, hotel_ids: Ids, limit: int) -> list[AlertRow]:
    """The most severe open alerts."""
    return alerts(page, AlertFilters(hotel_ids=hotel_ids), limit).rows


def alert_detail(page: Page, alert_id: int) -> AlertDetail:
    key = version(page, "alerts", "scores", "metrics")
    return cached(page, key, ("alert_detail", alert_id), lambda: page.services.alerts.detail(page.scope, alert_id))


def silences(page: Page, hotel_ids: Ids) -> "list[SilenceRow]":
    call = page.services.alerts.silences.listed
    return cached(page, alert_key(page), ("silences", hotel_ids), lambda: call(page.scope, list(hotel_ids)))


def alert_key(page: Page) -> Key:
    """A snooze ends by itself: read again every five minutes."""
    return (*version(page, "alerts"), minutes(page.now))


def quality(page: Page, hotel_id: int) -> "list[Kpi]":
    """Ages grow while nothing happens: the figures are read again every five minutes."""
    key = (*version(page, "sources", "metrics", "features", "alerts", "models"), minutes(page.now))
    return cached(page, key, ("quality", hotel_id), lambda: page.services.quality.kpis(page.scope, hotel_id, page.now))


def source_quality(page: Page, hotel_id: int) -> "SourceQuality":
    key, call = (*version(page, "sources", "metrics"), minutes(page.now)), page.services.source_quality.quality
    return cached(page, key, ("source_quality", hotel_id), lambda: call(page.scope, hotel_id))


def learned_thresholds(page: Page, hotel_id: int) -> "list[LearnedThreshold]":
    key, call = version(page, "settings"), page.services.learning.learned
    return cached(page, key, ("learned", hotel_id), lambda: call(page.scope, hotel_id))


def suppressions(page: Page, hotel_id: int) -> "list[SuppressionRow]":
    key, call = (*version(page, "alerts"), hour(page.now)), page.services.alerts.suppressions
    return cached(page, key, ("suppressions", hotel_id), lambda: call(page.scope, [hotel_id]))


def run_outs(page: Page, hotel_id: int) -> "RunOuts":
    key = _forecast_key(page)
    return cached(page, key, ("run_outs", hotel_id), lambda: _basis(page, key, hotel_id).run_outs())


def orders(page: Page, hotel_id: int, service_level: float) -> "Orders":
    key, what = _forecast_key(page), ("orders", hotel_id, service_level)
    return cached(page, key, what, lambda: _basis(page, key, hotel_id).orders(service_level))


def product_days(page: Page, hotel_id: int, product_id: int) -> "ProductDays":
    key, what = _forecast_key(page), ("product_days", hotel_id, product_id)
    call = page.services.forecast_screens.product
    return cached(page, key, what, lambda: call(page.scope, _basis(page, key, hotel_id), product_id))


def forecast_comparison(page: Page, hotel_id: int, product_id: int) -> "Comparison":
    key, what = _forecast_key(page), ("forecast_comparison", hotel_id, product_id)
    return cached(page, key, what, lambda: _outcomes(page, key, hotel_id).of(product_id))


def forecast_methods(page: Page, hotel_id: int, horizon_days: int) -> "Methods":
    call, what = page.services.forecast_screens.methods, ("forecast_methods", hotel_id, horizon_days)
    return cached(page, _forecast_key(page), what, lambda: call(page.scope, hotel_id, page.now, horizon_days))


def _basis(page: Page, key: Key, hotel_id: int) -> "Basis":
    """What the forecast reads have in common: another service level or product does not read it again."""
    call = page.services.forecast_screens.basis
    return cached(page, key, ("forecast_basis", hotel_id), lambda: call(page.scope, hotel_id, page.now))


def _outcomes(page: Page, key: Key, hotel_id: int) -> "Outcomes":
    call, what = page.services.forecast_screens.outcomes, ("forecast_outcomes", hotel_id)
    return cached(page, key, what, lambda: call(page.scope, _basis(page, key, hotel_id)))


def _forecast_key(page: Page) -> Key:
    return (*version(page, "sources", "metrics", "forecasts"), hour(page.now))


def tuning(page: Page, hotel_id: int) -> "Tuning":
    key, call = version(page, "settings", "scores"), page.services.tuning.tuning
    return cached(page, key, ("tuning", hotel_id), lambda: call(page.scope, hotel_id))


def alerts_by_check(page: Page, hotel_id: int, days: int) -> dict[tuple[str, str], int]:
    call = page.services.tuning.counts
    return cached(page, _replay_key(page), ("by_check", hotel_id, days), lambda: call(page.scope, hotel_id, days))


def threshold_preview(page: Page, hotel_id: int, days: int, proposal: "Proposal") -> "ThresholdPreview":
    call, what = page.services.tuning.preview, ("threshold_preview", hotel_id, days, proposal)
    return cached(page, _replay_key(page), what, lambda: call(page.scope, hotel_id, days, proposal))


def threshold_history(page: Page, hotel_id: int, metric_type: str) -> "list[Record]":
    call, what = page.services.tuning.history, ("threshold_history", hotel_id, metric_type)
    return cached(page, version(page, "settings"), what, lambda: call(page.scope, hotel_id, metric_type))


def _replay_key(page: Page) -> Key:
    return (*version(page, "scores", "alerts", "settings"), hour(page.now))


def consumption_places(page: Page, hotel_id: int) -> "Places":
    """Few rows, read as they are: a new floor or product shows at once."""
    return page.services.consumption.places(page.scope, hotel_id)


def consumption(page: Page, filters: "ConsumptionFilters") -> "Consumption":
    """Closed days only, so that the hour is enough to notice a new one."""
    call = page.services.consumption.explore
    key = _explored_key(page, "scores")
    return cached(page, key, ("consumption", filters), lambda: call(page.scope, filters, page.now))


def rooms(page: Page, filters: "ConsumptionFilters") -> "Rooms":
    key, call = _explored_key(page, "alerts"), page.services.room_use.rooms
    return cached(page, key, ("rooms", filters), lambda: call(page.scope, filters, page.now))


def room_days(page: Page, filters: "ConsumptionFilters", number: str) -> "RoomDays":
    call, what = page.services.room_use.room, ("room_days", filters, number)
    return cached(page, _explored_key(page), what, lambda: call(page.scope, filters, number, page.now))


def refill_places(page: Page, hotel_id: int) -> "RefillPlaces":
    key, call = version(page, "sources", "metrics"), page.services.refill_times.places
    return cached(page, key, ("refill_places", hotel_id), lambda: call(page.scope, hotel_id))


def refill_times(page: Page, filters: "RefillFilters") -> "RefillTimes":
    key, call = _explored_key(page, "scores"), page.services.refill_times.explore
    return cached(page, key, ("refill_times", filters), lambda: call(page.scope, filters, page.now))


def stock_groups(page: Page, hotel_id: int) -> "list[Place]":
    """Few rows, read as they are: a new group shows at once."""
    return page.services.stock.groups(page.scope, hotel_id)


def stock(page: Page, filters: "StockFilters") -> "Stock":
    key, call = _explored_key(page, "alerts"), page.services.stock.stock
    return cached(page, key, ("stock", filters), lambda: call(page.scope, filters, page.now))


def product_stock(page: Page, filters: "StockFilters", code: str) -> "ProductStock":
    call, what = page.services.stock.product, ("product_stock", filters, code)
    return cached(page, _explored_key(page, "scores"), what, lambda: call(page.scope, filters, code, page.now))


def custody(page: Page, hotel_id: int, days: int) -> "Custody":
    call, what = page.services.custody.custody, ("custody", hotel_id, days)
    return cached(page, _explored_key(page), what, lambda: call(page.scope, hotel_id, days, page.now))


def archive_entities(page: Page, hotel_id: int, entity_type: str) -> "list[Entity]":
    call, what = page.services.pipeline.history.entities, ("archive_entities", hotel_id, entity_type)
    return cached(page, version(page, "sources"), what, lambda: call(page.scope, hotel_id, entity_type))


def metric_days(page: Page, wanted: "Wanted") -> "DaySeries":
    key, call = version(page, "metrics", "scores", "archive"), page.services.pipeline.history.days
    return cached(page, key, ("metric_days", wanted), lambda: call(page.scope, wanted))


def _explored_key(page: Page, *topics: str) -> Key:
    return (*version(page, "sources", "metrics", *topics), hour(page.now))


def minutes(now: datetime) -> str:
    return now.strftime("%Y-%m-%d %H ") + str(now.minute // 5)


def hour(now: datetime) -> str:
    """Figures "of yesterday" turn with the hotel's day, whose midnight is at a full or half hour somewhere."""
    return now.strftime("%Y-%m-%d %H ") + ("0" if now.minute < 30 else "30")


def cached(page: Page, key: Key, what: Key, call: Callable[[], Result]) -> Result:
    kept: Result = _kept(key, _scope(page), what, call)
    return kept


@st.cache_data(ttl=TTL_SECONDS, max_entries=1_000, show_spinner=False)
def _kept(key: Key, scope: Key, what: Key, _call: Callable[[], Any]) -> Any:
    return _call()


def forget() -> None:
    """Give back the memory of all kept reads; they are made anew when somebody asks."""
    _kept.clear()
