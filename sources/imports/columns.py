"""Which column of a file is which field: an explicit mapping, the hotel's stored one, known headings."""

import re
import unicodedata
from collections import Counter

from core.errors import AppError
from sources.imports.fields import Field, Kind

TURKISH = str.maketrans("ıİ", "ii")


def fold(text: str) -> str:
    """A heading or a choice without case, accents and punctuation: 'Giriş Tarihi' and 'GIRIS_TARIHI' are one."""
    plain = unicodedata.normalize("NFKD", text.translate(TURKISH).casefold().translate(TURKISH))
    return re.sub(r"[^0-9a-z]+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def match_columns(
    headings: list[str], kind: Kind, wanted: dict[str, str] | None = None, stored: dict[str, str] | None = None
) -> dict[str, str]:
    """{field: heading}. ``wanted`` must fit the file and wins; a stored entry counts where its heading is there."""
    _refuse_twins(headings)
    chosen = _wanted(headings, kind, wanted or {})
    for name, heading in (stored or {}).items():
        if name not in chosen and heading in headings and heading not in chosen.values():
            chosen[name] = heading
    for field in kind.fields:
        if field.name not in chosen:
            found = _recognised(field, [heading for heading in headings if heading not in chosen.values()])
            if found is not None:
                chosen[field.name] = found
    missing = [field.name for field in kind.fields if field.required and field.name not in chosen]
    if missing:
        raise AppError(
            "import_column_missing", params={"columns": ", ".join(missing), "found": ", ".join(headings)[:500]}
        )
    return chosen


def _refuse_twins(headings: list[str]) -> None:
    twins = [heading for heading, count in Counter(headings).items() if count > 1]
    if twins:
        raise AppError("import_column_twice", params={"column": twins[0]})


def _wanted(headings: list[str], kind: Kind, wanted: dict[str, str]) -> dict[str, str]:
    known = {field.name for field in kind.fields}
    for name, heading in wanted.items():
        if name not in known:
            raise AppError("import_field_unknown", params={"field": name, "known": ", ".join(sorted(known))})
        if heading not in headings:
            raise AppError("import_mapped_column_missing", params={"field": name, "column": heading})
    return dict(wanted)


def _recognised(field: Field, headings: list[str]) -> str | None:
    """The heading of a field: its own name first, then its other names in their order."""
    folded = {fold(heading): heading for heading in reversed(headings)}
    for name in (field.name, *field.headings):
        if fold(name) in folded:
            return folded[fold(name)]
    return None
