"""A page and the API answer the same question with the same numbers: both ask the same service (C12)."""

import asyncio
from typing import Any

import httpx
import pytest

from api.app import create_api
from core.i18n import Translator
from core.scope import SYSTEM
from identity.permissions import MACHINE_PERMISSIONS
from services import Services
from tests.pages.conftest import BOARD, OVERVIEW, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel


@pytest.fixture
def hotel(services: Services) -> SmallHotel:
    return small_hotel(services)


def ask(services: Services, path: str, **params: Any) -> dict[str, Any]:
    """What the API answers a key of the hotel's manager, who has signed in to the pages."""
    keys = services.api_keys
    permissions = [
        one for one in sorted(MACHINE_PERMISSIONS) if one in ("alerts.read", "metrics.read", "overview.read")
    ]
    key = keys.create(SYSTEM, f"key of {path}", permissions, days=1, owner="admin_en").key
    app = create_api(lambda: services)

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, params=params, headers={"X-API-Key": key, "Accept-Language": "en"})

    answer = asyncio.run(call())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_overview_shows_what_the_api_answers(visit: Visit, hotel: SmallHotel, text: Text) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    shown = {metric.label: metric.value for metric in visit.open(OVERVIEW).metric}
    said, t = ask(visit.services, "/reports/overview"), Translator("en")
    assert shown[t("overview.occupancy")] == t.percent(said["occupancy_ratio"])
    assert shown[t("overview.consumption")] == t("shell.units", count=round(said["consumed_units"]))
    assert shown[t("overview.revenue")] == t.money(said["revenue"], said["currency"])
    assert shown[t("overview.refill")] == t("shell.minutes", value=t.number(said["refill_minutes"], 1))


def test_the_board_shows_the_alerts_that_the_api_answers(visit: Visit, hotel: SmallHotel, text: Text) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    shown = text(visit.open(BOARD))
    said = ask(visit.services, "/alerts")
    assert said["total"] == len(hotel.alert_ids) == 4
    for alert in said["items"]:
        assert alert["message"].replace("\\", "") in shown


@pytest.mark.parametrize(
    ("page", "path", "figure"),
    [
        ("pages/exploration/consumption.py", "/reports/consumption", "units"),
        ("pages/exploration/refills.py", "/reports/refills", "refills"),
    ],
)
def test_the_pages_of_exploration_show_the_totals_that_the_api_answers(
    visit: Visit, hotel: SmallHotel, page: str, path: str, figure: str
) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    shown = [metric.value for metric in visit.open(page).metric]
    said = ask(visit.services, path, hotel_id=hotel.hotel_id)["totals"][figure]
    assert any(Translator("en").number(said) in value for value in shown), (said, shown)
