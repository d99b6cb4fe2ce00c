"""What other thresholds would have raised, over the API: the service's figures, and nothing is saved (C12, A2.5)."""

from typing import Any

import pytest
from sqlalchemy import text

from api.schemas.thresholds import preview_of
from pipeline.detection.thresholds.settings import FamilyRule
from reports.thresholds import Proposal
from services import Services
from tests.conftest import NOW
from tests.integration.api.conftest import Api
from tests.integration.tried_past import CHECK, TYPE, tried_past
from tests.pages.hotel import SmallHotel, small_hotel

PATH = "/ml/thresholds/preview"


@pytest.fixture
def hotel(services: Services) -> SmallHotel:
    """Two alerts in 30 days, one confirmed and one false; a third that a larger budget would have raised."""
    made = small_hotel(services, with_alerts=False)
    tried_past(services.database, made.hotel_id, NOW)
    return made


def asked(hotel: SmallHotel, **what: Any) -> dict[str, Any]:
    return {"hotel_id": hotel.hotel_id, "metric_type": TYPE, "family": CHECK, "days": 30, **what}


@pytest.mark.parametrize(
    ("what", "proposal"),
    [
        ({"budget_per_day": 100}, Proposal(TYPE, CHECK, budget_per_day=100)),
        ({"rule": {"is_enabled": False}}, Proposal(TYPE, CHECK, FamilyRule(is_enabled=False))),
        ({"rule": {"extra_evidence": 3}}, Proposal(TYPE, CHECK, FamilyRule(extra_evidence=3))),
    ],
)
def test_the_answer_is_the_services_and_changes_nothing(
    api: Api, services: Services, hotel: SmallHotel, ayse: str, what: dict[str, Any], proposal: Proposal
) -> None:
    answer = api.call("POST", PATH, ayse, json=asked(hotel, **what))
    assert answer.status_code == 200
    expected = services.tuning.preview(api.people[ayse], hotel.hotel_id, 30, proposal)
    body = answer.json()
    assert body == preview_of(expected).model_dump(mode="json")
    assert body["before"]["alerts"] == 2
    assert body["appear"]["total"] + body["disappear"]["total"] > 0
    assert len(body["daily"]) == 30
    with services.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM detection_settings")).scalar_one() == 0


@pytest.mark.parametrize(
    ("what", "failure"),
    [
        ({"family": "unknown"}, (404, "not_found")), ({"days": 31}, (422, "validation_failed")),
        ({"segment": "colour=red", "segment_evidence": 1}, (400, "threshold_wrong")),
        ({"hotel_id": 2_000_000}, (404, "not_found")), ({"budget_per_day": 0}, (422, "validation_failed")),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_said(
    api: Api, hotel: SmallHotel, ayse: str, what: dict[str, Any], failure: tuple[int, str]
) -> None:
    answer = api.call("POST", PATH, ayse, json=asked(hotel) | what)
    assert (answer.status_code, answer.json()["error"]["code"]) == failure
