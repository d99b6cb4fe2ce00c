"""A caller's copy of an answer is right as long as a page would keep what it shows of the same (C12)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from api.access import Caller
from api.documents import operation_id
from api.errors import NotModified
from db.queries import versions
from pages.shell import alert_reads, model_reads, reads
from pipeline.alerts.service import AlertFilters
from services import Services
from tests.integration.api.conftest import Api
from tests.integration.api.test_every_route import WALKED, request_of
from tests.pages.hotel import SmallHotel

METRIC = "tuketim_miktar"
PAGES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "alerts_board": (reads.alerts, (AlertFilters(), 1)),
    "alerts_counts": (reads.alert_counts, ((1,),)),
    "alerts_groups": (reads.alert_groups, (AlertFilters(),)),
    "alerts_one": (reads.alert_detail, (1,)),
    "alerts_summary": (alert_reads.alert_summary, ((1,), timedelta(days=1))),
    "alerts_suppressions": (reads.suppressions, (1,)),
    "alerts_timeline": (reads.alert_counts, ((1,),)),
    "alerts_series": (reads.alert_detail, (1,)),
    "silences_listed": (reads.silences, ((1,),)),
    "quality_kpis": (reads.quality, (1,)),
    "quality_sources": (reads.source_quality, (1,)),
    "forecasts_run_outs": (reads.run_outs, (1,)),
    "forecasts_orders": (reads.orders, (1, 0.95)),
    "forecasts_methods": (reads.forecast_methods, (1, 7)),
    "forecasts_outcomes": (reads.forecast_comparison, (1, 1)),
    "forecasts_product": (reads.product_days, (1, 1)),
    "models_models": (model_reads.files, (1,)),
    "models_history": (model_reads.history, (1,)),
    "models_performance": (model_reads.performance, (1,)),
    "models_performance_history": (model_reads.performance_history, (1, METRIC)),
    "models_features": (model_reads.features, (1, METRIC, 30)),
    "models_comparisons": (model_reads.comparisons, (1,)),
    "models_comparison": (model_reads.comparison, (1, 1)),
    "reports_overview": (reads.figures, ((1,),)),
    "reports_running_low": (reads.running_low, ((1,),)),
    "reports_consumption": (reads.consumption, (None,)),
    "reports_rooms": (reads.rooms, (None,)),
    "reports_room": (reads.room_days, (None, "101")),
    "reports_refills": (reads.refill_times, (None,)),
    "reports_stock": (reads.stock, (None,)),
    "reports_product_stock": (reads.product_stock, (None, "P0")),
    "reports_custody": (reads.custody, (1, 30)),
    "thresholds_current": (reads.learned_thresholds, (1,)),
    "thresholds_history": (reads.threshold_history, (1, METRIC)),
    "metrics_types": (lambda _: (), ()),  # part of the program
    "metrics_values": (lambda _: ("metrics",), ()),  # no page
}


@pytest.fixture
def kept_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], set[str]]:
    """The topics in whose versions a page keeps what a route answers."""
    for module in (reads, alert_reads, model_reads):
        monkeypatch.setattr(module, "version", lambda _, *topics: topics)
        monkeypatch.setattr(module, "cached", lambda _, key, *__: key)
        for name in {"hour", "minutes"} & vars(module).keys():
            monkeypatch.setattr(module, name, lambda _: "")
    page = SimpleNamespace(services=MagicMock(), scope=None, now=datetime(2026, 3, 1, tzinfo=UTC))

    def topics(operation: str) -> set[str]:
        read, arguments = PAGES[operation]
        return {*read(page, *arguments)} - {""}

    return topics


@pytest.fixture
def asked_for(api: Api, hotel: SmallHotel, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """{operation: topics} of every route that answers 304 to a copy that is still right."""
    deniz, found, now = api.add("superadmin", None, "deniz"), {}, ""

    def known(_: Caller, *topics: str, seconds: int = 0) -> None:
        found[now] = set(topics)
        raise NotModified

    monkeypatch.setattr(Caller, "known", known)
    for route, method in WALKED:
        if method == "GET":
            now = operation_id(route)
            path, _ = request_of(api, route, method, hotel.hotel_id, {"alert_id": hotel.alert_ids[0]})
            api.call("GET", path, deniz)
    return found


def test_what_makes_a_page_read_anew_makes_the_route_answer_anew(
    asked_for: dict[str, set[str]], kept_by: Callable[[str], set[str]]
) -> None:
    assert asked_for.keys() == PAGES.keys()
    assert {name for name in PAGES if not kept_by(name)} == {"metrics_types"}  # the others do read something
    missing = {name: kept_by(name) - topics for name, topics in asked_for.items()}
    assert {name: topics for name, topics in missing.items() if topics} == {}


def test_a_measured_performance_is_not_answered_from_a_copy(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    path = f"/ml/performance?hotel_id={hotel.hotel_id}"

    def again(tag: str) -> int:
        return api.call("GET", path, ayse, headers={"If-None-Match": tag}).status_code

    tag = api.call("GET", path, ayse).headers["etag"]
    assert again(tag) == 304
    with services.database.transaction() as connection:
        versions.bump(connection, hotel.hotel_id, "evaluations")
    assert again(tag) == 200
