"""Which versions a clean-up takes (B3), over many histories: never the active one, never more than it must."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from db.queries.models import ModelRow
from pipeline.models.retention import INACTIVE_FOR, cleanup_plan

AT = datetime(2026, 3, 2, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def row(
    number: int, kind: str = "zscore", *, active: bool = False, inactive_days: float | None = 1.0, file: bool = True
) -> ModelRow:
    since = None if active or inactive_days is None else AT - inactive_days * DAY
    return ModelRow(
        number, 1, kind, "stok_seviye", f"hotel-1/{number}.pkl" if file else None, 10, "", "", {}, [], {}, {}, None,
        None, None, AT - (1000 - number) * DAY, active, deactivated_at=since,
    )  # fmt: skip


def test_three_versions_stay_and_the_active_one_is_one_of_them() -> None:
    rows = [row(number) for number in range(1, 6)] + [row(9, active=True)]
    assert [one.id for one in cleanup_plan(rows, AT).files] == [3, 2, 1]


def test_an_old_active_version_stays_beside_the_two_newest() -> None:
    rows = [row(1, active=True), *(row(number) for number in range(2, 7))]
    assert [one.id for one in cleanup_plan(rows, AT).files] == [4, 3, 2]


def test_after_a_month_an_inactive_version_goes_altogether() -> None:
    rows = [row(1, inactive_days=30), row(2, inactive_days=29.9), row(3, active=True)]
    plan = cleanup_plan(rows, AT)
    assert [one.id for one in plan.files] == [1]
    assert [one.id for one in plan.rows] == [1]
    assert [one.id for one in cleanup_plan([row(4, inactive_days=31, file=False)], AT).rows] == [4]


def test_in_an_emergency_only_the_active_version_stays() -> None:
    rows = [row(number) for number in range(1, 4)] + [row(4, active=True), row(5, "autoencoder"), row(6, "autoencoder")]
    assert [one.id for one in cleanup_plan(rows, AT, kept=1).files] == [3, 5, 2, 1]


def test_refused_versions_do_not_push_out_the_one_to_go_back_to() -> None:
    refused = [replace(row(number), withdrawn_reason="worse_than_in_use") for number in (3, 4, 5)]
    rows = [row(1), row(2, active=True), *refused]
    assert [one.id for one in cleanup_plan(rows, AT).files] == [4, 3]


def test_in_an_emergency_a_spare_stays_where_the_active_file_is_damaged() -> None:
    rows = [row(1), row(2), row(3, active=True)]
    assert [one.id for one in cleanup_plan(rows, AT, kept=1, unsound=frozenset({3})).files] == [1]


@given(
    st.lists(
        st.tuples(st.sampled_from(["zscore", "isolation_forest"]), st.booleans(), st.booleans(), st.floats(0, 60)),
        max_size=30,
    ),
    st.integers(1, 3),
)
def test_whatever_the_history_the_active_version_stays_and_no_kind_keeps_more_than_it_may(
    history: list[tuple[str, bool, bool, float]], kept: int
) -> None:
    rows, seen = [], set()
    for number, (kind, active, file, days) in enumerate(history):
        rows.append(row(number, kind, active=active and kind not in seen, inactive_days=days, file=file))
        seen |= {kind} if active else set()
    plan = cleanup_plan(rows, AT, kept)
    assert not any(one.is_active for one in (*plan.files, *plan.rows))
    gone = {one.id for one in plan.files}
    for kind in ("zscore", "isolation_forest"):
        left = [one for one in rows if one.model_type == kind and one.model_path and one.id not in gone]
        young = [one for one in rows if one.model_type == kind and one.model_path and not one.is_active
                 and one.deactivated_at is not None and one.deactivated_at > AT - INACTIVE_FOR]  # fmt: skip
        has_active = any(one.is_active for one in rows if one.model_type == kind)
        assert len([one for one in left if not one.is_active]) <= max(kept - has_active, 0)
        assert len([one for one in left if not one.is_active]) == min(len(young), max(kept - has_active, 0))
