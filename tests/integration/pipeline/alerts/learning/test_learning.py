"""Learning from verdicts over thirty days, and what it writes, shows and takes back (A6.3)."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database
from pipeline.detection.thresholds.settings import Change, FamilyRule
from tests.integration.builders import build_hotel
from tests.integration.pipeline.alerts.learning.noisy_hotel import add_noise
from tests.integration.pipeline.alerts.learning.simulated_user import DAY, Life, SimulatedUser

FIRST = datetime(2026, 3, 1, 6, tzinfo=UTC)
DAYS = 30


@pytest.fixture
def life(database: Database, clock: FixedClock) -> Life:
    """Thirty days of a noisy hotel: a third of the alerts is right."""
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=250, staff=60)
        add_noise(connection, hotel, FIRST, DAYS, seed=3)
    return Life(database, clock, Settings(alert_budget_per_day=20.0), hotel.hotel_id)


def right(verdicts: pd.DataFrame) -> float:
    return float((verdicts["verdict"] == "dogru").mean())


def test_precision_on_a_users_verdicts_rises_above_80_percent_within_30_days(life: Life) -> None:
    """With one verdict in twenty wrong. What is planted goes on being found; the control below is where it began."""
    judged = life.live(FIRST, DAYS, SimulatedUser())
    last = judged[judged["day"] >= 20]
    assert len(last) >= 15
    assert right(last) > 0.8
    assert last["is_true"].sum() >= 15
    learned = life.learning.learned(SYSTEM, life.hotel_id)
    assert {one.metric_type for one in learned} >= {"tuketim_miktar"}
    assert all(one.shift > 0 and one.verdicts > 0 for one in learned)


def test_without_learning_the_precision_stays_where_it_was(life: Life) -> None:
    """The negative control of the test above: well below 80 %, from the first day to the last."""
    judged = life.live(FIRST, DAYS, SimulatedUser(), learns=False)
    assert right(judged) < 0.5
    assert right(judged[judged["day"] >= 20]) < 0.5
    assert life.learning.learned(SYSTEM, life.hotel_id) == []


def test_each_step_is_a_version_with_its_reason_and_a_rollback_forgets_the_verdicts_before_it(life: Life) -> None:
    life.live(FIRST, 6, SimulatedUser(error_ratio=0.0))
    [newest, *_] = life.thresholds.history(SYSTEM, life.hotel_id, "tuketim_miktar")
    assert (newest.source, newest.created_by, newest.reason) == ("verdicts", "system", "learning.reason")
    assert newest.trace is not None
    assert newest.trace["verdicts"] == newest.trace["confirmed"] + newest.trace["false"]
    assert newest.settings.rule("room").extra_evidence > 0
    life.clock.advance(timedelta(hours=1))
    life.thresholds.rollback(SYSTEM, life.hotel_id, "tuketim_miktar", 0, "çok katı")
    life.learning.learn(SYSTEM, life.hotel_id, life.clock.at + DAY)
    current = life.thresholds.current(SYSTEM, life.hotel_id)["tuketim_miktar"]
    assert current.rule("room").extra_evidence == 0.0
    assert [one for one in life.learning.learned(SYSTEM, life.hotel_id) if one.metric_type == "tuketim_miktar"] == []


def test_a_night_without_new_verdicts_that_change_anything_writes_no_version(life: Life) -> None:
    life.live(FIRST, 6, SimulatedUser())
    for _ in range(8):  # until the shifts have reached what the verdicts say
        life.learning.learn(SYSTEM, life.hotel_id, life.clock.at)
    before = len(life.thresholds.history(SYSTEM, life.hotel_id))
    assert life.learning.learn(SYSTEM, life.hotel_id, life.clock.at).rows_out == 0
    assert len(life.thresholds.history(SYSTEM, life.hotel_id)) == before


def test_what_people_set_stays_when_verdicts_grow_old(life: Life) -> None:
    life.live(FIRST, 6, SimulatedUser(error_ratio=0.0))
    learned = life.thresholds.current(SYSTEM, life.hotel_id)["tuketim_miktar"].rule("room").extra_evidence
    wanted = FamilyRule(extra_evidence=round(learned + 0.3, 2))
    life.thresholds.save(SYSTEM, life.hotel_id, "tuketim_miktar", Change(families={"room": wanted}), "Ayşe istedi")
    for night in range(10):
        life.learning.learn(SYSTEM, life.hotel_id, life.clock.at + (70 + night) * DAY)
    left = life.thresholds.current(SYSTEM, life.hotel_id)["tuketim_miktar"].rule("room").extra_evidence
    assert left == pytest.approx(0.3)
