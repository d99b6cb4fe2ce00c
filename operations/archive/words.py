"""What was found wrong in the archive, in words, for the page and the command alike (A7.5)."""

from core.i18n import UNKNOWN, Translator
from db.queries.metric_findings import Finding


def entity(t: Translator, one: Finding) -> str:
    """What people call it, its number where it is gone; of a file its name."""
    if one.entity_type is None:
        return (one.path or UNKNOWN).rsplit("/", 1)[-1]
    return f"{t(f'archive.entity_{one.entity_type}')} {one.entity_name or one.entity_id}"
