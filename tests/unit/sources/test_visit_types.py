"""Every visit type of the older system is classified once (SPEC A2.2)."""

import pytest

from core.errors import AppError
from sources.visit_types import VISIT_TYPES, classify, names

OLDER = {
    "ilk_dolum", "yeniden_dolum", "eksik_tamamlama", "sayim", "duzeltme", "kontrol", "doldurma", "ek_dolum",
    "setup_kontrol", "ekstra_ekleme", "ekstra_tuketim",
}  # fmt: skip


def test_every_type_of_the_older_system_is_known_and_no_other() -> None:
    assert set(VISIT_TYPES) == OLDER


def test_an_unknown_type_is_an_error_that_names_it() -> None:
    with pytest.raises(AppError) as caught:
        classify("gece_turu")
    assert caught.value.code == "unknown_visit_type"
    assert caught.value.params["type"] == "gece_turu"


def test_only_the_first_filling_is_initial_and_it_observes_nothing() -> None:
    assert names(initial=True) == ["ilk_dolum"]
    assert not classify("ilk_dolum").observes


def test_a_look_without_refill_observes() -> None:
    assert classify("kontrol").observes
    assert not classify("kontrol").fills


def test_units_added_without_a_count_do_not_observe() -> None:
    assert names(observes=False, fills=True) == ["ilk_dolum", "ek_dolum", "ekstra_ekleme"]
