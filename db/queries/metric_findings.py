"""Metric rows and files of the archive that are not as they were written (SPEC A7.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.queries.hotel_scope import of_hotels, these_hotels

# What people call an entity of a metric; NULL for one that is gone.
NAME = """CASE {row}.entity_type
    WHEN 'room' THEN (SELECT number FROM rooms WHERE id = {row}.entity_id)
    WHEN 'product' THEN (SELECT name FROM products WHERE id = {row}.entity_id)
    WHEN 'staff' THEN (SELECT full_name FROM staff WHERE id = {row}.entity_id)
    WHEN 'floor' THEN (SELECT name FROM floors WHERE id = {row}.entity_id)
    WHEN 'hotel' THEN (SELECT name FROM hotels WHERE id = {row}.entity_id)
    WHEN 'minibar_slot' THEN (SELECT r.number || ' · ' || p.name FROM minibar_slots s JOIN rooms r ON r.id = s.room_id
                                JOIN products p ON p.id = s.product_id WHERE s.id = {row}.entity_id)
    WHEN 'custom_series' THEN (SELECT concat_ws(' · ', metric_code, nullif(entity, '')) FROM custom_series
                                WHERE id = {row}.entity_id)
    WHEN 'model' THEN (SELECT model_path FROM ml_models WHERE id = {row}.entity_id)
END"""
COLUMNS = (
    "hotel_id, subject, fault, path, metric_type, entity_type, entity_id, timestamp, metric_value, found_at, seen_at"
)


@dataclass(frozen=True)
class NewFinding:
    """``subject``: its name; ``path``: the file that it is about, or that the row lies in; None: the database."""

    subject: str
    fault: str
    path: str | None = None
    metric_type: str | None = None
    entity_type: str | None = None
    entity_id: int | None = None
    timestamp: datetime | None = None
    metric_value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Finding(NewFinding):
    """What is not as it was written, since when it is known; without a metric type it is a whole file."""

    id: int
    hotel_id: int
    found_at: datetime
    seen_at: datetime
    entity_name: str | None
    hotel_name: str


def keep(
    connection: Connection, hotel_id: int, path: str | None, found: Sequence[NewFinding], at: datetime, *, clears: bool
) -> None:  # fmt: skip
    """What is wrong in one file (``path``) or in the database; ``clears``: it is all, others are over."""
    fields = list(NewFinding.__dataclass_fields__)
    statement = text(
        f"INSERT INTO metric_findings (hotel_id, {', '.join(fields)}, found_at, seen_at) "
        f"VALUES (:hotel_id, {', '.join(':' + name for name in fields)}, :at, :at) "
        "ON CONFLICT (hotel_id, subject) DO UPDATE SET fault = EXCLUDED.fault, seen_at = EXCLUDED.seen_at, "
        "metric_value = EXCLUDED.metric_value, cleared_at = NULL, "
        "found_at = CASE WHEN metric_findings.cleared_at IS NULL THEN metric_findings.found_at "
        "ELSE EXCLUDED.found_at END"
    )
    if found:
        connection.execute(statement, [{"hotel_id": hotel_id, "at": at, **vars(one)} for one in found])
    if clears:
        connection.execute(
            text(
                "UPDATE metric_findings SET cleared_at = :at WHERE hotel_id = :hotel_id "
                "AND path IS NOT DISTINCT FROM CAST(:path AS text) AND cleared_at IS NULL AND seen_at < :at"
            ),
            {"hotel_id": hotel_id, "path": path, "at": at},
        )


def clear_others(connection: Connection, hotel_id: int, paths: Sequence[str], at: datetime) -> None:
    """Nothing stands of files that the manifest has no longer."""
    connection.execute(
        text(
            "UPDATE metric_findings SET cleared_at = :at WHERE hotel_id = :hotel_id AND cleared_at IS NULL "
            "AND path IS NOT NULL AND NOT path = ANY(:paths)"
        ),
        {"hotel_id": hotel_id, "paths": list(paths), "at": at},
    )


def listed(connection: Connection, hotel_ids: Sequence[int] | None, limit: int) -> list[Finding]:
    """Those that stand, the newest first."""
    columns = ", ".join(f"f.{name}" for name in COLUMNS.split(", "))
    query = (
        f"SELECT f.id, {columns}, {NAME.format(row='f')} AS entity_name, h.name AS hotel_name "
        "FROM metric_findings f JOIN hotels h ON h.id = f.hotel_id WHERE f.cleared_at IS NULL "
        f"AND {of_hotels('f.hotel_id')} "
        "ORDER BY f.found_at DESC, f.id DESC LIMIT :limit"
    )
    params = {"hotel_ids": these_hotels(hotel_ids), "limit": limit}
    return [Finding(**row) for row in connection.execute(text(query), params).mappings()]


def count(connection: Connection, hotel_ids: Sequence[int] | None) -> int:
    query = f"SELECT count(*) FROM metric_findings WHERE cleared_at IS NULL AND {of_hotels()}"
    return int(connection.execute(text(query), {"hotel_ids": these_hotels(hotel_ids)}).scalar_one())
