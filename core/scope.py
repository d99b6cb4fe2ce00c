"""Who is asking: the first argument of every read and every command."""

from dataclasses import dataclass

from core.errors import AppError


@dataclass(frozen=True)
class Scope:
    """The hotels a caller may see and what the caller may do there.

    ``hotels`` is None for callers that see every hotel (administrators, the sidecar).
    """

    actor: str
    permissions: frozenset[str] = frozenset()
    hotels: frozenset[int] | None = frozenset()

    def allows(self, permission: str) -> bool:
        return permission in self.permissions or "*" in self.permissions

    def require(self, permission: str) -> None:
        """Raise ``forbidden`` (403) unless the caller holds the permission."""
        if not self.allows(permission):
            raise AppError("forbidden", 403, params={"permission": permission}, is_denial=True)

    def allows_everywhere(self, permission: str) -> bool:
        return self.allows(permission) and self.hotels is None

    def require_everywhere(self, permission: str) -> None:
        """What concerns every hotel is for those who see every hotel; else ``forbidden`` (403)."""
        self.require(permission)
        if self.hotels is not None:
            raise AppError("forbidden", 403, params={"permission": "hotels"}, is_denial=True)

    def may_name(self, actor: str | None) -> str | None:
        """Who did something of the whole installation: told to those who see every hotel, to others of themselves."""
        return actor if self.hotels is None or actor == self.actor else None

    def hotel_filter(self, wanted: list[int] | None = None) -> list[int] | None:
        """The hotel ids to read: the wanted ones that are allowed; None means every hotel."""
        if self.hotels is None:
            return wanted
        return sorted(self.hotels if wanted is None else self.hotels & set(wanted))

    def require_hotel(self, hotel_id: int) -> None:
        """Raise ``not_found`` (404) for a hotel outside the scope, as if it did not exist."""
        self.require_row(hotel_id, f"hotel {hotel_id}")

    def sees(self, hotel_id: int) -> bool:
        return self.hotels is None or hotel_id in self.hotels

    def require_row(self, hotel_id: int | None, what: str) -> int:
        """The hotel of a row; ``not_found`` (404) for one outside the scope, as for one that does not exist (None)."""
        if hotel_id is None or not self.sees(hotel_id):
            raise AppError("not_found", 404, params={"what": what}, is_denial=hotel_id is not None)
        return hotel_id


SYSTEM = Scope(actor="system", permissions=frozenset({"*"}), hotels=None)
