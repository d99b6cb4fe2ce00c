"""What each visit type of a minibar means: was it observed, was it refilled, did its history begin."""

from dataclasses import dataclass

from core.errors import AppError


@dataclass(frozen=True)
class VisitType:
    """``observes``: the content was looked at, so consumption since the last look is known, a zero included.

    ``fills``: units may have been put in. ``initial``: the minibar was set up; the first interval starts here.
    """

    observes: bool
    fills: bool
    initial: bool = False


# Every value of the older system's ``minibar_islem_tipi``, classified once.
VISIT_TYPES: dict[str, VisitType] = {
    "ilk_dolum": VisitType(observes=False, fills=True, initial=True),
    "kontrol": VisitType(observes=True, fills=False),
    "sayim": VisitType(observes=True, fills=False),
    "yeniden_dolum": VisitType(observes=True, fills=True),
    "eksik_tamamlama": VisitType(observes=True, fills=True),
    "doldurma": VisitType(observes=True, fills=True),
    "setup_kontrol": VisitType(observes=True, fills=True),
    # Units beyond the set-up were found gone: consumption, nothing put in.
    "ekstra_tuketim": VisitType(observes=True, fills=False),
    # Units added on request, nobody counted what was there.
    "ek_dolum": VisitType(observes=False, fills=True),
    "ekstra_ekleme": VisitType(observes=False, fills=True),
    # A correction of the record at a desk; nobody was in the room.
    "duzeltme": VisitType(observes=False, fills=False),
}


def classify(name: str) -> VisitType:
    """The meaning of a visit type; raises ``unknown_visit_type`` rather than guess."""
    try:
        return VISIT_TYPES[name]
    except KeyError as error:
        known = ", ".join(VISIT_TYPES)
        raise AppError("unknown_visit_type", params={"type": name, "known": known}) from error


def names(*, observes: bool | None = None, fills: bool | None = None, initial: bool | None = None) -> list[str]:
    """The visit types with the wanted properties, for queries."""
    wanted = {"observes": observes, "fills": fills, "initial": initial}
    return [
        name
        for name, kind in VISIT_TYPES.items()
        if all(value is None or getattr(kind, field) == value for field, value in wanted.items())
    ]
