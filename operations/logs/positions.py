"""Positions in the logs as one word that stands in an address as it is, checked when it comes back."""

import re
from collections.abc import Mapping

from operations.logs.files import Place, Position

PART = re.compile(r"(?P<stream>[a-z][a-z0-9_-]{0,30})\.(?P<file_id>[0-9a-f]{12})\.(?P<offset>\d{1,15})")
MOST_CHARACTERS = 1_000


def written(position: Mapping[str, Place]) -> str:
    """``stream.file.offset~…``; of no stream: ``-``."""
    return "~".join(f"{name}.{place.file_id}.{place.offset}" for name, place in sorted(position.items())) or "-"


def read(word: str) -> Position | None:
    """None for a word that was not written here."""
    if word == "-":
        return {}
    parts = [PART.fullmatch(part) for part in word.split("~")] if len(word) <= MOST_CHARACTERS else [None]
    found = {part["stream"]: Place(part["file_id"], int(part["offset"])) for part in parts if part}
    return found if len(found) == len(parts) else None
