"""The hotels that a query may tell of: those that are named, or (NULL) all."""

from collections.abc import Sequence


def of_hotels(column: str = "hotel_id") -> str:
    """The condition on a column; the parameter is ``:hotel_ids``, see ``these_hotels``."""
    ids = "CAST(:hotel_ids AS bigint[])"
    return f"({ids} IS NULL OR {column} = ANY({ids}))"


def these_hotels(ids: Sequence[int] | None) -> list[int] | None:
    """The parameter; None: all."""
    return None if ids is None else list(ids)
