"""The cast: Ayşe (manager of hotel 1), Bora (attendant there), Cem (manager of hotel 2), Deniz (administrator)."""

from dataclasses import dataclass

from core.clock import Clock
from core.scope import SYSTEM, Scope
from db.session import Database
from identity.service import IdentityService

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    ayse: Scope
    bora: Scope
    cem: Scope
    deniz: Scope


def add_cast(database: Database, clock: Clock, first_hotel: int, second_hotel: int, language: str = "tr") -> Cast:
    """Users ``ayse``, ``bora``, ``cem`` and ``deniz`` with one password, and their scopes."""
    identity = IdentityService(database, clock)

    def add(username: str, full_name: str, role: str, hotels: list[int] | None) -> Scope:
        identity.add_user(SYSTEM, username, PASSWORD, role, full_name=full_name, language=language, hotels=hotels)
        return identity.scope_of(identity.check_password(username, PASSWORD))

    return Cast(
        add("ayse", "Ayşe Yılmaz", "admin", [first_hotel]),
        add("bora", "Bora Kaya", "kat_sorumlusu", [first_hotel]),
        add("cem", "Cem Demir", "admin", [second_hotel]),
        add("deniz", "Deniz Işık", "superadmin", None),
    )
