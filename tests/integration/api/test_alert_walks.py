"""What a walk of the board by cursor holds while alerts are renewed (C12)."""

from datetime import timedelta

from core.clock import FixedClock
from pipeline.detection.anomaly import Anomaly, DetectionResult
from services import Services
from tests.integration.api.conftest import Api
from tests.pages.alerts import entities
from tests.pages.hotel import SmallHotel


def test_an_alert_that_is_renewed_during_a_walk_may_be_missed_and_is_found_since_the_day_before(
    api: Api, services: Services, hotel: SmallHotel, ayse: str, clock: FixedClock
) -> None:
    began = clock.now()
    page = api.get("/alerts", ayse, limit=1).json()
    seen = [row["id"] for row in page["items"]]
    clock.advance(timedelta(minutes=5))
    last, interval_end = hotel.alert_ids[-1], began - timedelta(minutes=20)
    staff = entities(services, hotel.hotel_id).staff_id
    again = Anomaly(
        "zimmet_anomali", "zimmet_kullanim", "staff", staff, interval_end - timedelta(days=1), interval_end, 99, 6, 4,
        8, 9.0, 4, "kritik", staff_id=staff, context_signature="d",
    )  # fmt: skip
    with services.database.transaction() as connection:
        result = DetectionResult(hotel.hotel_id, "zimmet_kullanim", clock.now(), (again,), frozenset())
        services.alerts.apply(connection, result)
    while page["next_cursor"]:
        page = api.get("/alerts", ayse, limit=1, cursor=page["next_cursor"]).json()
        seen += [row["id"] for row in page["items"]]
    assert seen == hotel.alert_ids[:-1]  # what stayed as it was, each once
    since = (began - timedelta(days=1)).isoformat()
    assert api.get("/alerts", ayse, limit=1, since=since).json()["items"][0]["id"] == last
    assert last not in [row["id"] for row in api.get("/alerts", ayse, since=began.isoformat()).json()["items"]]
