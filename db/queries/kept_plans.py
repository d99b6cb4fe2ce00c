"""Plans of statements that somebody kept: added, bounded, listed, and one by its number or its statement (C2)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

HEAD = "id, made_at, fingerprint, text, total_cost, actor"
COLUMNS = f"{HEAD}, steps"
ADD = f"""
INSERT INTO statement_plans (made_at, fingerprint, text, total_cost, steps, actor)
VALUES (:made_at, :fingerprint, :text, :total_cost, CAST(:steps AS jsonb), :actor) RETURNING {COLUMNS}
"""
TRIM = "DELETE FROM statement_plans WHERE id <= (SELECT id FROM statement_plans ORDER BY id DESC OFFSET :most LIMIT 1)"
NEWEST = f"""
SELECT {HEAD} FROM statement_plans
 WHERE fingerprint = :fingerprint OR CAST(:fingerprint AS text) IS NULL ORDER BY id DESC LIMIT :limit
"""


@dataclass(frozen=True)
class PlanHead:
    """A kept plan without its steps: statement without its values, and when and by whom it was kept."""

    id: int
    made_at: datetime
    fingerprint: str
    text: str
    total_cost: float
    actor: str


@dataclass(frozen=True)
class PlanRow(PlanHead):
    """``steps``: as operations.queries.plan.Step has them."""

    steps: Sequence[Mapping[str, Any]]


def add(connection: Connection, plan: Mapping[str, Any], most: int) -> PlanRow:
    """Keep one; of all of them only the newest ``most`` stay."""
    given = {**plan, "steps": json.dumps(plan["steps"])}
    row = PlanRow(**connection.execute(text(ADD), given).mappings().one())
    connection.execute(text(TRIM), {"most": most})
    return row


def newest(connection: Connection, fingerprint: str | None, limit: int) -> list[PlanHead]:
    """Of one statement, or of all."""
    found = connection.execute(text(NEWEST), {"fingerprint": fingerprint, "limit": limit})
    return [PlanHead(**row) for row in found.mappings()]


def read(connection: Connection, plan_id: int) -> PlanRow | None:
    query = text(f"SELECT {COLUMNS} FROM statement_plans WHERE id = :id")
    row = connection.execute(query, {"id": plan_id}).mappings().one_or_none()
    return PlanRow(**row) if row else None
