"""Which backups stay: the last, and one a day, week and month; never is the newest proven one deleted."""

from datetime import UTC, datetime, timedelta

from operations.backups.manifest import Label
from operations.backups.retention import Retention
from operations.backups.shelf import Backup, Proof

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)  # a Monday


def backup(at: datetime, kind: str = "scheduled", error: str | None = None, proven: bool = True) -> Backup:
    label = Label(f"{at:%Y-%m-%dT%H}-{kind}", kind, at, "system", "key", "1", "0001", 18)
    return Backup(label.name, 1, label, Proof(at, 1.0, 1, 1, 1, error) if proven else None)


def names(backups: list[Backup]) -> set[str]:
    return {one.name for one in backups}


def kept(retention: Retention, backups: list[Backup]) -> list[str]:
    return sorted(names(backups) - names(retention.expired(backups, NOW)), reverse=True)


def test_a_year_of_nightly_backups_becomes_days_weeks_and_months() -> None:
    nightly = [backup(NOW - timedelta(days=day)) for day in range(400)]
    stayed = kept(Retention(last=2, days=3, weeks=3, months=4), nightly)
    assert [name[:10] for name in stayed] == [
        "2026-03-02", "2026-03-01", "2026-02-28",  # days; the first of them also stands for the week and the month
        "2026-02-22",  # the last day of the second week back; 03-01 stands for the first
        "2026-01-31", "2025-12-31",
    ]  # fmt: skip


def test_the_last_ones_stay_even_when_many_are_made_a_day() -> None:
    hourly = [backup(NOW - timedelta(hours=hour)) for hour in range(4)]
    assert len(kept(Retention(last=3, days=1, weeks=0, months=0), hourly)) == 3
    assert len(kept(Retention(last=1, days=0, weeks=0, months=0), hourly)) == 1


def test_days_are_those_of_the_hotel() -> None:
    two = [backup(datetime(2026, 3, 1, hour, tzinfo=UTC)) for hour in (20, 22)]  # 23:00 and 01:00 in Istanbul
    retention = Retention(last=1, days=2, weeks=0, months=0)
    assert len(retention.expired(two, NOW, "UTC")) == 1
    assert retention.expired(two, NOW, "Europe/Istanbul") == []


def test_what_somebody_made_by_hand_stays_and_safety_copies_grow_old() -> None:
    old = NOW - timedelta(days=15)
    backups = [backup(NOW), backup(old, "manual"), backup(old, "safety"), backup(NOW, "safety")]
    assert names(Retention().expired(backups, NOW)) == {"2026-02-15T05-safety"}


def test_the_newest_proven_one_stays_whatever_was_made_since() -> None:
    good = backup(NOW - timedelta(days=40))
    worse = [backup(NOW - timedelta(days=day), error="backup_differs") for day in range(10)]
    older = backup(NOW - timedelta(days=41))
    gone = names(Retention(last=2, days=0, weeks=0, months=0).expired([*worse, good, older], NOW))
    assert good.name not in gone
    assert older.name in gone


def test_a_damaged_backup_stands_for_no_day() -> None:
    bad, good = backup(NOW, error="backup_damaged"), backup(NOW - timedelta(hours=2))
    assert good.name in kept(Retention(last=1, days=1, weeks=0, months=0), [bad, good])
