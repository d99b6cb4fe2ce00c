"""Sources of zimmet_kullanim and zimmet_fire: what attendants were issued, used, gave back and wrote off."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window


def touched_staff(connection: Connection, window: Window, until: datetime, everything: bool = False) -> list[int]:
    """Attendants with movements up to ``until``, the end of the last closed local day, that this run must look at.

    That is all of them when a day has closed since the run before, or when ``everything`` is wanted.
    """
    found = copy_out(
        connection,
        "SELECT staff_id FROM custody_movements WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(until)s "
        "AND (%(everything)s OR %(since)s IS NULL OR recorded_at > %(recorded)s "
        "     OR %(since)s < %(until)s) "
        "GROUP BY staff_id",
        {
            "hotel_id": window.hotel_id, "until": until, "since": window.since_at, "recorded": window.recorded_since,
            "everything": everything,
        },
    )  # fmt: skip
    return found["staff_id"].tolist()


def daily_totals(connection: Connection, window: Window, staff: list[int], until: datetime) -> pd.DataFrame:
    """staff_id, is_active, day (since 1970), used, issued, returned, written_off of every local day with movements.

    A movement at midnight sharp belongs to the day that ends then, as intervals are open at their start.
    """
    return copy_out(
        connection,
        "SELECT c.staff_id, s.is_active, (((c.occurred_at - interval '1 microsecond') AT TIME ZONE %(zone)s)::date "
        "- date '1970-01-01')::bigint AS day, "
        "coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'kullanim'), 0)::bigint AS used, "
        "coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'zimmet'), 0)::bigint AS issued, "
        "coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'iade'), 0)::bigint AS returned, "
        "coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'fire'), 0)::bigint AS written_off "
        "FROM custody_movements c JOIN staff s ON s.id = c.staff_id "
        "WHERE c.hotel_id = %(hotel_id)s AND c.staff_id = ANY(%(staff)s) AND c.occurred_at <= %(until)s "
        "GROUP BY 1, 2, 3",
        {"hotel_id": window.hotel_id, "zone": window.time_zone, "staff": staff, "until": until},
    )
