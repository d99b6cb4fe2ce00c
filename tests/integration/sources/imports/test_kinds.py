"""What each kind of file becomes, and the rules that refuse it (SPEC A2.1, A2.2; issue items 4 and 5)."""

from datetime import UTC, date, datetime

import pytest

from sources.imports.report import ImportReport
from tests.integration.sources.imports.conftest import Run, Stored

VISITS = (
    "Oda;İşlem Tipi;Tarih;Personel;Ürün Kodu;Tüketim;Eklenen\n"
    "101;ilk_dolum;01.03.2026 10:00;ayse;KOLA;0;3\n101;ilk_dolum;01.03.2026 10:00;ayse;SU;0;2\n"
    "101;yeniden_dolum;02.03.2026 10:00;ayse;KOLA;2;2\n"
    "102;kontrol;02.03.2026 10:10;ayse;;;\n"
)
STAYS = "room;arrival;departure;guests;id\n101;2026-03-01;2026-03-04;2;A\n101;2026-03-04;2026-03-06;1;B\n"


def codes(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(error.row, error.field, error.code) for error in report.errors]


def test_rows_of_one_visit_become_one_visit_with_lines_and_slots(run: Run, stored: Stored) -> None:
    report = run("visits", VISITS)
    assert (report.inserted, report.errors) == (3, [])
    lines = stored(
        "SELECT visit_type, p.code, consumed_quantity, refilled_quantity FROM visits v "
        "LEFT JOIN visit_lines l ON l.visit_id = v.id LEFT JOIN products p ON p.id = product_id ORDER BY v.id, p.code"
    )
    assert lines == [
        ("ilk_dolum", "KOLA", 0, 3), ("ilk_dolum", "SU", 0, 2), ("yeniden_dolum", "KOLA", 2, 2),
        ("kontrol", None, None, None),
    ]  # fmt: skip
    slots = stored("SELECT r.number, p.code FROM minibar_slots JOIN rooms r ON r.id = room_id "
                   "JOIN products p ON p.id = product_id ORDER BY 1, 2")  # fmt: skip
    assert slots == [("101", "KOLA"), ("101", "SU")]
    assert run("visits", VISITS).unchanged == 3


def test_a_corrected_line_renews_its_visit_and_no_other(run: Run, stored: Stored) -> None:
    """Collection reads by ``recorded_at``: a changed line must bring its visit back."""
    run("visits", VISITS)
    before = dict(stored("SELECT visit_type, recorded_at FROM visits"))
    report = run("visits", VISITS.replace("KOLA;2;2", "KOLA;1;1"))
    after = dict(stored("SELECT visit_type, recorded_at FROM visits"))
    assert (report.inserted, report.updated, report.unchanged) == (0, 1, 2)
    assert [name for name in before if before[name] != after[name]] == ["yeniden_dolum"]


def test_a_line_that_a_visit_no_longer_has_is_removed(run: Run, stored: Stored) -> None:
    run("visits", VISITS)
    run("visits", VISITS.replace("101;ilk_dolum;01.03.2026 10:00;ayse;SU;0;2\n", ""))
    assert stored("SELECT count(*) FROM visit_lines") == [(2,)]


def test_with_one_bad_line_a_visit_is_left_out_whole(run: Run, stored: Stored) -> None:
    """A visit without its bad line would say that nothing of that product was consumed."""
    report = run("visits", VISITS.replace("SU;0;2", "FANTA;0;2"), skip_bad_rows=True)
    assert codes(report) == [(3, "product", "unknown_product")]
    assert stored("SELECT visit_type FROM visits ORDER BY id") == [("yeniden_dolum",), ("kontrol",)]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("999;kontrol;02.03.2026 11:00;ayse;;;", ("room", "unknown_room")),
        ("101;gece_turu;02.03.2026 11:00;ayse;;;", ("visit_type", "unknown_visit_type")),
        ("101;kontrol;02.03.2026 11:00;ali;;;", ("staff", "unknown_staff")),
        ("101;kontrol;02.03.2026 11:00;ayse;KOLA;-1;0", ("consumed_quantity", "too_small")),
        ("101;kontrol;02.03.2026 11:00;ayse;KOLA;1,5;0", ("consumed_quantity", "not_a_whole_number")),
        ("101;kontrol;02.03.2026 11:00;ayse;;2;0", ("product", "required")),
        ("101;yeniden_dolum;02.03.2026 10:00;ayse;KOLA;1;1", ("product", "duplicate_in_file")),
        (";kontrol;02.03.2026 11:00;ayse;;;", ("room", "required")),
    ],
)
def test_a_bad_visit_row_is_named_by_row_and_field(run: Run, stored: Stored, row: str, error: tuple[str, str]) -> None:
    assert codes(run("visits", VISITS + row + "\n")) == [(6, *error)]
    assert stored("SELECT count(*) FROM visits") == [(0,)]


def test_rows_of_one_visit_must_agree(run: Run) -> None:
    content = "id;room;visit_type;occurred_at;product;refilled\n1;101;kontrol;2026-03-01 10:00;SU;0\n"
    assert codes(run("visits", content + "1;102;kontrol;2026-03-01 10:00;KOLA;0\n")) == [
        (3, "room", "conflicting_visit")
    ]


def test_stays_are_half_open_and_corrected_by_their_id(run: Run, stored: Stored) -> None:
    assert run("stays", STAYS).inserted == 2
    moved = STAYS.replace("2026-03-04;2;A", "2026-03-03;2;A").replace("101;2026-03-04", "101;2026-03-03")
    assert run("stays", moved).updated == 2
    assert stored("SELECT external_id, departure_on FROM stays ORDER BY 1") == [
        ("A", date(2026, 3, 3)), ("B", date(2026, 3, 6)),
    ]  # fmt: skip


def test_overlapping_stays_of_a_file_are_an_error_that_names_both_rows(run: Run, stored: Stored) -> None:
    report = run("stays", STAYS + "101;2026-03-05;2026-03-07;1;C\n")
    assert codes(report) == [(4, "arrival_on", "stays_overlap")]
    assert report.errors[0].params == {"other_row": 3, "room": "101"}
    assert stored("SELECT count(*) FROM stays") == [(0,)]


def test_a_stored_neighbour_is_never_overwritten(run: Run, stored: Stored) -> None:
    run("stays", STAYS)
    before = stored("SELECT * FROM stays ORDER BY id")
    report = run("stays", "room;arrival;departure;guests;id\n101;2026-03-03;2026-03-05;1;C\n")
    assert codes(report) == [(2, "arrival_on", "stays_overlap_stored")]
    assert "A (2026-03-01" in report.errors[0].params["other"]
    assert stored("SELECT * FROM stays ORDER BY id") == before


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("102;2026-03-04;2026-03-04;2;C", ("departure_on", "departure_not_after_arrival")),
        ("102;2026-03-05;2026-03-04;2;C", ("departure_on", "departure_not_after_arrival")),
        ("102;2026-03-05;2026-03-06;-1;C", ("adults", "too_small")),
        ("102;2026-03-05;2026-03-06;2;A", ("external_id", "duplicate_in_file")),
        ("102;2026-02-30;2026-03-06;2;C", ("arrival_on", "not_a_date")),
        ("103;2026-03-05;2026-03-06;2;C", ("room", "unknown_room")),
    ],
)
def test_a_bad_stay_is_named_by_row_and_field(run: Run, row: str, error: tuple[str, str]) -> None:
    assert codes(run("stays", STAYS + row + "\n")) == [(4, *error)]


def test_stays_may_make_their_rooms_when_asked(run: Run, stored: Stored) -> None:
    content = "oda;giriş;çıkış;pax;oda tipi\n1204;2026-03-05;2026-03-06;2;SUIT\nB-7;2026-03-05;2026-03-06;2;\n"
    assert {error.code for error in run("stays", content).errors} == {"unknown_room"}
    report = run("stays", content, create_rooms=True)
    assert (report.inserted, report.details["created_rooms"]) == (2, 2)
    made = stored("SELECT r.number, f.number, t.code FROM rooms r JOIN floors f ON f.id = floor_id "
                  "JOIN room_types t ON t.id = room_type_id WHERE f.number <> 1 ORDER BY 1")  # fmt: skip
    assert made == [("1204", 12, "SUIT"), ("B-7", 0, "STANDART")]


def test_refused_stays_leave_no_rooms_behind(run: Run, stored: Stored) -> None:
    bad = "room;arrival;departure;guests\n301;2026-03-05;2026-03-06;2\n302;2026-03-05;2026-03-05;2\n"
    assert run("stays", bad, create_rooms=True).state == "refused"
    assert stored("SELECT count(*) FROM rooms") == [(2,)]


def test_a_check_finds_the_visit_it_recorded_whichever_comes_first(run: Run, stored: Stored) -> None:
    checks = "oda;personel;başlangıç;bitiş\n101;ayse;02.03.2026 09:55;02.03.2026 10:05\n102;ayse;02.03.2026 10:06;\n"
    assert run("checks", checks).inserted == 2
    run("visits", VISITS)
    linked = stored("SELECT c.started_at, v.visit_type FROM room_checks c LEFT JOIN visits v ON v.id = visit_id "
                    "ORDER BY c.id")  # fmt: skip
    assert linked == [
        (datetime(2026, 3, 2, 6, 55, tzinfo=UTC), "yeniden_dolum"), (datetime(2026, 3, 2, 7, 6, tzinfo=UTC), None),
    ]  # fmt: skip
    assert run("checks", checks).unchanged == 2


def test_a_check_that_ends_before_it_starts_is_refused(run: Run) -> None:
    content = "room;staff;start;end\n101;ayse;2026-03-02 10:00;2026-03-02 09:59\n101;ayse;2026-03-02 10:00;\n"
    assert codes(run("checks", content)) == [(2, "ended_at", "ends_before_start")]


def test_custody_needs_a_person_and_a_positive_quantity(run: Run, stored: Stored) -> None:
    heading = "personel;ürün;hareket tipi;miktar;tarih\n"
    bad = heading + ";SU;zimmet;5;2026-03-02\nayse;SU;zimmet;0;2026-03-02\nayse;SU;zimmet;-2;2026-03-02\n"
    assert codes(run("custody", bad)) == [
        (2, "staff", "required"), (3, "quantity", "too_small"), (4, "quantity", "too_small"),
    ]  # fmt: skip
    good = heading + "ayse;SU;Zimmet;5;2026-03-02\nayse;SU;Kullanım;2;2026-03-02\nayse;SU;İade;3;2026-03-02\n"
    assert run("custody", good).inserted == 3
    assert stored("SELECT movement_type, quantity FROM custody_movements ORDER BY id") == [
        ("zimmet", 5), ("kullanim", 2), ("iade", 3),
    ]  # fmt: skip


def test_par_levels_make_the_slots_of_every_room_of_the_type(run: Run, stored: Stored) -> None:
    assert run("par_levels", "oda tipi;ürün;miktar\nSTD;KOLA;3\n").inserted == 1
    assert stored("SELECT count(*) FROM minibar_slots") == [(2,)]
    assert codes(run("par_levels", "oda tipi;ürün;miktar\nSUIT;KOLA;3\n")) == [(2, "room_type", "unknown_room_type")]
