"""The records of the older system that no file brings, and the typing of what its views show."""

import pandas as pd

from sources.imports.fields import KINDS, MAX_UNITS, PAR_LEVELS, ROOM, STAFF, Field, Kind

ROOM_ONLY = (ROOM, Field("external_id", "text", True))
OLDER_KINDS: dict[str, Kind] = {
    **KINDS,
    "par_levels": PAR_LEVELS,
    "refill_requests": Kind(
        "refill_requests",
        (*ROOM_ONLY, Field("requested_at", "instant", True), Field("completed_at", "instant"),
         Field("cancelled_at", "instant")),
        identity=("room", "requested_at"),
    ),
    "qr_scans": Kind(
        "qr_scans",
        (*ROOM_ONLY, STAFF, Field("scanned_at", "instant", True), Field("succeeded", "boolean", default=True)),
        identity=("room", "scanned_at"),
    ),
    "do_not_disturb": Kind(
        "do_not_disturb", (*ROOM_ONLY, Field("occurred_at", "instant", True)), identity=("room", "occurred_at")
    ),
}  # fmt: skip


def typed(frame: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """A view's rows as parsing types a file's; numbered from 1 in the order of the view."""
    columns: dict[str, pd.Series] = {}
    for field in kind.fields:
        if field.name not in frame:
            continue
        values = frame[field.name]
        if field.type == "instant":
            values = pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
        elif field.type == "date":
            values = pd.to_datetime(values).astype("datetime64[us]")
        elif field.type == "integer":
            values = pd.to_numeric(values).clip(-MAX_UNITS * 10, MAX_UNITS * 10).astype("Int64")
        elif field.type in ("text", "choice"):
            values = values.astype(object).where(values.notna(), None)
        columns[field.name] = values
    typed_frame = pd.DataFrame(columns, index=frame.index)
    return typed_frame.set_axis(range(1, len(frame) + 1), axis=0)
