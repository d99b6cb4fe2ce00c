"""What shows only over several checks or rooms: runs of zeros, shifts, floors, attendants, products, missed rooms."""

import numpy as np
import pandas as pd

from pipeline.detection.calibration import calibrated
from pipeline.detection.contract import Context, Family
from pipeline.detection.groups import group_sums, group_tests
from pipeline.detection.guests import CELL_CAP
from pipeline.detection.ledger import Ledger
from pipeline.detection.repeats import repeated_days
from pipeline.detection.runs import shifts, silent_days, zero_runs
from pipeline.detection.unserved import SPAN_DAYS, not_explained, unfilled, unserved_floors, unserved_rooms
from pipeline.training.count_window import VACANT, CountRows

SHIFT_GATE_RATIO = 0.3
UNSERVED_GATE_RATIO = 0.85  # floors are now and then half served
UNFILLED_GATE_RATIO = 0.5  # of the units found missing
SILENT = 3.0  # evidence of a silent attendant from which a fall has nothing to add
GROUPS = (("floor", "floor_id"), ("staff", "staff_id"), ("product", "product_id"))
GROUP_SHARES = {"floor_rise": 0.06, "floor_fall": 0.01, "staff_rise": 0.003, "staff_fall": 0.03, "product_rise": 0.03}
RISE, FALL = "tuketim_artis", "tuketim_dusus"
MISSED = "dolum_eksik"
SCALE = ("scale_base", "scale_slope", "least_excess")  # of the check's own test


def pattern_families(
    visits: pd.DataFrame, groups: dict[str, pd.DataFrame], ledger: Ledger, context: Context, first: int
) -> tuple[Family, ...]:
    """Families of tests of more than one check; ``visits`` and ``groups`` may begin with remembered days.

    Tests of checks are told from the day ``first`` on.
    """
    gate = context.effect_gate_ratio
    visits = visits.drop(columns=["effect", "dispersion", *SCALE], errors="ignore")
    busy = visits[visits["state"] != VACANT]
    silent = silent_days(busy)
    runs, moved = (_since(tests, first) for tests in (zero_runs(busy), shifts(busy)))
    return (
        Family("stuck", "kayit_yok", "room", gate, _calibrated(ledger, "stuck", runs), share=0.05),
        Family("stuck_staff", "kayit_yok", "staff", gate, silent, daily=True, share=0.05),
        Family("shift", RISE, "room", SHIFT_GATE_RATIO, _calibrated(ledger, "shift", moved), share=0.01),
        Family(
            "repeat", "tekrar_kayit", "hotel", gate, repeated_days(visits, context.hotel_id), daily=True, share=0.05
        ),
        *_group_families(groups, silent),
        *_missed_families(visits),
    )


def _since(tests: pd.DataFrame, first: int) -> pd.DataFrame:
    kept: pd.DataFrame = tests[tests["day"].to_numpy(np.int64) >= first]
    return kept.reset_index(drop=True)


def _calibrated(ledger: Ledger, name: str, tests: pd.DataFrame) -> pd.DataFrame:
    if tests.empty:
        return tests
    day, score = tests["day"].to_numpy(np.int64), tests["score"].to_numpy(float)
    return tests.assign(score=calibrated(ledger, name, day, score, np.ones(len(tests), dtype=bool)))


def sums_of_groups(cells: pd.DataFrame, arrays: CountRows, before: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Units and expected units of floors, attendants and products by day, after those of remembered days."""
    thirst = np.minimum(cells["value"].to_numpy(float), CELL_CAP)
    wanted = cells["score"].notna().to_numpy() & (arrays.state != VACANT)
    found = {}
    for name, column in GROUPS:
        if column in cells:
            sums = group_sums(cells, column, thirst, wanted)
            earlier = [before[name]] if name in before and len(before[name]) else []
            found[name] = pd.concat([*earlier, sums], ignore_index=True)
    return found


def _group_families(groups: dict[str, pd.DataFrame], silent: pd.DataFrame) -> list[Family]:
    """Rises and falls of floors, attendants and products; a product that falls is out of stock or out of fashion."""
    found = []
    for name, column in GROUPS:
        for kind, sign in ((RISE, 1), (FALL, -1)):
            if (name, kind) == ("product", FALL) or name not in groups:
                continue
            tests = group_tests(groups[name], column, sign)
            if (name, kind) == ("staff", FALL):
                tests = _without_silent(tests, silent)
            label = f"{name}_{'rise' if sign > 0 else 'fall'}"
            found.append(Family(label, kind, name, SHIFT_GATE_RATIO, tests, daily=True, share=GROUP_SHARES[label]))
    return found


def _without_silent(tests: pd.DataFrame, silent: pd.DataFrame) -> pd.DataFrame:
    """An attendant who records nothing at all is told as such, not as a fall too."""
    strong = silent.loc[silent["score"] >= SILENT, ["entity_id", "day"]] if len(silent) else silent
    if tests.empty or not len(strong):
        return tests
    joined = tests[["entity_id", "day"]].merge(strong.drop_duplicates(), how="left", indicator=True)
    told = (joined["_merge"] == "both").to_numpy()
    return tests.assign(score=np.where(told, 0.0, tests["score"].to_numpy(float)))


def _missed_families(visits: pd.DataFrame) -> list[Family]:
    """Floors before rooms: a room has nothing to add to what its floor tells."""
    if "floor_id" not in visits:
        return []
    floor_of = visits.drop_duplicates("room_id", keep="last").set_index("room_id")["floor_id"]
    floors = unserved_floors(visits)
    rooms = unserved_rooms(visits, floors)
    found = [
        Family("unserved_floor", MISSED, "floor", UNSERVED_GATE_RATIO, floors, daily=True, share=0.03),
        Family("unserved_room", MISSED, "room", UNSERVED_GATE_RATIO, rooms, daily=True, share=0.01),
    ]
    if "unfilled" in visits:
        left = unfilled(visits, "floor_id", 1)
        alone = not_explained(unfilled(visits, "room_id", SPAN_DAYS), left, floor_of, SPAN_DAYS)
        found.append(Family("unfilled_floor", MISSED, "floor", UNFILLED_GATE_RATIO, left, daily=True, share=0.03))
        found.append(Family("unfilled_room", MISSED, "room", UNFILLED_GATE_RATIO, alone, daily=True, share=0.01))
    return found
