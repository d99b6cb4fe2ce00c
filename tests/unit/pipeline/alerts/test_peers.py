"""An alert beside its like: ranges with their size, nothing on few data (A3.3, occupancy honesty)."""

import pandas as pd
import pytest

from pipeline.alerts.peers import MIN_OBSERVATIONS, MIN_PEERS, is_comparable, room_ranges, staff_ranges


def rooms(values: list[float], same_type: bool = True, same_floor: bool = False) -> pd.DataFrame:
    return pd.DataFrame({"is_same_type": same_type, "is_same_floor": same_floor, "value": values})


def test_four_fifths_of_the_like_rooms_lie_in_the_range() -> None:
    same_type, same_floor = room_ranges(rooms([float(value) for value in range(11)]))
    assert (same_type.count, same_type.low, same_type.median, same_type.high) == (11, 1.0, 5.0, 9.0)
    assert (same_floor.count, same_floor.is_known) == (0, False)


def test_few_rooms_are_counted_and_not_compared() -> None:
    few = room_ranges(rooms([1.0] * (MIN_PEERS - 1)))[0]
    enough = room_ranges(rooms([1.0] * MIN_PEERS))[0]
    assert (few.count, few.is_known, enough.is_known) == (MIN_PEERS - 1, False, True)


def test_an_attendant_with_few_refills_is_no_yardstick() -> None:
    peers = pd.DataFrame({"observations": [MIN_OBSERVATIONS] * 5 + [3], "value": [10.0, 11.0, 12.0, 13.0, 14.0, 90.0]})
    [attendants] = staff_ranges(peers)
    assert (attendants.count, attendants.median) == (5, 12.0)
    [without] = staff_ranges(peers.assign(observations=MIN_OBSERVATIONS - 1))
    assert not without.is_known


@pytest.mark.parametrize(
    ("alert_type", "metric_type", "entity_type", "message_id", "compared"),
    [
        ("tuketim_anomali", "tuketim_miktar", "minibar_slot", "alert.consumption", True),
        ("tuketim_artis", "tuketim_miktar", "room", "alert.consumption_rising", False),  # a sum of many checks
        ("dolum_eksik", "tuketim_miktar", "floor", "alert.not_filled_floor", False),  # units not put back, not consumed
        ("talep_yavaslama", "talep_yanit_sure", "floor", "alert.requests_slowing", False),  # a mean beside single ones
        ("talep_gecikme", "talep_yanit_sure", "room", "alert.request_late", True),
        ("dolum_yavaslama", "dolum_sure", "staff", "alert.refills_slowing", True),
        ("zimmet_anomali", "zimmet_kullanim", "staff", "alert.custody_kept", False),  # a balance beside use
        ("zimmet_anomali", "zimmet_kullanim", "staff", "alert.custody", True),
        ("stok_anomali", "stok_seviye", "product", "alert.stock_flow", False),
    ],
)
def test_only_the_same_quantity_over_the_same_time_is_compared(
    alert_type: str, metric_type: str, entity_type: str, message_id: str, compared: bool
) -> None:
    assert is_comparable(alert_type, metric_type, entity_type, message_id) is compared
