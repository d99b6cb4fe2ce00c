"""The client in docs/ is made of the document and works against a real server (C12)."""

import importlib.util
from types import ModuleType

import pytest

from api.app import api_document
from api.client import client_source
from core.scope import SYSTEM
from core.settings import ROOT
from tests.integration.api.conftest import Api
from tests.pages.hotel import SmallHotel

CLIENT = ROOT / "docs" / "barometer_client.py"


@pytest.fixture(scope="module")
def client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("barometer_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_client_is_the_one_that_the_document_makes() -> None:
    assert CLIENT.read_text(encoding="utf-8") == client_source(api_document())


def test_the_client_reads_lists_changes_things_and_tells_refusals(
    client: ModuleType, address: str, api: Api, hotel: SmallHotel, ayse: str
) -> None:
    permissions = ["alerts.read", "alerts.triage", "overview.read", "data.import"]
    key = api.services.api_keys.create(SYSTEM, "client", permissions, days=1, owner=ayse).key
    barometer = client.Barometer(address, key, language="tr")
    alerts = list(barometer.pages(barometer.alerts_board, limit=1, state=["open"]))
    assert [alert["id"] for alert in alerts] == hotel.alert_ids
    assert barometer.alerts_close(alerts[0]["id"], reason="sayıldı")["closed_ids"] == [alerts[0]["id"]]
    [found] = barometer.hotels_listed()["items"]
    point = {"metric": "nem", "occurred_at": "2026-03-01T00:00:00Z", "value": 40}
    assert barometer.metrics_post_points(hotel_id=found["id"], points=[point])["inserted"] == 1
    with pytest.raises(client.BarometerError) as refused:
        barometer.quality_kpis(hotel_id=found["id"])
    assert (refused.value.status, refused.value.code) == (403, "forbidden")
    with pytest.raises(client.BarometerError) as unknown:
        client.Barometer(address, "bmk_x").alerts_board()
    assert (unknown.value.status, unknown.value.code) == (401, "unauthenticated")
