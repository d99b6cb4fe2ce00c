"""Custody for exploring: what attendants were given, used, brought back and wrote off."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.consumption import Window
from db.queries.frames import copy_out

ATTENDANTS = """
SELECT s.id AS staff_id, s.full_name AS name,
       coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'zimmet' AND c.occurred_at >= %(since)s), 0) AS issued,
       coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'kullanim' AND c.occurred_at >= %(since)s), 0) AS used,
       coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'iade' AND c.occurred_at >= %(since)s), 0) AS returned,
       coalesce(sum(c.quantity) FILTER (WHERE c.movement_type = 'fire' AND c.occurred_at >= %(since)s), 0)
           AS written_off,
       count(*) FILTER (WHERE c.movement_type <> 'zimmet' AND c.occurred_at >= %(since)s) AS movements,
       sum(CASE c.movement_type WHEN 'zimmet' THEN c.quantity ELSE -c.quantity END) AS balance
  FROM staff s JOIN custody_movements c ON c.hotel_id = s.hotel_id AND c.staff_id = s.id AND c.occurred_at <= %(at)s
 WHERE s.hotel_id = %(hotel_id)s
 GROUP BY s.id, s.full_name
 ORDER BY s.full_name, s.id
"""


def attendants(connection: Connection, window: Window, at: datetime) -> pd.DataFrame:
    """staff_id, name, issued, used, returned, written_off (units from the window's beginning to ``at``), movements
    (those that took something out of custody), balance (units at ``at``), by name."""
    return copy_out(connection, ATTENDANTS, {"hotel_id": window.hotel_id, "since": window.since, "at": at})
